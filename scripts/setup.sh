#!/usr/bin/env bash
# Installs the packages that Mien needs on Debian 12, Debian 13 and Ubuntu 24.04. Does nothing for packages that are already installed.
#   scripts/setup.sh runtime   inference and server: image codecs, oneDNN, headers of dlib and Boost, compiler
#   scripts/setup.sh video     runtime and FFmpeg's libraries
#   scripts/setup.sh train     LibTorch, nlohmann-json (headers only) and a compiler
#   scripts/setup.sh demo      runtime and a photo
#   scripts/setup.sh full      all of these and the packages for the tests
#   scripts/setup.sh deploy    nginx for the tests of deploy/, and clang-tidy
#   scripts/setup.sh fuzz      runtime and clang for the fuzz targets
#   scripts/setup.sh peers     software that `make performance` and `make server-performance` compare with
set -euo pipefail

# A|B: the first one that is installed or that the distribution has; names differ between releases.
tools=(g++ cmake ninja-build ccache git ca-certificates)
runtime=(libdnnl-dev libdlib-dev libstb-dev 'libjpeg62-turbo-dev|libjpeg-turbo8-dev' libpng-dev libwebp-dev libtiff-dev pkg-config fonts-dejavu-core curl gnuplot-nox
         libboost-dev nlohmann-json3-dev)
# python3-skimage contains the demo photo, astronaut.png (NASA, public domain).
photos=(python3-skimage)
video=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev)
train=(libtorch-dev libgloo-dev nlohmann-json3-dev)
tests=(libgtest-dev libbenchmark-dev jq python3 python3-dev python3-venv python3-numpy python3-jsonschema xz-utils 'libdlib19.1|libdlib19.2|libdlib19.1t64' ffmpeg parallel
       chromium fonts-inter)
# Installing nginx starts a service, so it is not part of 'full'.
deploy=(nginx-light "clang-tidy-16|clang-tidy-19")
# Debian's default clang, 14, does not support coroutines.
fuzz=('clang-16|clang-19' 'libclang-rt-16-dev|libclang-rt-19-dev' 'libomp-16-dev|libomp-19-dev')

peers=(wrk libcpp-httplib-dev libmicrohttpd-dev hyperfine time python3-torch python3-opencv visp-images-data)
# A Node.js that is not Debian's comes with its own npm.
command -v npm >/dev/null || { tests+=(nodejs npm); peers+=(nodejs npm); }

case "${1:-full}" in
  runtime) packages=("${tools[@]}" "${runtime[@]}") ;;
  demo) packages=("${tools[@]}" "${runtime[@]}" "${photos[@]}") ;;
  video) packages=("${tools[@]}" "${runtime[@]}" "${video[@]}") ;;
  train) packages=("${tools[@]}" "${train[@]}") ;;
  deploy) packages=("${deploy[@]}") ;;
  fuzz) packages=("${tools[@]}" "${runtime[@]}" "${fuzz[@]}") ;;
  peers) packages=("${peers[@]}") ;;
  full) packages=("${tools[@]}" "${runtime[@]}" "${video[@]}" "${photos[@]}" "${train[@]}" "${tests[@]}") ;;
  *) echo "usage: $0 runtime|demo|video|train|full|deploy|fuzz|peers" >&2; exit 2 ;;
esac

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
missing=()
for package in "${packages[@]}"; do
  IFS='|' read -ra names <<<"$package"
  for name in "${names[@]}"; do is_installed "$name" && continue 2; done
  missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
  chosen=()
  for package in "${missing[@]}"; do
    IFS='|' read -ra names <<<"$package"
    for name in "${names[@]}"; do
      if [ -n "$(apt-cache madison "$name")" ]; then chosen+=("$name"); continue 2; fi
    done
    echo "scripts/setup.sh: this distribution has no package ${package//|/ or }" >&2
    exit 1
  done
  echo "Installing: ${chosen[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${chosen[@]}"
fi
