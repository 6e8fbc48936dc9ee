"""Validates FOLDER/openapi.json, and each FOLDER/NAME.json and FOLDER/NAME2.json by the document's schema NAME."""
import json
import sys
from pathlib import Path

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

folder = Path(sys.argv[1])
document = json.loads((folder / "openapi.json").read_text())
OpenAPIV31SpecValidator(document).validate()
for path in sorted(folder.glob("[A-Z]*.json")):
    schema = {"$ref": f"#/components/schemas/{path.stem.rstrip('2')}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_text()))
    print(path.stem, "fits")
