"""What the comparison of streaming writers writes: frames, layouts, codecs and targets."""

import dataclasses
import os

import numpy as np

RING_FRAMES = 8  # frames in memory, written again and again


@dataclasses.dataclass(frozen=True)
class Case:
    """One recording, written by every contender. Chunks and shards are in pixels: t y x, or t z y x
    where frames are planes of stacks."""

    title: str
    side: int
    frames: int
    chunk: tuple
    shard: tuple
    codec: str = "none"
    data: str = "random"
    levels: int = 1
    planes: int = 0  # of a stack, which come one after the other; 0 = no z
    rate: float = 0  # frames per second; 0 = as fast as the writer takes them
    acks: tuple = ("kernel",)  # ours, one contender each
    speed: float = 0  # target: times as fast as acquire-zarr
    of_raw: float = 0  # target: share of the raw limit

    @property
    def frame_bytes(self):
        return self.side * self.side * 2

    @property
    def bytes(self):
        return self.frames * self.frame_bytes

    @property
    def shape(self):
        outer = (self.frames // self.planes, self.planes) if self.planes else (self.frames,)
        return (*outer, self.side, self.side)

    def blocks(self):
        """Some frames after the other: their index in the array, the first and the one behind."""
        step = max(RING_FRAMES, 64 if self.planes else self.shard[0])
        for stack in range(0, self.frames, self.planes or self.frames):
            for first in range(0, self.planes or self.frames, step):
                last = min(first + step, self.planes or self.frames)
                index = (stack // self.planes,) if self.planes else ()
                yield (*index, slice(first, last)), stack + first, stack + last

    def smaller(self, factor):
        """The same with fewer frames, but at least two shards along t. Stacks stay whole."""
        if self.planes:
            return self
        return dataclasses.replace(
            self, frames=max(self.frames // factor, 2 * self.shard[0], 2 * RING_FRAMES))


def tiled(title, side, frames, chunk_xy, chunk_t, shard_xy, shard_t, **options):
    """A case in acquire-zarr's words: the shard counts chunks."""
    chunk = (chunk_t, chunk_xy, chunk_xy)
    shard = (chunk_t * shard_t, chunk_xy * shard_xy, chunk_xy * shard_xy)
    return Case(title, side, frames, chunk, shard, **options)


def stacks(title, planes, count, chunk, shard, **options):
    """Planes of 1024 x 1024; chunks and shards are t z yx."""
    return Case(title, 1024, planes * count, (*chunk, chunk[-1]), (*shard, shard[-1]),
                planes=planes, **options)


PLAIN = {"speed": 2, "of_raw": 0.8}
LZ4 = {"codec": "lz4", "data": "camera", "speed": 1.5}
LARGE = (2048, 256)
SMALL = (1024, 512)

CASES = [
    tiled("one chunk a frame", *LARGE, 2048, 1, 1, 1, acks=("kernel", "durable"), **PLAIN),
    tiled("acquire-zarr's own benchmark", *LARGE, 256, 1, 4, 1, acks=("kernel", "durable"), **PLAIN),
    tiled("large chunks", *LARGE, 1024, 1, 2, 1, **PLAIN),
    tiled("16 frames a shard", *LARGE, 512, 1, 4, 16, acks=("queued", "kernel", "durable"),
          **PLAIN),
    tiled("16 frames a shard, 8 GiB", 2048, 1024, 512, 1, 4, 16, **PLAIN),
    tiled("16 frames a shard, LZ4", *LARGE, 512, 1, 4, 16, acks=("kernel", "durable"), **LZ4),
    tiled("16 frames a shard, Zstandard", 2048, 128, 512, 1, 4, 16, codec="zstd", data="camera"),
    tiled("16 frames a shard, pyramid", 2048, 128, 512, 1, 4, 16, levels=3, speed=4),
    tiled("16 frames a shard, pyramid, 8 GiB", 2048, 1024, 512, 1, 4, 16, levels=3, speed=4),
    tiled("4 frames a chunk, Zstandard", 2048, 128, 1024, 4, 2, 1, codec="zstd", data="camera"),
    tiled("small chunks, LZ4", *LARGE, 128, 1, 8, 1, **LZ4),
    tiled("32 frames a chunk", *SMALL, 256, 32, 4, 1, **PLAIN),
    tiled("32 frames a chunk, 8 GiB", 1024, 4096, 256, 32, 4, 1, **PLAIN),
    tiled("a shard a frame", *SMALL, 256, 1, 4, 1, **PLAIN),
    tiled("64 files a frame", *SMALL, 128, 1, 1, 1, speed=5),
    tiled("32 frames a chunk, LZ4 of random pixels", *SMALL, 256, 32, 4, 1, codec="lz4"),
    tiled("32 frames a chunk, pyramid", *SMALL, 256, 32, 4, 1, levels=3, speed=4),
    stacks("stacks of 1024 planes, a stack a chunk", 1024, 2, (1, 16, 256), (1, 64, 1024), speed=2),
    stacks("stacks of 1024 planes, two stacks a chunk", 1024, 2, (2, 16, 256), (2, 64, 1024), speed=2),
    tiled("16 frames a shard, 30 frames/s", *LARGE, 512, 1, 4, 16, rate=30,
          acks=("kernel", "durable")),
    tiled("16 frames a shard, 30 frames/s, LZ4", *LARGE, 512, 1, 4, 16, rate=30, codec="lz4",
          data="camera"),
]


def pixels(data, side):
    """The ring of frames: random bits, or photons of a camera (Poisson, 40 on an offset of 100)."""
    random = np.random.default_rng(1)
    shape = (RING_FRAMES, side, side)
    if data == "random":
        return random.integers(0, 1 << 16, shape, np.uint16)
    return (100 + random.poisson(40, shape)).astype(np.uint16)


class Rings:
    """The rings as files in a folder, made when first asked for."""

    def __init__(self, folder):
        self.folder, self.pixels = folder, {}

    def file(self, case):
        path = os.path.join(self.folder, f"{case.data}-{case.side}.bin")
        if path not in self.pixels:
            self.pixels[path] = pixels(case.data, case.side)
            self.pixels[path].tofile(path)
        return path

    def ring(self, case):
        return self.pixels[self.file(case)]
