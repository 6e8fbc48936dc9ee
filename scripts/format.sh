#!/usr/bin/env bash
# Formats the C++ sources with clang-format 19, 100 columns (.clang-format).
#   scripts/format.sh           formats
#   scripts/format.sh --check   changes nothing; lists the files that are not formatted, exit code 1 where there are any,
#                               77 where clang-format cannot be installed
# CLANG_FORMAT names the program; without it, build/format/bin/clang-format is used and installed there with pip if missing.
set -euo pipefail
cd "$(dirname "$0")/.."
version=19.1.7
program=${CLANG_FORMAT:-}
if [ -z "$program" ]; then
  program=build/format/bin/clang-format
  if ! [ -x "$program" ]; then
    if ! { python3 -m venv build/format &&
           build/format/bin/python -m pip install --quiet --disable-pip-version-check "clang-format==$version"; }; then
      echo "SKIPPED: clang-format $version cannot be installed"
      exit 77
    fi
  fi
fi
mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.h')
existing=()
for file in "${files[@]}"; do [ -f "$file" ] && existing+=("$file"); done
if [ "${1:-}" = --check ]; then
  "$program" --dry-run --Werror "${existing[@]}"
else
  "$program" -i "${existing[@]}"
fi
