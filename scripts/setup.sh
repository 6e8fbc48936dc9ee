#!/usr/bin/env bash
# Installs what a build of Mien needs on Debian 12; what is there already is left alone.
#   scripts/setup.sh runtime   inference and server: image codecs, oneDNN, dlib and Boost (headers), compiler
#   scripts/setup.sh video     runtime, and FFmpeg's libraries
#   scripts/setup.sh train     LibTorch and a compiler, nothing else
#   scripts/setup.sh demo      runtime, and a photograph
#   scripts/setup.sh full      all of these, and what the tests need
#   scripts/setup.sh deploy    nginx, for the test of deploy/nginx.conf
#   scripts/setup.sh fuzz      runtime, and clang for the fuzz targets
#   scripts/setup.sh peers     what `make performance` and `make server-performance` compare with
set -euo pipefail

tools=(g++ cmake ninja-build ccache git ca-certificates)
runtime=(libdnnl-dev libdlib-dev libstb-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libtiff-dev pkg-config fonts-dejavu-core curl gnuplot-nox
         libboost-dev nlohmann-json3-dev)
# python3-skimage brings the photograph of the demonstration: astronaut.png (NASA, public domain).
photos=(python3-skimage)
video=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev)
train=(libtorch-dev libgloo-dev)
tests=(libgtest-dev libbenchmark-dev jq python3 python3-dev python3-venv python3-numpy python3-jsonschema xz-utils libdlib19.1 ffmpeg parallel
       chromium fonts-inter)
# nginx starts a service where it is installed, so that 'full' does not bring it to people's machines.
deploy=(nginx-light)
# Debian's default clang, 14, has no coroutines.
fuzz=(clang-16 libclang-rt-16-dev libomp-16-dev)

peers=(wrk libcpp-httplib-dev libmicrohttpd-dev hyperfine time python3-torch python3-opencv visp-images-data)
# Another Node.js than Debian's brings its own npm.
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
