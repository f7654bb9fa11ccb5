"""PNG and JPEG files that Pillow, OpenCV and imagecodecs write in every mode, equal to what they read;
damaged ones fail by name, or give what Pillow gives. The seed of a failing draw is printed."""

import os
import random
import struct
import subprocess
import zlib

import cv2
import numpy as np
import pytest
import zarr
from PIL import Image

imagecodecs = pytest.importorskip("imagecodecs")

SEED = int(os.environ.get("PARFOCAL_SEED") or random.randrange(10**6))
SHAPES = [(1, 1), (7, 9), (33, 50), (64, 65)]


def smooth(rng, height, width, channels):
    y, x = np.mgrid[:height, :width]
    image = np.stack([(np.sin(x / 7 + k) + np.cos(y / 5 - k) + 2) * 60 for k in range(channels)], -1)
    return np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype("uint8")


def words(rng, height, width, channels):
    return rng.integers(0, 65536, (height, width, channels)).astype("uint16")


def planes(image):
    """Channels first; grey has none."""
    return image if image.ndim == 2 else np.moveaxis(image, -1, 0)


def by_pillow(path):
    image = Image.open(path)
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return planes(np.asarray(image.convert("L") if image.mode == "1" else image))


def pillow_png(mode):
    def write(rng, path, height, width):
        if mode in ("P", "PA"):
            image = Image.fromarray(smooth(rng, height, width, 4 if mode == "PA" else 3))
            image = image.quantize(int(rng.choice([2, 4, 16, 200])))
        elif mode == "I;16":
            image = Image.fromarray(words(rng, height, width, 1)[..., 0])
        else:
            image = Image.fromarray(smooth(rng, height, width, len(mode)).squeeze(-1) if mode in "1L"
                                    else smooth(rng, height, width, len(mode)))
            image = image.convert("1") if mode == "1" else image
        image.save(path)
        return by_pillow(path)
    return write


def wide_png(channels, encode):
    """16 bits: Pillow reads colours of them as 8."""
    def write(rng, path, height, width):
        image = words(rng, height, width, channels)
        path.write_bytes(encode(image if channels > 1 else image[..., 0]))
        return planes(image if channels > 1 else image[..., 0])
    return write


def by_opencv(image):
    order = {2: None, 3: [2, 1, 0], 4: [2, 1, 0, 3]}[image.shape[-1] if image.ndim == 3 else 2]
    return cv2.imencode(".png", image if order is None else image[..., order])[1].tobytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def small_png(bits, interlaced):
    """Grey of 1, 2 and 4 bits, Adam7: what Pillow does not write."""
    def rows(part):
        bitmap = np.unpackbits(part[..., None].astype("uint8"), axis=-1)[..., 8 - bits:]
        return b"".join(b"\0" + row.tobytes()
                        for row in np.packbits(bitmap.reshape(len(part), -1), axis=1))

    def write(rng, path, height, width):
        image = rng.integers(0, 2**bits, (height, width))
        steps = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
                 (1, 0, 2, 1)] if interlaced else [(0, 0, 1, 1)]
        parts = [image[y::dy, x::dx] for y, x, dy, dx in steps]
        header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, int(interlaced))
        data = zlib.compress(b"".join(rows(part) for part in parts if part.size))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
                         + chunk(b"IEND", b""))
        return by_pillow(path)
    return write


def pillow_jpeg(channels, **options):
    def write(rng, path, height, width):
        image = smooth(rng, height, width, channels)
        Image.fromarray(image if channels > 1 else image[..., 0]).save(path, "JPEG", **options)
        return by_pillow(path)
    return write


def opencv_jpeg(factors):
    def write(rng, path, height, width):
        options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors, cv2.IMWRITE_JPEG_RST_INTERVAL, 3]
        path.write_bytes(cv2.imencode(".jpg", smooth(rng, height, width, 3), options)[1].tobytes())
        return by_pillow(path)
    return write


def rgb_jpeg(rng, path, height, width):
    path.write_bytes(imagecodecs.jpeg_encode(smooth(rng, height, width, 3), colorspace="rgb",
                                             outcolorspace="rgb"))
    return by_pillow(path)


KINDS = {f"pillow {mode}.png": pillow_png(mode)
         for mode in ("1", "L", "LA", "RGB", "RGBA", "P", "PA", "I;16")}
KINDS |= {f"opencv 16 bit {n}.png": wide_png(n, by_opencv) for n in (1, 3, 4)}
KINDS |= {f"imagecodecs 16 bit {n}.png": wide_png(n, imagecodecs.png_encode) for n in (1, 3, 4)}
KINDS |= {f"grey of {bits} bits {'Adam7' if adam else ''}.png": small_png(bits, adam)
          for bits in (1, 2, 4, 8) for adam in (False, True)}
KINDS |= {f"pillow {n} q{q} {'progressive' if p else ''} {s}.jpg":
          pillow_jpeg(n, quality=q, progressive=p, **({"subsampling": s} if n > 1 else {}))
          for n in (1, 3) for q in (30, 95) for p in (False, True) for s in ((0, 1, 2) if n > 1 else (0,))}
KINDS |= {f"opencv {factors:x}.jpg": opencv_jpeg(factors)
          for factors in (0x111111, 0x211111, 0x221111, 0x411111, 0x121111)}
KINDS["imagecodecs RGB.jpg"] = rgb_jpeg


def drawn(kind):
    return np.random.default_rng([SEED, sum(kind.encode())])


def read(path):
    return zarr.open_array(path / "0", mode="r")[:]


@pytest.fixture
def parfocal_any(start):
    """Runs the command, whatever comes out of it."""
    def run(*arguments):
        process = start(*arguments)
        _, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, "", err)

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_those_that_their_writers_read(parfocal, tmp_path, kind):
    print("PARFOCAL_SEED =", SEED)
    rng = drawn(kind)
    for k, (height, width) in enumerate(SHAPES):
        folder = tmp_path / f"in{k}"
        folder.mkdir()
        suffix = kind[-4:]
        right = [KINDS[kind](rng, folder / f"{t}{suffix}", height, width) for t in range(3)]
        if len({image.shape for image in right}) > 1:  # a palette with and without transparency
            continue
        parfocal("convert", folder.name, f"{k}.ome.zarr")
        got = read(tmp_path / f"{k}.ome.zarr")
        assert got.dtype == right[0].dtype and got.shape == np.stack(right).shape
        assert (got == np.stack(right)).all()


@pytest.mark.parametrize("kind", ["pillow RGB.png", "pillow P.png", "grey of 4 bits Adam7.png",
                                  "pillow 3 q95  2.jpg", "pillow 3 q30 progressive 0.jpg"])
def test_damaged_files_fail_or_are_what_pillow_reads(parfocal_any, tmp_path, kind):
    print("PARFOCAL_SEED =", SEED)
    rng, suffix = drawn(kind), kind[-4:]
    path = tmp_path / f"whole{suffix}"
    right = KINDS[kind](rng, path, 33, 50)
    whole = path.read_bytes()
    cut = [whole[:len(whole) * k // 10] for k in range(1, 10)] + [whole[:-1]]
    flipped = []
    for _ in range(12):
        bent = bytearray(whole)
        bent[rng.integers(len(bent))] ^= 1 << rng.integers(8)
        flipped.append(bytes(bent))
    for k, data in enumerate(cut + flipped):
        path = tmp_path / f"{k}{suffix}"
        path.write_bytes(data)
        done = parfocal_any("convert", path.name, f"{k}.ome.zarr")
        assert done.returncode in ((1, 4) if k < len(cut) else (0, 1, 4)), done.stderr
        if done.returncode != 0:
            assert path.name in done.stderr
            continue
        got = read(tmp_path / f"{k}.ome.zarr")
        if suffix == ".png":  # has checksums
            assert (got == right).all()
        else:
            assert (got == by_pillow(path)).all()
