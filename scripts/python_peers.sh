#!/usr/bin/env bash
# A Python environment with ONNX Runtime, which the tests compare the engine with, and a validator of OpenAPI. Prints the path of its python;
# prints nothing where the packages cannot be had: those tests then skip.
set -euo pipefail
folder=${1:?usage: python_peers.sh FOLDER}
python=$folder/bin/python
if ! "$python" -c 'import onnxruntime, numpy, openapi_spec_validator' 2>/dev/null; then
  python3 -m venv "$folder" >&2 && "$python" -m pip install --quiet --disable-pip-version-check onnxruntime numpy openapi-spec-validator >&2 || exit 0
fi
echo "$python"
