#!/usr/bin/env bash
# Checks that the Debian packages of the named groups are installed, and installs what is missing
# when it may: as root, or with a sudo that asks nothing. Otherwise it prints the line to run.
#
#   scripts/setup.sh build [test] [bench]
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config libhwy-dev libtiff-dev libpng-dev
  libjpeg62-turbo-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libfmt-dev libhdf5-dev libblosc-dev libzstd-dev zlib1g-dev)
test=(libgtest-dev libgmock-dev clang-format clang-tidy python3 python3-venv)
bench=(libbenchmark-dev python3 python3-venv)
# A newer Node.js than Debian's comes with its npm and refuses Debian's beside it.
command -v npm >/dev/null || test+=(nodejs npm)

wanted=()
for group in "${@:-build}"; do
  case "$group" in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    *) echo "setup.sh: unknown group '$group' (build, test, bench)" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: this is not Debian; install the equivalents of: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" = 0 ]; then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
  printf 'Missing packages. Please run:\n  sudo %s\n' "${install[*]}" >&2
  exit 1
fi
echo "setup.sh: ${install[*]}" >&2
# The package lists may be older than the archive or absent; refresh them only when they fail us.
"${as_root[@]}" "${install[@]}" </dev/null >&2 && exit 0
"${as_root[@]}" apt-get update </dev/null >&2
"${as_root[@]}" "${install[@]}" </dev/null >&2
