"""Writes the frames of one case by another library; prints one line of JSON, as our own bench does.

    store_rival.py acquire-zarr|tensorstore CASE_JSON OUT RING_FILE

Times start when everything is imported and the ring is in memory, and include the creation of the
store. CPU time is that of the same span; peak memory is the process's, interpreter included.
"""

import json
import math
import os
import resource
import sys
import time

import numpy as np

from store_cases import RING_FRAMES, Case


class AcquireZarr:
    """One `append` a frame; acknowledged is what `append` has returned for: it is in memory then."""

    def __init__(self, case, out):
        import acquire_zarr

        self.library = acquire_zarr
        sizes = (0, *case.shape[1:])
        space = (len(sizes) - 1) * (acquire_zarr.DimensionType.SPACE,)
        array = acquire_zarr.ArraySettings(
            data_type=np.uint16, is_ngff=True,
            dimensions=[
                acquire_zarr.Dimension(name=name, kind=kind, array_size_px=size,
                                       chunk_size_px=chunk, shard_size_chunks=shard // chunk)
                for name, kind, size, chunk, shard in zip(
                    "tzyx" if case.planes else "tyx", (acquire_zarr.DimensionType.TIME, *space),
                    sizes, case.chunk, case.shard)])
        if case.codec != "none":
            array.compression = self.compression(case.codec)
        if case.levels > 1:
            array.downsampling_method = acquire_zarr.DownsamplingMethod.MEAN
            array.max_levels = case.levels - 1
        self.settings = acquire_zarr.StreamSettings(arrays=[array], store_path=out)

    def compression(self, codec):
        codecs = self.library.CompressionCodec
        return self.library.CompressionSettings(
            compressor=self.library.Compressor.BLOSC1, level=1, shuffle=1,
            codec={"lz4": codecs.BLOSC_LZ4, "zstd": codecs.BLOSC_ZSTD}[codec])

    def open(self):
        self.stream = self.library.ZarrStream(self.settings)

    def append(self, _, frame):
        self.stream.append(frame)

    def close(self):
        self.stream.close()


class Tensorstore:
    """Frames are gathered to whole shards along t, `slabs` of them under way at a time: a shard
    written in pieces would be read and written again for each. The length is known to it before
    the start, and it writes the array only."""

    def __init__(self, case, out):
        import tensorstore

        self.library = tensorstore
        self.case, self.pending, self.filled = case, [], 0
        little = {"name": "bytes", "configuration": {"endian": "little"}}
        codecs = [little]
        if case.codec != "none":
            codecs.append({"name": "blosc", "configuration": {
                "cname": case.codec, "clevel": 1, "shuffle": "shuffle", "typesize": 2,
                "blocksize": 0}})
        self.spec = {
            "driver": "zarr3", "kvstore": f"file://{out}/0/", "create": True,
            "metadata": {
                "shape": [case.frames, case.side, case.side], "data_type": "uint16",
                "fill_value": 0, "dimension_names": ["t", "y", "x"],
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": case.shard}},
                "codecs": [{"name": "sharding_indexed", "configuration": {
                    "chunk_shape": case.chunk, "codecs": codecs,
                    "index_codecs": [little, {"name": "crc32c"}], "index_location": "end"}}]}}
        self.slabs = 2 if case.shard[0] > 1 else 4

    def open(self):
        self.store = self.library.open(self.spec).result()
        shape = (self.slabs, self.case.shard[0], self.case.side, self.case.side)
        self.buffers = np.empty(shape, np.uint16) if self.case.shard[0] > 1 else None

    def append(self, index, frame):
        depth = self.case.shard[0]
        if depth == 1:
            self.write(index, frame[np.newaxis])
            return
        slab = self.buffers[index // depth % self.slabs]
        if index % depth == 0 and len(self.pending) == self.slabs:
            self.pending.pop(0).result()
        slab[index % depth] = frame
        self.filled = index % depth + 1
        if self.filled == depth:
            self.write(index + 1 - depth, slab)
            self.filled = 0

    def write(self, first, slab):
        if len(self.pending) == self.slabs:
            self.pending.pop(0).result()
        self.pending.append(self.store[first:first + len(slab)].write(
            slab, can_reference_source_data_indefinitely=True))

    def close(self):
        if self.filled:
            first = self.case.frames - self.filled
            self.write(first, self.buffers[first // self.case.shard[0] % self.slabs][:self.filled])
        for future in self.pending:
            future.result()


WRITERS = {"acquire-zarr": AcquireZarr, "tensorstore": Tensorstore}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_bytes():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))


def append_all(writer, case, ring):
    """Milliseconds of each append; at a fixed rate, from when the frame was due."""
    took_ms = []
    start = time.perf_counter()
    for index in range(case.frames):
        due = start + index / case.rate if case.rate else time.perf_counter()
        time.sleep(max(0, due - time.perf_counter()))
        writer.append(index, ring[index % len(ring)])
        took_ms.append(1000 * (time.perf_counter() - due))
    return sorted(took_ms)


def quantiles(ordered):
    def at(share):
        return ordered[max(1, math.ceil(share * len(ordered))) - 1]

    return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": ordered[-1]}


def main():
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print their warnings there
    case = Case(**json.loads(sys.argv[2]))
    writer = WRITERS[sys.argv[1]](case, sys.argv[3])
    ring = np.fromfile(sys.argv[4], np.uint16).reshape(RING_FRAMES, case.side, case.side)
    base, cpu, start = peak_rss_bytes(), cpu_seconds(), time.perf_counter()
    writer.open()
    took_ms = append_all(writer, case, ring)
    appended = time.perf_counter()
    writer.close()
    print(json.dumps({
        "seconds_append": appended - start, "seconds_close": time.perf_counter() - appended,
        "bytes": case.bytes, "latencies_ms": quantiles(took_ms), "base_rss_bytes": base,
        "peak_rss_bytes": peak_rss_bytes(), "cpu_seconds": cpu_seconds() - cpu}), file=result)


if __name__ == "__main__":
    main()
