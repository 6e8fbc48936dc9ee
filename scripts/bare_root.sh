#!/usr/bin/env bash
# Creates a bare Debian or Ubuntu root with debootstrap and runs a command in it, in a copy of the source tree. Needs root.
#   scripts/bare_root.sh trixie /var/tmp/trixie make demo
# DIR is created once and reused: installed packages and build folders (DIR/mien) stay for the next run. The copy has the files that git knows or
# would add, so that nothing built outside gets in. The mirror is that of this system's apt (MIRROR overrides it).
set -euo pipefail
usage="usage: $0 SUITE DIR COMMAND…"
suite=${1:?$usage} root=${2:?$usage}
shift 2
[ $# -gt 0 ] || { echo "$usage" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "$0: must run as root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "$0: debootstrap is missing; install the package debootstrap" >&2; exit 2; }
source_dir=$(cd "$(dirname "$0")/.." && pwd)
root=$(realpath -m "$root")
case "$root/" in "$source_dir/"*) echo "$0: DIR must be outside the source tree" >&2; exit 2 ;; esac

if ! [ -f "$root/.complete" ]; then
  mirror=${MIRROR:-$(apt-get indextargets --format '$(CREATED_BY) $(SITE)' | awk '$1 == "Packages" && /\/(debian|ubuntu)\/?$/ { print $2; exit }')}
  [ -n "$mirror" ] || { echo "$0: apt has no mirror; set MIRROR" >&2; exit 2; }
  if [ -n "$(ls -A "$root" 2>/dev/null)" ] && ! [ -f "$root/.bare-root" ]; then
    echo "$0: $root exists and is not a root of this script" >&2
    exit 2
  fi
  rm -rf "$root"
  mkdir -p "$root"
  touch "$root/.bare-root"
  debootstrap --variant=minbase "$suite" "$root" "$mirror"
  touch "$root/.complete"
fi
for file in resolv.conf hosts; do cp -L "/etc/$file" "$root/etc/$file"; done
mkdir -p "$root/mien"
mounted=()
cleanup() { for at in "${mounted[@]}"; do umount -l "$root/$at"; done; }
trap cleanup EXIT
for at in proc sys dev; do
  mountpoint -q "$root/$at" && continue
  mount --rbind "/$at" "$root/$at" && mount --make-rslave "$root/$at"
  mounted+=("$at")
done

run() { chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"; }
# make runs the Makefile; everything else is the task of scripts/setup.sh.
run sh -c 'command -v make >/dev/null || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends make; }'
# Files that were deleted or renamed go away; build folders and downloads stay.
find "$root/mien" -mindepth 1 -maxdepth 1 ! -name 'build*' ! -name out -exec rm -rf {} +
(cd "$source_dir" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ -e "$file" ] && printf '%s\0' "$file"
done | tar --null --files-from=- -cf -) | tar -C "$root/mien" -xf -
run sh -c 'cd /mien && exec "$@"' sh "$@"
