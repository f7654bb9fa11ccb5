#!/usr/bin/env bash
# clang-tidy over parfocal/ and cli/, tests excepted: all files, or those changed since a commit.
#
#   scripts/tidy.sh BUILD_DIR [BASE]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
base=${2:-}

list=(git ls-files)
[ -z "$base" ] || list=(git diff --name-only --diff-filter=d "$base")
mapfile -t files < <("${list[@]}" -- 'parfocal/*.cpp' 'cli/*.cpp' | grep -v '_test\.cpp$' || true)
if [ ${#files[@]} = 0 ]; then
  echo "tidy: no files"
  exit 0
fi
# run-clang-tidy takes regular expressions on absolute paths.
run-clang-tidy -quiet -extra-arg=-Wno-unknown-warning-option -p "$build" -j "$(nproc)" "${files[@]/#/^$PWD/}"
