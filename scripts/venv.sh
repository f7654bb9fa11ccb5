#!/usr/bin/env bash
# Makes .venv in the project and installs the named requirement files into it. A file that is
# installed already, by the hash of its text and of the constraints, costs nothing.
#
#   scripts/venv.sh tests/requirements.txt [benchmarks/requirements.txt]
#   VENV=.venv-rtdc CONSTRAINTS=scripts/constraints-rtdc.txt scripts/venv.sh tests/rtdc/requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
constraints=${CONSTRAINTS:-scripts/constraints.txt}
python=/usr/bin/python3   # Debian's own where there is one: python3-venv belongs to it
[ -x "$python" ] || python=python3
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"

for file in "$@"; do
  stamp=$venv/stamp-$(echo "$file" | tr / -)
  hash=$(cat "$file" "$constraints" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
      -r "$file" -c "$constraints"
    echo "$hash" >"$stamp"
  fi
done
