"""The command `background` beside dcnum: same files, same numbers (checks by dcnum's tests)."""

import os
import pathlib

import dclab
import h5py
import numpy as np
import pytest
from dcnum.read import HDF5Data

import support
from support import F23, LEGACY


def background(parfocal, method, source, target, *options, **run):
    parfocal("background", method, source, target, "--progress", "none", *options, **run)
    return pathlib.Path(target)


@pytest.fixture
def sparse(parfocal, tmp_path):
    def run(source, *options, name="ours.rtdc", **more):
        return background(parfocal, "sparse-median", source, tmp_path / name, *options, **more)

    return run


def kernel(k, s):
    return ("--kernel-size", str(k), "--split-time", str(s))


def test_time_axis_of_the_recording(sparse, tmp_path):
    source = support.shape_of_time(F23, tmp_path / "in.rtdc", time=np.linspace(0, 1, 40))
    out = sparse(source, *kernel(7, 0.11))
    with h5py.File(out) as h5:
        assert "image_bg" not in h5["events"]
        assert h5["basin_events/image_bg"].shape == (8, 80, 400)
    support.assert_same_background(
        out, support.dcnum_sparse(source, tmp_path / "his.rtdc", kernel_size=7, split_time=0.11)
    )


@pytest.mark.parametrize("frame, kept", [(100 + 1000 * np.arange(40), 57), (None, 1)])
def test_time_axis_from_the_frame_rate(sparse, tmp_path, frame, kept):
    source = support.shape_of_time(F23, tmp_path / "in.rtdc", frame=frame, rate=5000)
    out = sparse(source, *kernel(7, 0.11))
    assert support.background_of(out)[0].shape == (kept, 80, 400)
    support.assert_same_background(
        out, support.dcnum_sparse(source, tmp_path / "his.rtdc", kernel_size=7, split_time=0.11)
    )


def test_backgrounds_follow_the_brightness_of_their_block(sparse, tmp_path):
    with h5py.File(F23) as h5:
        block = h5["events/image"][:]
    images = np.concatenate([block + np.uint8(i) for i in range(10)])
    source = support.write_recording(
        tmp_path / "in.rtdc", images, time=np.linspace(0, 1, 400, endpoint=False)
    )
    out = sparse(source, *kernel(20, 0.1))
    kept, index, _ = support.background_of(out)
    with HDF5Data(out) as data:
        np.testing.assert_array_equal(data.image_bg[0], np.sort(block[:20], axis=0)[10])
        for i in range(10):
            np.testing.assert_array_equal(data.image_bg[40 * i], data.image_bg[40 * i + 5])
    assert index[0] == 0
    for i, image in enumerate(kept):
        assert abs(image.astype(int).sum() - kept[0].astype(int).sum()) <= 10 * image.size


def test_offsets_of_single_bright_frames(sparse, tmp_path):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(720, {3: 1, 25: 2, 101: 3}))
    out = sparse(source, *kernel(10, 0.01))
    with HDF5Data(out) as data:
        expected = np.zeros(720)
        expected[[3, 25, 101]] = 1, 2, 3
        np.testing.assert_array_equal(data["bg_off"], expected)
        for i in range(720):
            assert not np.any(data.image[i] - data.image_bg[i].astype(float) - data["bg_off"][i])


def test_a_kernel_longer_than_the_recording(sparse, tmp_path):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(34))
    out = sparse(source, *kernel(200, 0.01))
    with h5py.File(out) as h5:
        data = h5["basin_events/image_bg"]
        assert data.shape == (2, 5, 7)
        assert data.attrs["dcnum ppid background"] == "sparsemed:k=200^s=0.01^t=0^f=0.8^o=1"
        assert data.attrs["dcnum ppid generation"] == "13"


@pytest.mark.parametrize("seed", range(int(os.environ.get("PARFOCAL_DRAWS", 12))))
def test_drawn_series_and_parameters_give_dcnums_file(sparse, tmp_path, seed):
    draw = np.random.default_rng(seed)
    count, height, width = draw.integers(2, 400), draw.integers(3, 60), draw.integers(3, 50)
    images = draw.integers(90, 130, (count, height, width), np.uint8)
    images[draw.random(count) < 0.2] += np.uint8(draw.integers(1, 20))
    time = np.cumsum(draw.random(count) * 0.02)
    options = {
        "kernel_size": int(draw.integers(1, 120)),
        "split_time": float(np.round(draw.uniform(0.05, 1), 3)),
        "thresh_cleansing": float(draw.choice([0, 1, 50, 400, 1e5])),
        "frac_cleansing": float(draw.choice([0.3, 0.8, 0.95, 1])),
        "offset_correction": bool(draw.integers(2)),
    }
    source = support.write_recording(tmp_path / "in.rtdc", images, time=time)
    words = ["--offset-correction" if options["offset_correction"] else "--no-offset-correction"]
    for name in ("kernel_size", "split_time", "thresh_cleansing", "frac_cleansing"):
        words += ["--" + name.replace("_", "-"), str(options[name])]
    out = sparse(source, *words)
    his = support.dcnum_sparse(source, tmp_path / "his.rtdc", **options)
    support.assert_same_background(out, his)
    with h5py.File(out) as a, h5py.File(his) as b:
        internal = [set(h["basins"]) for h in (a, b)]
        assert len(internal[0] & internal[1]) == 1, "the entry of the series has dcnum's key"
        attributes = [dict(h["basin_events/image_bg"].attrs) for h in (a, b)]
        assert attributes[0] == attributes[1]


def test_readers_see_the_input_through_its_basin(sparse):
    out = sparse(F23)
    with HDF5Data(out) as data, HDF5Data(F23) as source:
        assert len(data) == 40
        np.testing.assert_array_equal(data.image[7], source.image[7])
        np.testing.assert_array_equal(data["deform"][:], source["deform"])
        new = data.image_bg[7]
        image = source.image[7]
    with dclab.new_dataset(out) as dataset:
        np.testing.assert_array_equal(dataset["image_bg"][7], new)
        np.testing.assert_array_equal(dataset["image"][7], image)
        assert len(dataset["bg_off"]) == 40


@pytest.mark.parametrize("second", [("--split-time", "0.01"), ("--split-time", "0.03"), ()])
def test_a_second_run_into_the_same_file_leaves_no_old_background(sparse, tmp_path, second):
    images = np.random.default_rng(3).integers(90, 130, (300, 24, 30), np.uint8)
    source = support.write_recording(tmp_path / "in.rtdc", images, time=np.arange(300) * 0.001)
    first = ("--kernel-size", "10")
    sparse(source, *first, "--split-time", "0.02")
    out = sparse(source, *first, *second, "--overwrite")
    fresh = sparse(source, *first, *second, name="fresh.rtdc")
    support.assert_same_background(out, fresh)
    with HDF5Data(out) as data, HDF5Data(fresh) as expected:
        assert len(data.basins) == len(expected.basins) == 2
        for i in range(300):
            np.testing.assert_array_equal(data.image_bg[i], expected.image_bg[i])


@pytest.mark.parametrize("method", ["sparse-median", "rolling-median"])
def test_into_the_input_itself(parfocal, tmp_path, method):
    images = np.random.default_rng(4).integers(90, 130, (150, 24, 30), np.uint8)
    source = support.write_recording(tmp_path / "in.rtdc", images, time=np.arange(150) * 0.01)
    apart = background(parfocal, method, source, tmp_path / "out.rtdc", "--kernel-size", "20")
    background(parfocal, method, source, source, "--kernel-size", "20")
    with HDF5Data(source) as inside, HDF5Data(apart) as outside:
        np.testing.assert_array_equal(inside.h5["events/image"][:], images)
        for i in range(150):
            np.testing.assert_array_equal(inside.image_bg[i], outside.image_bg[i])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.rtdc", "out.rtdc"]


def test_rolling_median_as_dcnum_stores_it(parfocal, tmp_path):
    with h5py.File(F23) as h5:
        images = h5["events/image"][:]
    source = support.write_recording(tmp_path / "in.rtdc", images)
    out = background(
        parfocal, "rolling-median", source, tmp_path / "out.rtdc", "--kernel-size", "8"
    )
    his = support.dcnum_rolling(source, tmp_path / "his.rtdc", kernel_size=8)
    with h5py.File(out) as a, h5py.File(his) as b:
        assert "basin_events" not in a
        np.testing.assert_array_equal(a["events/image_bg"][:], b["events/image_bg"][:])
        assert dict(a["events/image_bg"].attrs) == dict(b["events/image_bg"].attrs)
        assert a["events/image_bg"].chunks == b["events/image_bg"].chunks


def test_copy_takes_the_background_over(parfocal, tmp_path, sparse):
    out = background(parfocal, "copy", LEGACY, tmp_path / "a.rtdc")
    with h5py.File(out) as h5:
        assert np.median(h5["events/image_bg"][0]) == 186
    images = np.random.default_rng(5).integers(90, 130, (100, 24, 30), np.uint8)
    source = support.write_recording(tmp_path / "in.rtdc", images, time=np.arange(100) * 0.1)
    series = sparse(source, "--kernel-size", "10")
    out = background(parfocal, "copy", series, tmp_path / "b.rtdc")
    support.assert_same_background(out, series)
    with HDF5Data(out) as data, HDF5Data(series) as expected:
        for i in (0, 50, 99):
            np.testing.assert_array_equal(data.image[i], images[i])
            np.testing.assert_array_equal(data.image_bg[i], expected.image_bg[i])
    with dclab.new_dataset(out) as dataset:
        assert len(dataset["image_bg"]) == 100


def test_images_in_a_basin(parfocal, tmp_path, sparse):
    small = background(parfocal, "copy", F23, tmp_path / "small.rtdc")
    out = sparse(small, "--kernel-size", "10")
    with HDF5Data(out) as data, HDF5Data(F23) as source:
        kinds = sorted(basin["type"] for basin in data.basins)
        assert kinds == ["file", "file", "internal"]
        np.testing.assert_array_equal(data.image[3], source.image[3])


def test_sixteen_bit_images_stay_sixteen_bit(sparse, tmp_path):
    images = np.random.default_rng(6).integers(900, 1100, (60, 24, 30), np.uint16)
    source = support.write_recording(tmp_path / "in.rtdc", images, time=np.arange(60) * 0.1)
    kept, index, _ = support.background_of(sparse(source, "--kernel-size", "60"))
    assert kept.dtype == np.uint16
    np.testing.assert_array_equal(kept[index[0]], np.sort(images, axis=0)[30])


@pytest.mark.parametrize("count", [1, 2])
def test_one_frame_and_two(sparse, tmp_path, count):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(count), time=[0.5] * count)
    kept, index, offset = support.background_of(sparse(source))
    np.testing.assert_array_equal(kept, support.ramp(1))
    assert index.tolist() == [0] * count and not offset.any()


def test_a_guessed_time_axis_is_told_and_may_be_refused(parfocal, sparse, tmp_path):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(50))
    out = sparse(source)
    with h5py.File(out) as h5:
        (log,) = [name for name in h5["logs"] if name.startswith("parfocal-log")]
        text = " ".join(line.decode() for line in h5["logs"][log])
        assert "guessed" in text and "cleansed" in text
        assert all(len(line) <= 100 for line in h5["logs"][log])
    sparse(source, "--require-time", "--overwrite", exit_code=3)
