"""Backgrounds drawn at random: ours must be dcnum's, bit for bit.

What we do otherwise on purpose (docs/rtdc.md) is left out here and tested apart: recordings of one
frame, a second run into the same file, images of more than 8 bits.
"""

import json

import numpy as np
import pytest
from dcnum.read import HDF5Data

import support
from support import DRAWS


def times_of(rng, frames):
    """One of the ways in which recordings state their time, as write_recording() takes them."""
    kind = rng.choice(["time", "uneven", "repeated", "frame", "rate", "nothing"])
    steps = np.array([rng.random() for _ in range(frames)])
    if kind == "time":
        return {"time": np.arange(frames) * rng.choice([0.01, 0.1, 1 / 3600, 0.25])}
    if kind == "uneven":
        return {"time": 5 + np.cumsum(steps * rng.choice([0.01, 0.5]))}
    if kind == "repeated":
        return {"time": np.cumsum(np.round(steps) * 0.125)}
    if kind == "frame":
        frame = 100 + np.cumsum(1 + np.floor(steps * 40)).astype(float)
        return {"frame": frame, "rate": rng.choice([100.0, 3000.0, 2999.7])}
    return {"rate": rng.choice([10.0, 3000.0])} if kind == "rate" else {}


def duration_of(times, frames):
    if "time" in times:
        return times["time"][-1] - times["time"][0]
    rate = times.get("rate", 3600)
    if "frame" in times:
        return (times["frame"][-1] - times["frame"][0]) / rate
    return frames / rate * 1.5


def images_of(rng, frames):
    shape = (frames, rng.choice([1, 5, 13, 14, 20, 30, 39, 40, 41, 80]), rng.randint(1, 40))
    noise = np.random.default_rng(rng.randrange(2**32))
    images = noise.integers(100, 100 + rng.choice([1, 4, 40]), shape)
    images += (np.arange(frames) * rng.choice([0, 0, 0.1])).astype(int)[:, None, None]
    for _ in range(rng.randint(0, 4)):  # cells, so that cleansing has something to do
        first, rows = rng.randrange(frames), rng.randrange(shape[1])
        images[first : first + rng.randint(1, 60), rows : rows + 8, ::2] -= rng.randint(5, 60)
    return np.clip(images, 0, 255).astype(np.uint8)


def option(name, value):
    flag = "--" + name.replace("_", "-")
    return [flag if value else "--no" + flag[1:]] if isinstance(value, bool) else [flag, str(value)]


def both(parfocal, tmp_path, command, dcnum, parameters, only_theirs=()):
    """The same background by dcnum and by us, as dcnum reads them."""
    dcnum(tmp_path / "in.rtdc", tmp_path / "dcnum.rtdc", **parameters)
    words = [word for name, value in parameters.items() if name not in only_theirs
             for word in option(name, value)]
    parfocal("background", command, "in.rtdc", "ours.rtdc", *words)
    return HDF5Data(tmp_path / "dcnum.rtdc"), HDF5Data(tmp_path / "ours.rtdc")


@pytest.mark.parametrize("draw", range(DRAWS))
def test_the_sparse_median_is_dcnums(parfocal, tmp_path, draw):
    rng = support.drawn(draw, "sparse")
    frames = rng.randint(2, 300)
    times = times_of(rng, frames)
    duration = duration_of(times, frames)
    if duration <= 0:  # all at once: dcnum fails
        return
    parameters = {
        "kernel_size": rng.choice([1, 2, rng.randint(1, frames), frames, frames + 9]),
        "split_time": duration / rng.choice([1, 2, rng.randint(3, 60)])
        * rng.choice([1, 0.97, 1.0000001]),
        "thresh_cleansing": rng.choice([0, 0, 1, 300, 1e5]),
        "frac_cleansing": rng.choice([0.8, 0.8, 1, 0.95, 0.5, 0.01]),
        "offset_correction": rng.random() < 0.7,
        "compress": rng.random() < 0.5,
    }
    images = images_of(rng, frames)
    support.write_recording(tmp_path / "in.rtdc", images, **times, chunk=rng.randint(1, 64))
    print(json.dumps(parameters))
    theirs, ours = both(parfocal, tmp_path, "sparse-median", support.dcnum_sparse, parameters)
    with theirs, ours:
        np.testing.assert_array_equal(ours["image_bg"][:], theirs["image_bg"][:])
        assert ("bg_off" in ours) == ("bg_off" in theirs) == parameters["offset_correction"]
        if parameters["offset_correction"]:
            np.testing.assert_array_equal(ours["bg_off"][:], theirs["bg_off"][:])
        for path in ("basin_events/image_bg", "events/basinmap0"):
            np.testing.assert_array_equal(ours.h5[path][:], theirs.h5[path][:])
        attributes = [dict(data.h5["basin_events/image_bg"].attrs) for data in (ours, theirs)]
        assert attributes[0] == attributes[1]
        keys = [set(data.h5["basins"]) for data in (ours, theirs)]
        assert len(keys[0] & keys[1]) == 1, "the entry of the series has dcnum's key"


@pytest.mark.parametrize("draw", range(max(1, DRAWS // 10)))
def test_the_rolling_median_is_dcnums(parfocal, tmp_path, draw):
    rng = support.drawn(draw, "rolling")
    frames = rng.randint(4, 200)
    kernel = 2 * rng.randint(1, (frames - 1) // 2)
    parameters = {"kernel_size": kernel, "batch_size": kernel + rng.randint(1, 100)}
    images = images_of(rng, frames)
    support.write_recording(tmp_path / "in.rtdc", images, chunk=rng.randint(1, 64))
    theirs, ours = both(
        parfocal, tmp_path, "rolling-median", support.dcnum_rolling, parameters, ("batch_size",)
    )
    with theirs, ours:
        np.testing.assert_array_equal(ours["image_bg"][:], theirs["image_bg"][:])
