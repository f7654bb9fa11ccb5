#!/usr/bin/env bash
# Installs what the package-lock.json of a folder names, exactly, into its node_modules. A lock that
# is installed already costs nothing.
#
#   scripts/npm.sh tests/interop/node
set -euo pipefail
cd "$(dirname "$0")/../$1"

stamp=node_modules/.stamp
hash=$(cat package.json package-lock.json | sha256sum)
[ "$(cat "$stamp" 2>/dev/null)" != "$hash" ] || exit 0
npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier
echo "$hash" >"$stamp"
