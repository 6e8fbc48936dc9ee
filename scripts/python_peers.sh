#!/usr/bin/env bash
# Creates a Python environment with ONNX Runtime, which the tests compare the engine with, and an OpenAPI validator. Prints the path of its
# python, or nothing if the packages cannot be installed; those tests are then skipped.
set -euo pipefail
folder=${1:?usage: python_peers.sh FOLDER}
python=$folder/bin/python
if ! "$python" -c 'import onnxruntime, numpy, openapi_spec_validator' 2>/dev/null; then
  python3 -m venv "$folder" >&2 && "$python" -m pip install --quiet --disable-pip-version-check onnxruntime numpy openapi-spec-validator >&2 || exit 0
fi
echo "$python"
