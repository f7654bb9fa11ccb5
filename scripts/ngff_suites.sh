#!/usr/bin/env bash
# Gets the specification of OME-NGFF, whose example suites tests/interop/test_ngff_suites.py runs,
# into build/ngff-spec. From NGFF_SPEC (a repository or its clone; default: the specification's own).
set -euo pipefail
cd "$(dirname "$0")/.."

spec=${NGFF_SPEC:-https://github.com/ome/ngff-spec}
declare -A commits=(
  [0.4]=c38936e37020815c56e1f8dd520958f305f24be3
  [0.5]=707c13121c2ef66e9927672d4a508d1c77107a1e
)
[ ! -d build/ngff-spec/0.5 ] || exit 0
mkdir -p build
clone=$(mktemp -d build/ngff-spec.XXXXXX)
trap 'rm -rf "$clone"' EXIT
git clone --quiet --bare "$spec" "$clone/repository"
for version in "${!commits[@]}"; do
  mkdir -p "$clone/files/$version"
  git --git-dir="$clone/repository" archive "${commits[$version]}" tests examples |
    tar x -C "$clone/files/$version"
done
rm -rf build/ngff-spec
mv "$clone/files" build/ngff-spec
