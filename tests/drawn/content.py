"""Pixels of drawn files, computed from their description."""

import numpy as np
import scipy.ndimage


def limit_of(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return 2
    return 2**24 if dtype.kind == "f" else min(2**40, int(np.iinfo(dtype).max) + 1)


def coordinates(shape, dtype):
    """Each pixel its own coordinates: its index in C order, wrapped to what the type holds. Frames
    of small types differ by a step that no row has."""
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    frames = int(np.prod(shape[:-2]))
    index = index + 7 * np.arange(frames, dtype=np.int64).reshape(shape[:-2] + (1, 1))
    return (index % limit_of(dtype)).astype(dtype)


def noise(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.random(shape).astype(dtype)
    low = 0 if dtype.kind in "bu" else max(int(np.iinfo(dtype).min), -2**40)
    return rng.integers(low, limit_of(dtype), shape, dtype=np.int64).astype(dtype)


def blobs(shape, dtype, seed):
    """Smooth bright objects on a noisy ground, for thresholds and labels."""
    rng = np.random.default_rng(seed)
    planes = rng.random(shape)
    smooth = scipy.ndimage.gaussian_filter(planes, (0,) * (len(shape) - 2) + (2, 2))
    bright = (smooth > 0.52) * 0.6 + 0.25 * planes
    top = 1 if np.dtype(dtype).kind in "bf" else min(limit_of(dtype) - 1, 4000)
    return (bright * top > 0.5 if np.dtype(dtype).kind == "b" else bright * top).astype(dtype)


def pixels(spec):
    """The array of {content, axes: {t: 3, y: 9, x: 9}, dtype, seed}, axes in that order."""
    shape = tuple(spec["axes"].values())
    kind = spec["content"]
    if kind == "coordinates":
        return coordinates(shape, spec["dtype"])
    return (noise if kind == "noise" else blobs)(shape, spec["dtype"], spec["seed"])
