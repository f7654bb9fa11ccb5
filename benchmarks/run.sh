#!/usr/bin/env bash
# Runs every benchmark: the Google Benchmark binaries, then the scripts that time the command beside
# its rivals in Python. Each *_rivals.py gets the path of the command.
#
#   benchmarks/run.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shopt -s nullglob

ran=0
for binary in "$build"/bin/*_bench; do
  "$binary"
  ran=$((ran + 1))
done
for script in benchmarks/*_rivals.py; do
  .venv/bin/python "$script" "$build/bin/parfocal"
  ran=$((ran + 1))
done
if [ "$ran" = 0 ]; then
  echo "run.sh: no benchmark found in $build/bin and benchmarks/" >&2
  exit 1
fi
