#!/usr/bin/env bash
# Every benchmark on next to nothing, so that one which no longer runs is found before it is needed.
#
#   benchmarks/smoke.sh BIN_DIR
set -euo pipefail
bin=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for name in background downsample flow kernels zarr_read; do
  "$bin/${name}_bench" --benchmark_min_time=0.001
done

"$bin/count_bench" movie movie 3 256 20
"$bin/count_bench" run movie 2 out
"$bin/count_bench" read movie 2
for way in fused queues; do "$bin/overhead_bench" 100 16 3 2 $way; done

head -c $((64 * 64)) /dev/zero >frame
"$bin/step_bench" '{op: median, size: 5}' uint8 64 frame 2 result

head -c $((4 * 64 * 64 * 2)) /dev/zero >ring
"$bin/raw_write_bench" raw 8 8192 ring 4 buffered 2
"$bin/zarr_write_bench" store --frames 8 --size 64 64 --dtype uint16 --chunk 1 64 64 --shard 4 64 64 \
  --codec lz4 --levels 2 --ack kernel --data ring --ring 4 --format sharded
