#!/usr/bin/env bash
# Runs one test of the page in headless Chromium: run.sh WORK_DIR TEST.mjs. Exits with 77 (skipped), and says why, where there is
# no Node.js or Chromium, or where npm cannot fetch the two packages of package-lock.json.
set -euo pipefail
work=$(realpath -m "$1")
test=$2
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "SKIPPED: $*; scripts/setup.sh full installs what the tests of the page need"
  exit 77
}
for program in node npm chromium ffmpeg; do
  command -v "$program" > /dev/null || skip "there is no $program"
done
[ -d "${MIEN_FACES:-/usr/share/doc/libdlib19.1/examples/faces}" ] || skip "there are no photographs of libdlib19.1"

mkdir -p "$work"
(
  flock 9
  if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$work/"
    npm ci --prefix "$work" --no-audit --no-fund > "$work/npm.log" 2>&1 || skip "npm could not fetch the packages, see $work/npm.log"
    cp "$here/package-lock.json" "$work/installed.json"
  fi
) 9> "$work/lock"
MIEN_WEB_WORK="$work" exec node "$here/$test"
