#!/usr/bin/env bash
# Runs every benchmark beside its rivals and writes benchmarks/RESULTS.md, RESULTS-steps.md, RESULTS-lesson.md,
# RESULTS-store.md, RESULTS-flow.md and RESULTS-crash.md. About an hour on a quiet machine; a busy one is named in the page.
#
#   benchmarks/run.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python benchmarks/compare.py "$1/bin" benchmarks/RESULTS.md
.venv/bin/python benchmarks/step_compare.py "$1/bin" benchmarks/RESULTS-steps.md
.venv/bin/python benchmarks/lesson_compare.py "$1/bin" benchmarks/RESULTS-lesson.md
.venv/bin/python benchmarks/store_compare.py "$1/bin" benchmarks/RESULTS-store.md
.venv-rtdc/bin/python benchmarks/flow_compare.py "$1/bin" benchmarks/RESULTS-flow.md
if [ -x "$1/bin/zarr_write_probe" ]; then
  .venv/bin/python tests/crash/kill_writers.py --bin "$1/bin" --page benchmarks/RESULTS-crash.md
fi
