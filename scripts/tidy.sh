#!/usr/bin/env bash
# Runs clang-tidy (16 or newer) with the checks of .clang-tidy on the library.
#   scripts/tidy.sh BUILD        BUILD has compile_commands.json
# Exit code 77 where there is no clang-tidy.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
program=
for candidate in clang-tidy-19 clang-tidy-16 clang-tidy; do
  if command -v "$candidate" >/dev/null; then program=$candidate; break; fi
done
if [ -z "$program" ]; then
  echo "SKIPPED: clang-tidy is not installed"
  exit 77
fi
git ls-files 'src/*.cpp' | grep -v '/tools/' | xargs -P "$(nproc)" -n 4 "$program" -p "$build" --quiet
