#!/usr/bin/env bash
# Installs the Python package into an environment of its own, as a user would, and runs its tests.
#   run.sh SOURCE BUILD
# Where the packages that building and testing need cannot be had, it says SKIPPED.
set -euo pipefail
source=$1
environment=$2/python-package
python=$environment/bin/python

needs=(nanobind scikit-build-core numpy pytest mypy)
if ! "$python" -c 'import nanobind, scikit_build_core, numpy, pytest, mypy' 2>/dev/null; then
  if ! { python3 -m venv "$environment" && "$python" -m pip install --quiet --disable-pip-version-check "${needs[@]}"; }; then
    echo "SKIPPED: ${needs[*]} cannot be had"
    exit 0
  fi
fi
# Without isolation: the environment has what the build needs, nothing is fetched again.
"$python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall "$source"
cd "$source/tests/python"
export MIEN_PROGRAM=$2/bin/mien XDG_DATA_HOME=/nowhere
unset MIEN_MODELS
exec "$python" -m pytest -q -rs -p no:cacheprovider .
