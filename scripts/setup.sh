#!/usr/bin/env bash
# Installs the packages that Mien needs on Debian 12. Does nothing for packages that are already installed.
#   scripts/setup.sh runtime   inference and server: image codecs, oneDNN, headers of dlib and Boost, compiler
#   scripts/setup.sh video     runtime and FFmpeg's libraries
#   scripts/setup.sh train     LibTorch, nlohmann-json (headers only) and a compiler
#   scripts/setup.sh demo      runtime and a photo
#   scripts/setup.sh full      all of these and the packages for the tests
#   scripts/setup.sh deploy    nginx, for the tests of deploy/
#   scripts/setup.sh fuzz      runtime and clang for the fuzz targets
#   scripts/setup.sh peers     software that `make performance` and `make server-performance` compare with
set -euo pipefail

tools=(g++ cmake ninja-build ccache git ca-certificates)
runtime=(libdnnl-dev libdlib-dev libstb-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libtiff-dev pkg-config fonts-dejavu-core curl gnuplot-nox
         libboost-dev nlohmann-json3-dev)
# python3-skimage contains the demo photo, astronaut.png (NASA, public domain).
photos=(python3-skimage)
video=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev)
train=(libtorch-dev libgloo-dev nlohmann-json3-dev)
tests=(libgtest-dev libbenchmark-dev jq python3 python3-dev python3-venv python3-numpy python3-jsonschema xz-utils libdlib19.1 ffmpeg parallel
       chromium fonts-inter)
# Installing nginx starts a service, so it is not part of 'full'.
deploy=(nginx-light)
# Debian's default clang, 14, does not support coroutines.
fuzz=(clang-16 libclang-rt-16-dev libomp-16-dev)

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

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
