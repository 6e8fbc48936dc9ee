#!/usr/bin/env bash
# Runs one test of the page in headless Chromium: run.sh WORK_DIR TEST.mjs. Exits with 77 (skipped) and a reason if a program or
# the example photos are missing, or if npm fails to download the two packages of package-lock.json.
set -euo pipefail
work=$(realpath -m "$1")
test=$2
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "SKIPPED: $*; scripts/setup.sh full installs the requirements"
  exit 77
}
for program in node npm chromium ffmpeg; do
  command -v "$program" > /dev/null || skip "$program not found"
done
[ -d "${MIEN_FACES:-/usr/share/doc/libdlib19.1/examples/faces}" ] || skip "example photos of libdlib19.1 not found"

mkdir -p "$work"
(
  flock 9
  if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$work/"
    npm ci --prefix "$work" --no-audit --no-fund > "$work/npm.log" 2>&1 || skip "npm failed to download the packages; see $work/npm.log"
    cp "$here/package-lock.json" "$work/installed.json"
  fi
) 9> "$work/lock"
MIEN_WEB_WORK="$work" exec node "$here/$test"
