"""Numbers that dcnum's own tests expect, as far as no other file here has them (README.md)."""

import hashlib
import pathlib

import h5py
import numpy as np
import pytest
from dcnum.read import HDF5Data

import support
from support import F23

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "flow-cytometry.yaml"
STORED = EXAMPLE.with_name("flow-cytometry-stored.yaml")
NO_OPENING = ("cells.open_radius=0", "features.haralick=false")
ROLLING = """\
parfocal: 1
source: {type: rtdc, path: in.rtdc}
steps:
  - {id: background, op: background_rolling_median, kernel_size: 150}
  - {id: cells, op: segment_below_background, from: source, background: background}
  - {id: features, op: flow_features, from: cells, image: source, background: background,
     haralick: false}
sinks:
  - {type: rtdc_events, from: features, labels: cells, background: background, path: events.rtdc}
"""


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    return support.repeated(F23, tmp_path_factory.mktemp("five") / "in.rtdc", 5)


@pytest.fixture(scope="module")
def hundred(tmp_path_factory):
    return support.repeated(F23, tmp_path_factory.mktemp("hundred") / "in.rtdc", 101)


@pytest.fixture
def job(parfocal, tmp_path):
    def run(source, *sets, name="ours", exit_code=0, pipeline=EXAMPLE):
        words = [word for text in sets for word in ("--set", text)]
        words += ["--out", tmp_path / name, "--progress", "none"]
        done = parfocal(
            "run", pipeline, "--set", f"source.path={source}", *words, exit_code=exit_code
        )
        return done.stderr if exit_code else tmp_path / name / "events.rtdc"

    return run


@pytest.fixture
def sparse(parfocal, tmp_path):
    def run(source, *options):
        out = tmp_path / "background.rtdc"
        parfocal("background", "sparse-median", source, out, "--progress", "none", *options)
        return out

    return run


@pytest.mark.parametrize(
    "count, kernel, split", [(720, 10, 0.01), (730, 10, 0.01), (720, 11, 0.01), (720, 11, 0.011)]
)
def test_ramps_have_dcnums_steps(sparse, tmp_path, count, kernel, split):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(count))
    out = sparse(source, "--kernel-size", kernel, "--split-time", split, "--frac-cleansing", 1)
    steps = np.arange(0, count / 3600 * 1.5, split)
    kept, index, offset = support.background_of(out)
    assert len(kept) == len(steps)
    times = np.linspace(0, count / 3600 * 1.5, count)
    ends = [np.argmin(np.abs(times - step - split / 2)) for step in steps]
    expected = np.minimum(np.searchsorted(ends, np.arange(count), side="right"), len(steps) - 1)
    np.testing.assert_array_equal(index, expected)
    assert not offset.any()


def test_frames_raised_for_a_while_have_a_background_raised(sparse, tmp_path):
    times = np.linspace(0, 720 / 3600 * 1.5, 720)
    start, end = (np.argmin(np.abs(times - t)) for t in (0.15, 0.16))
    images = support.ramp(720, {3: 1, 25: 2, 101: 3})
    images[start:end] += np.uint8(4)
    source = support.write_recording(tmp_path / "in.rtdc", images)
    with HDF5Data(sparse(source, "--kernel-size", 10, "--split-time", 0.01)) as data:
        for frame in (3, 25, 101):
            np.testing.assert_array_equal(data.image_bg[frame], data.image_bg[0])
        for frame in range(start - 5, start + 5):
            np.testing.assert_array_equal(data.image_bg[frame], data.image_bg[0] + 4)


def test_blocks_of_another_brightness(sparse, tmp_path):
    with h5py.File(F23) as h5:
        block = h5["events/image"][:]
    source = support.write_recording(
        tmp_path / "in.rtdc", np.concatenate([block + np.uint8(i) for i in range(10)]),
        time=np.linspace(0, 1, 400, endpoint=False),
    )
    options = ("--kernel-size", 20, "--split-time", 0.1, "--frac-cleansing", 1)
    out = sparse(source, *options)
    kept, index, _ = support.background_of(out)
    assert index[0] == 0 and len(kept) == 10
    np.testing.assert_array_equal(kept[0], np.sort(block[:20], axis=0)[10])
    with HDF5Data(out) as data:
        for i in range(10):
            assert abs(np.sum(kept[0].astype(int) + i - kept[i])) < 4
            np.testing.assert_array_equal(data.image_bg[40 * i], kept[i])
            np.testing.assert_array_equal(data.image_bg[40 * i + 5], kept[i])


@pytest.mark.parametrize("count, kernel, level", [(720, 10, None), (730, 10, None), (720, 100, 17)])
def test_rolling_medians_of_ramps(parfocal, tmp_path, count, kernel, level):
    source = support.write_recording(tmp_path / "in.rtdc", support.ramp(count))
    parfocal("background", "rolling-median", source, "out.rtdc", "--kernel-size", kernel)
    with h5py.File(tmp_path / "out.rtdc") as h5:
        images = h5["events/image_bg"][:]
    assert images.shape == (count, 5, 7)
    assert (images[:, 0, 1] == 1).all()
    assert level is None or np.median(images[0]) == level


def test_first_images(parfocal, tmp_path):
    """As stored, and passed on by a copy of the background."""
    parfocal("background", "copy", F23, "out.rtdc")
    for path in (F23, tmp_path / "out.rtdc"):
        with HDF5Data(path) as data:
            assert data.image[0].mean() == pytest.approx(180.772375, abs=1e-9)
            assert data.image_bg[0].mean() == pytest.approx(180.4453125, abs=0.01)


def test_background_of_the_real_recording(sparse, five):
    kept, _, offset = support.background_of(sparse(five))
    assert hashlib.md5(kept.tobytes()).hexdigest() == "990ab37eabda40bfb2185bbac4446f9c"
    np.testing.assert_allclose(offset[:4], [0.991125, -0.3795, -0.02975, 0.9375], atol=1e-8)


def test_background_of_a_hundred_repeats(sparse, hundred):
    kept, index, offset = support.background_of(sparse(hundred))
    assert len(kept) == 2
    assert np.flatnonzero(np.diff(index)).tolist() == [1199]
    assert offset.sum() == pytest.approx(-157.38325, abs=1e-8)


def test_a_job_on_the_result_of_a_job(job, five):
    first = job(five, "background.kernel_size=150", name="first")
    second = job(first, "background.kernel_size=250", name="second")
    with h5py.File(first) as a, h5py.File(second) as b:
        assert {len(values) for values in a["events"].values()} == {275}
        assert {len(values) for values in b["events"].values()} == {285}
        assert b.attrs["pipeline:dcnum background"] == "sparsemed:k=250^s=1^t=0^f=0.8^o=1"
        assert "image_bg" not in b["events"] and "image_bg" in b["basin_events"]
    with HDF5Data(second) as data, HDF5Data(first) as before:
        frames = data["basinmap0"][:]
        for event in (0, 99, 284):
            np.testing.assert_array_equal(data.image[event], before.image[frames[event]])


def test_events_below_a_rolling_median(parfocal, tmp_path, five):
    (tmp_path / "p.yaml").write_text(ROLLING.replace("in.rtdc", str(five)))
    parfocal("run", "p.yaml", "--out", "out", "--progress", "none")
    with h5py.File(tmp_path / "out" / "events.rtdc") as h5:
        assert {len(values) for values in h5["events"].values()} == {280}
        assert "image_bg" in h5["events"] and "basin_events" not in h5
        assert "bg_off" not in h5["events"] and "image" not in h5["events"]
    with HDF5Data(tmp_path / "out" / "events.rtdc") as data:
        assert "image" in data


def same_events(ours, theirs, leave_out):
    """All features that the background has no part in."""
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        assert set(a["events"]) == set(b["events"])
        for name in set(b["events"]) - set(leave_out):
            np.testing.assert_allclose(a["events"][name], b["events"][name], rtol=1e-9)


@pytest.mark.parametrize(
    "frames, mapping, count, text",
    [(5, 5, 11, "5"), ("3-5", slice(3, 5), 6, "3-5-n"),
     ("[3, 5, 6, 7]", [3, 5, 6, 7], 7, "h-6e582938"), ("1-40-3", slice(1, 40, 3), None, "1-40-3")],
)
def test_chosen_frames(job, tmp_path, five, frames, mapping, count, text):
    """dcnum takes the background of all frames; the whole job has those events too."""
    ours = job(five, f"source.frames={frames}", *NO_OPENING)
    chosen = np.arange(200)[mapping] if not isinstance(mapping, int) else np.arange(mapping)
    with h5py.File(ours) as h5:
        events = h5["events/basinmap0"][:]
        assert h5.attrs["pipeline:dcnum mapping"] == text
        assert h5.attrs["pipeline:dcnum data"] == f"hdf:p=0.2645^i={text}"
        assert h5.attrs["pipeline:dcnum background"] == "parfocal:background_sparse_median"
        assert set(events) <= set(chosen)
    with HDF5Data(ours) as data, HDF5Data(five) as source:
        for event, frame in enumerate(events):
            np.testing.assert_array_equal(data.image[event], source.image[frame])
            assert data["frame"][event] == source["frame"][frame]
    with h5py.File(job(five, *NO_OPENING, name="all")) as h5:
        whole = h5["events/basinmap0"][:]
    assert count is None or np.isin(whole, chosen).sum() == count
    theirs = tmp_path / "his.rtdc"
    support.dcnum_job(
        five, theirs, data_kwargs={"index_mapping": mapping},
        segmenter_kwargs={"thresh": -6, "kwargs_mask": {"closing_disk": 0}},
        feature_kwargs={"haralick": False},
    )
    with h5py.File(theirs) as h5:
        np.testing.assert_array_equal(h5["events/basinmap0"], whole[np.isin(whole, chosen)])
        assert h5.attrs["pipeline:dcnum mapping"] == text


@pytest.mark.parametrize(
    "frames, mapping, count, text",
    [("all", None, 395, "0"), ("5", 5, 11, "5"), ("3-5", slice(3, 5), 6, "3-5-n"),
     ("[3, 5, 6, 7]", [3, 5, 6, 7], 7, "h-6e582938")],
)
def test_frames_with_the_background_that_is_stored(
    job, sparse, tmp_path, five, frames, mapping, count, text
):
    """Background `copy`: also of chosen frames it is that of the whole recording."""
    stored = sparse(five)
    ours = job(stored, f"source.frames={frames}", *NO_OPENING, pipeline=STORED)
    theirs = support.dcnum_job(
        stored, tmp_path / "his.rtdc", background_code="copy",
        data_kwargs={} if mapping is None else {"index_mapping": mapping},
        segmenter_kwargs={"thresh": -6, "kwargs_mask": {"closing_disk": 0}},
        feature_kwargs={"haralick": False},
    )
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        assert len(a["events/basinmap0"]) == count
        assert a.attrs["pipeline:dcnum mapping"] == text
        for name, value in b.attrs.items():
            if name.startswith("pipeline:"):
                assert a.attrs[name] == value, name
        for name in ("basinmap0", "nevents", "bg_off", "mask", "bright_bc_avg", "bright_perc_10"):
            np.testing.assert_array_equal(a["events"][name], b["events"][name], err_msg=name)
    with HDF5Data(ours) as a, HDF5Data(theirs) as b:
        np.testing.assert_array_equal(a.image_bg[:], b.image_bg[:])


def test_a_background_that_is_not_stored(job, tmp_path):
    bare = support.write_recording(tmp_path / "bare.rtdc", np.zeros((5, 20, 30), np.uint8))
    assert "no background stored" in job(bare, pipeline=STORED, exit_code=4)


def test_chosen_frames_are_a_recording_of_their_own(job, tmp_path, five):
    """What is made of some frames is what is made of a file that has only these."""
    chosen = np.arange(7, 180, 4)
    with h5py.File(five) as h5:
        images = h5["events/image"][:][chosen]
        times = h5["events/frame"][:][chosen]
    alone = support.write_recording(
        tmp_path / "alone.rtdc", images, frame=times, pixel_um=0.2645
    )
    sets = ("background.kernel_size=20", "features.haralick=false")
    with h5py.File(job(five, "source.frames=7-180-4", *sets)) as a:
        with h5py.File(job(alone, *sets, name="alone")) as b:
            assert len(b["events/basinmap0"]) > 30
            np.testing.assert_array_equal(a["events/basinmap0"], chosen[b["events/basinmap0"][:]])
            np.testing.assert_array_equal(a["basin_events/image_bg"], b["basin_events/image_bg"])
            for name in set(b["events"]) - {"basinmap0"}:
                np.testing.assert_array_equal(a["events"][name], b["events"][name], err_msg=name)


@pytest.mark.parametrize("frames", ["0", "5-3", "300", "0-300", "[3, 3]", "x", "0-10-0", "-5"])
def test_frames_that_do_not_exist_are_refused(job, five, frames):
    told = job(five, f"source.frames={frames}", exit_code=3)
    assert "frames" in told


def test_raised_frames_have_their_offset(job, tmp_path, hundred):
    """And masks are what a segmentation by these offsets gives."""
    raised = [10, 130, 1000, 3001, 3999, 4024]
    source = tmp_path / "in.rtdc"
    source.write_bytes(hundred.read_bytes())
    with h5py.File(source, "a") as h5:
        for frame in raised:
            h5["events/image"][frame] += np.uint8(5)
    ours = job(source, *NO_OPENING)
    with HDF5Data(ours) as data:
        frames, offset = data["basinmap0"][:], data["bg_off"][:]
        for frame in raised:
            events = np.flatnonzero(frames == frame)
            assert len(events) > 0 and (offset[events] > 3.8).all()
            for other in (events[0] - 10, events[-1] + 10):
                if 0 <= other < len(frames):
                    assert offset[other] < 1.5
            first = events[0]
            labels = support.labels_of(
                data.image[first], data.image_bg[first], offset[first], -6,
                {"clear_border": True, "fill_holes": True, "closing_disk": 0},
            )
            kept = np.flatnonzero(np.bincount(labels.ravel()) > 10)[1:]
            mask = np.any([data.mask[event] for event in events], axis=0)
            np.testing.assert_array_equal(mask, np.isin(labels, kept))
