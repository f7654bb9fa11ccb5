"""Pipelines drawn by a seed, run at the least memory that the command advises and at plenty: what the
process and its outputs take, beside what the plan states."""

import json
import os
import pathlib
import random
import re
import subprocess

import numpy as np
import tifffile
import zarr
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

from big_movie import run_measured
from conftest import command

SIDES = [(1, 1), (7, 5), (20, 20), (64, 64), (80, 400), (256, 256), (511, 333), (724, 724),
         (1104, 511), (1500, 1280)]
DTYPES = ["uint8", "uint16", "float32", "int16", "float64", "uint32"]
STEPS = ["op: gaussian, sigma: 1 px", "op: erode, footprint: square(3)", "op: test_add, constant: 1",
         "op: dilate, footprint: square(3)", "op: threshold, method: otsu",
         "op: reduce, over: [t], how: mean"]


def room(folder):
    """Bytes that a folder and all in it take on the disk."""
    blocks = 0
    for root, _, files in os.walk(folder):
        blocks += os.lstat(root).st_blocks
        blocks += sum(os.lstat(os.path.join(root, name)).st_blocks for name in files)
    return 512 * blocks


def pixels(draw, frames, height, width, dtype):
    if draw.random() < 0.5:
        noise = np.random.default_rng(draw.randrange(100)).poisson(60, (frames, height, width))
        return noise.astype(dtype)
    return np.add.outer(np.arange(frames), np.add.outer(np.arange(height), np.arange(width))).astype(dtype)


def codec(draw):
    blosc = BloscCodec(cname=draw.choice(["lz4", "zstd", "zlib", "lz4hc", "blosclz"]),
                       clevel=draw.choice([1, 5, 9]),
                       shuffle=draw.choice(["noshuffle", "shuffle", "bitshuffle"]))
    return draw.choice([None, "auto", blosc, blosc, ZstdCodec(level=draw.choice([1, 5])),
                        GzipCodec(level=1)])


def zarr_source(draw, folder, image):
    """Chunks of several frames and of odd sides, in shards or not."""
    _, height, width = image.shape
    chunk = (draw.randint(1, 9), draw.choice([height, height // 2 + 1, 100]),
             draw.choice([width, width // 5 + 1, 64]))
    chunk = tuple(max(1, min(side, size)) for side, size in zip(chunk, image.shape))
    if np.prod([-(-size // side) for side, size in zip(chunk, image.shape)]) > 2000:
        chunk = (chunk[0], height, width)
    shards = tuple(side * draw.randint(1, 3) for side in chunk) if draw.random() < 0.4 else None
    array = zarr.open_group(folder / "in.zarr", mode="w", zarr_format=3).create_array(
        "0", shape=image.shape, chunks=chunk, shards=shards, dtype=image.dtype,
        compressors=codec(draw), dimension_names=["t", "y", "x"])
    array[...] = image
    return "{type: ome_zarr, path: in.zarr/0, axes: tyx}"


def tiff_source(draw, folder, image):
    options = {"compression": draw.choice([None, "zlib", "lzw", "packbits"]), "metadata": None}
    if min(image.shape[1:]) > 16 and draw.random() < 0.3:
        options["tile"] = (draw.choice([16, 256]), 64)
    else:
        options["rowsperstrip"] = draw.choice([1, 7, 64, image.shape[1]])
    if draw.random() < 0.5:
        tifffile.imwrite(folder / "in.tif", image, **options)
    else:
        for i, plane in enumerate(image):
            tifffile.imwrite(folder / f"in{i}.tif", plane, **options)
    return '{type: files, glob: "in*.tif"}'


def source(draw, folder):
    height, width = draw.choice(SIDES)
    dtype = draw.choice(DTYPES)
    most = max(3, min(300, 40_000_000 // (height * width * np.dtype(dtype).itemsize)))
    kind = draw.choice(["generator", "zarr", "tiff"])
    if kind == "generator":
        frames = draw.randint(2, most)
        inner = draw.choice(["", "c: 3, ", "z: 2, "])
        size = f"{{t: {frames}, {inner}y: {height}, x: {width}}}"
        return (f"{{type: generator, kind: {draw.choice(['noise', 'gradient', 'nuclei'])}, "
                f"size: {size}, dtype: {draw.choice(['uint8', 'uint16', 'float32'])}}}"), height * width
    image = pixels(draw, draw.randint(2, min(40, most)), height, width, dtype)
    make = zarr_source if kind == "zarr" else tiff_source
    return make(draw, folder, image), height * width


def sink(draw, number, step):
    if draw.random() < 0.3:
        return (f"{{type: ome_tiff, from: {step}, path: o{number}.ome.tif, "
                f"compression: {draw.choice(['none', 'deflate'])}}}")
    codecs = ["none", "lz4", "zstd_blosc", "zstd", "gzip"]
    old = draw.random() < 0.25  # Zarr v2, which has no checksums
    words = ["codec: " + draw.choice(codecs if old else [*codecs, "crc32c"])]
    words += ["format: '0.4'"] if old else []
    words += [word for word in ("shard: none", f"levels: {draw.choice([0, 3])}", "ack: durable")
              if draw.random() < 0.25]
    return f"{{type: ome_zarr, from: {step}, path: o{number}.ome.zarr, {', '.join(words)}}}"


def pipeline(draw, folder):
    described, count = source(draw, folder)
    steps, names = [], ["source"]
    for i in range(draw.randint(0, 3) if count > 4000 else 0):
        inputs = [name for name in names if name != "value"]
        step, name = draw.choice(STEPS), f"s{i}"
        if "reduce" in step:
            if "value" in names:
                continue
            name = "value"
        steps.append(f"  - {{{step}, id: {name}, from: {draw.choice(inputs)}}}\n")
        names.append(name)
    sinks = [f"  - {sink(draw, i, draw.choice(names))}\n" for i in range(draw.randint(1, 3))]
    return (f"parfocal: 1\nsource: {described}\n" + ("steps:\n" if steps else "") + "".join(steps)
            + "sinks:\n" + "".join(sinks))


def least_memory(folder, threads):
    """As the command advises when it is given too little; "" if it cannot run for other reasons."""
    done = subprocess.run([command(), "plan", "p.yaml", "--memory", "1MiB", "--threads", threads],
                          cwd=folder, capture_output=True, text=True)
    if done.returncode == 3:
        return ""
    found = re.search(r"--memory (\d+MiB)", done.stderr)
    assert done.returncode == 5 and found, done.stderr
    return found.group(1)


def faults(seed, folder):
    """What a pipeline took above its plan, as sentences; none if it kept all promises."""
    draw = random.Random(seed)
    folder = pathlib.Path(folder)
    text = pipeline(draw, folder)
    (folder / "p.yaml").write_text(text)
    threads = draw.choice(["1", "2", "4", "8"])
    found = []
    least = least_memory(folder, threads)
    for memory in (least, "4GiB") if least else ():
        options = ("--memory", memory, "--threads", threads)
        planned = json.loads(subprocess.run(
            [command(), "plan", "p.yaml", "--json", *options], cwd=folder, capture_output=True,
            check=True).stdout)
        out = "out-" + memory
        peak, code, messages = run_measured(["run", "p.yaml", *options, "--out", out], folder)
        taken = room(folder / out)
        case = f"seed {seed}, --memory {memory} --threads {threads}"
        if code != 0:
            found.append(f"{case}: exit {code}\n{messages}\n{text}")
            continue
        for what, used, stated in (("memory", peak, planned["peak_bytes"]),
                                   ("disk", taken, planned["disk_bytes"])):
            if used > stated:
                found.append(f"{case}: {what} {used} above {stated}\n{text}")
        sinks = text.split("sinks:\n")[1].splitlines()
        if all("codec: none" in sink and "format" not in sink and "shard" not in sink
               for sink in sinks) and planned["disk_bytes"] > 4 * taken + (4 << 20):
            found.append(f"{case}: disk stated {planned['disk_bytes']} for {taken}\n{text}")
    return found
