"""Writes the .rtdc files that the benchmarks run on: real frames tiled, with noise, zstd level 5.

    python benchmarks/make_rtdc.py SEED_FILE OUT --frames 12000 [--rate 200] [--noise 1]

SEED_FILE is any .rtdc file with `events/image`; its distinct frames are repeated. Every frame gets
its own noise of a fixed seed, so nothing compresses better than a recording does.
"""

import argparse

import h5py
import hdf5plugin
import numpy as np


def distinct_frames(path):
    with h5py.File(path) as file:
        images = file["events/image"][:]
        attributes = {key: file.attrs[key] for key in file.attrs}
    return np.unique(images, axis=0), attributes


def write(args):
    seeds, attributes = distinct_frames(args.seed_file)
    _, height, width = seeds.shape
    chunk = min(1000, max(10, 2**20 // (height * width)))
    filters = dict(hdf5plugin.Zstd(clevel=args.level), fletcher32=True)
    random = np.random.default_rng(20260722)
    # "latest" of HDF5 2 is a format that 1.10, Debian's, cannot read.
    with h5py.File(args.out, "w", libver=("v110", "v110")) as file:
        file.attrs.update(attributes)
        file.attrs["experiment:event count"] = args.frames
        file.attrs["imaging:frame rate"] = float(args.rate)
        events = file.create_group("events")
        images = events.create_dataset("image", (args.frames, height, width), np.uint8,
                                       maxshape=(None, height, width),
                                       chunks=(chunk, height, width), **filters)
        for first in range(0, args.frames, chunk):
            count = min(chunk, args.frames - first)
            frames = seeds[random.integers(len(seeds), size=count)].astype(np.int16)
            frames += random.integers(-args.noise, args.noise + 1, size=frames.shape, dtype=np.int16)
            images[first:first + count] = np.clip(frames, 0, 255).astype(np.uint8)
        numbers = np.arange(args.frames)
        for name, values in (("frame", numbers), ("time", numbers / args.rate)):
            events.create_dataset(name, data=values.astype(np.float64), maxshape=(None,),
                                  chunks=(1000,), **filters)
        print(f"{args.frames} frames {height}x{width}, chunks of {chunk}: "
              f"{images.id.get_storage_size() / 1e6:.0f} of {images.nbytes / 1e6:.0f} MB")


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("seed_file")
    parser.add_argument("out")
    parser.add_argument("--frames", type=int, default=12000)
    parser.add_argument("--rate", type=float, default=200, help="frames per second of the time axis")
    parser.add_argument("--noise", type=int, default=1, help="largest change of a pixel")
    parser.add_argument("--level", type=int, default=5, help="of zstd")
    return parser.parse_args(words)


if __name__ == "__main__":
    write(arguments())
