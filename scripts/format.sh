#!/usr/bin/env bash
# Formats every C++ file of the repository in place; with --check it only tells which differ.
set -euo pipefail
cd "$(dirname "$0")/.."

# Versions of clang-format disagree with each other; 14 is Debian 12's and the one that counts.
format=$(command -v clang-format-14 || command -v clang-format)
mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run --Werror)
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' |
  xargs -0 -r "$format" "${mode[@]}"
