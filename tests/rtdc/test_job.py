"""The whole job beside dcnum's: examples/flow-cytometry.yaml on a real recording, repeated."""

import json
import pathlib
import shutil

import dclab
import h5py
import numpy as np
import pytest
from dcnum.read import HDF5Data

import support
from support import F23

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "flow-cytometry.yaml"
NEAR = {"bright_sd", "bright_bc_sd", "volume"}  # sums in another order; all else is equal


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return support.repeated(F23, tmp_path_factory.mktemp("recording") / "in.rtdc", 5)


@pytest.fixture
def job(parfocal, tmp_path, recording):
    def run(*sets, source=recording, name="ours", pipeline=EXAMPLE):
        words = [word for text in sets for word in ("--set", text)]
        parfocal("run", pipeline, "--set", f"source.path={source}", *words, "--out", tmp_path / name)
        return tmp_path / name / "events.rtdc"

    return run


def compare(ours, theirs):
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        assert set(a["events"]) == set(b["events"])
        for name, his in b["events"].items():
            mine = a["events"][name]
            assert (mine.dtype, mine.shape, mine.chunks) == (his.dtype, his.shape, his.chunks), name
            if name in NEAR or name.startswith("tex_"):
                np.testing.assert_allclose(mine[:], his[:], rtol=1e-9, err_msg=name)
            else:
                np.testing.assert_array_equal(mine[:], his[:], err_msg=name)
        assert ("basin_events" in a) == ("basin_events" in b)
        if "basin_events" in a:
            np.testing.assert_array_equal(a["basin_events/image_bg"], b["basin_events/image_bg"])
        assert dict(a.attrs) == dict(b.attrs)


def test_default_job_without_texture_writes_what_dcnum_writes(job, tmp_path, recording):
    ours = job("features.haralick=false")
    theirs = support.dcnum_job(
        recording, tmp_path / "his.rtdc", feature_kwargs={"haralick": False}
    )
    compare(ours, theirs)
    with h5py.File(ours) as h5:
        assert h5.attrs["pipeline:dcnum hash"] == "f44c9a9ad0e5c1e8d4daa211c70916e7"
        assert h5.attrs["pipeline:dcnum yield"] == h5.attrs["experiment:event count"] == 275
    with HDF5Data(ours) as mine, HDF5Data(theirs) as his:
        assert mine.image_bg[0].mean() == pytest.approx(180.5675625, abs=0.01)
        assert set(mine.keys()) == set(his.keys())
        for event in (0, 17, 274):
            np.testing.assert_array_equal(mine.image[event], his.image[event])
            np.testing.assert_array_equal(mine.image_bg[event], his.image_bg[event])
            assert mine["frame"][event] == his["frame"][event]


def test_texture_and_another_kernel(job, tmp_path, recording):
    ours = job("background.kernel_size=150")
    theirs = support.dcnum_job(
        recording, tmp_path / "his.rtdc", background_kwargs={"kernel_size": 150}
    )
    compare(ours, theirs)
    with h5py.File(ours) as h5:
        assert (
            h5.attrs["experiment:run identifier"]
            == "d5a40aed-0b6c-0412-e87c-59789fdd28d0_dcn-3902cff"
        )


def test_a_job_on_the_result_of_another_finds_the_images_through_two_basins(job, recording):
    first = job("background.kernel_size=150", "features.haralick=false", name="first")
    with h5py.File(first) as h5:
        frames = h5["events/basinmap0"][:]
    second = job(
        "background.kernel_size=250", "features.haralick=false", source=first, name="second"
    )
    with HDF5Data(second) as data, h5py.File(recording) as h5:
        assert len(data) == 285
        events = data["basinmap0"][:]
        for event in (0, 100, 284):
            image = h5["events/image"][frames[events[event]]]
            np.testing.assert_array_equal(data.image[event], image)


def test_rolling_median_gives_each_event_its_background(parfocal, tmp_path, recording):
    pipeline = tmp_path / "rolling.yaml"
    pipeline.write_text(
        f"parfocal: 1\nsource: {{type: rtdc, path: {recording}}}\n"
        "steps:\n  - {id: bg, op: background_rolling_median, kernel_size: 100}\n"
        "  - {id: cells, op: segment_below_background, from: source, background: bg}\n"
        "  - {id: features, op: flow_features, from: cells, image: source, background: bg,\n"
        "     haralick: false}\n"
        "sinks:\n  - {type: rtdc_events, from: features, labels: cells, background: bg,\n"
        "     path: events.rtdc}\n"
    )
    parfocal("run", pipeline, "--out", tmp_path / "rolling")
    theirs = support.dcnum_job(
        recording,
        tmp_path / "his.rtdc",
        background_code="rollmed",
        feature_kwargs={"haralick": False},
    )
    compare(tmp_path / "rolling" / "events.rtdc", theirs)
    with h5py.File(theirs) as h5:
        assert h5.attrs["experiment:event count"] == 280


HARD = {f"online_filter:{feature} soft limit": False for feature in ("deform", "area_um", "bright_avg")}
GATES = {
    "none stated": ({}, {}, []),
    "pixels": ({"online_contour:bin area min": 60}, {}, []),
    "boxes": ({**HARD, "online_contour:bin area min": 20, "online_filter:deform min": 0.02,
               "online_filter:deform max": 0.25, "online_filter:area_um min": 8,
               "online_filter:bright_avg max": 178.0}, {}, []),
    "soft and targets": ({"online_filter:deform min": 0.2, "online_filter:deform soft limit": True,
                          "online_filter:area_um min": 30, "online_filter:target duration": 3.0},
                         {}, []),
    "sides, which the gates replace": ({"online_filter:size_x min": 9.0, "online_filter:size_x max": 12.0,
                                        "online_filter:size_x soft limit": False}, {}, []),
    "pixels of the job": ({**HARD, "online_contour:bin area min": 20, "online_filter:area_um max": 60.0},
                          {"size_thresh_mask": 35}, ["features.min_pixels=35"]),
}


@pytest.mark.parametrize("case", GATES)
def test_gates_of_the_measurement_are_dcnums(case, job, tmp_path, recording):
    attributes, gates, sets = GATES[case]
    gated = tmp_path / "gated.rtdc"
    shutil.copy(recording, gated)
    with h5py.File(gated, "a") as h5:
        h5.attrs.update(attributes)
    pipeline = tmp_path / "gated.yaml"
    ports = "    offset: background.offset\n"
    text = EXAMPLE.read_text().replace(ports + "sinks", ports + "    online_gates: source.gates\nsinks")
    pipeline.write_text(text)
    ours = job("features.haralick=false", "cells.open_radius=0", *sets, source=gated, pipeline=pipeline)
    theirs = support.dcnum_job(
        gated,
        tmp_path / "his.rtdc",
        feature_kwargs={"haralick": False},
        segmenter_kwargs={"kwargs_mask": {"closing_disk": 0}},
        gate_kwargs={"online_gates": True, **gates},
    )
    compare(ours, theirs)
    with h5py.File(ours) as h5:
        assert h5.attrs["pipeline:dcnum gate"].startswith("norm:o=1^s=")
        assert 0 < h5.attrs["experiment:event count"] < (396 if "stated" in case else 395)


def test_without_opening_of_the_masks(job):
    ours = job("cells.open_radius=0", "features.haralick=false")
    with HDF5Data(ours) as data:
        assert len(data) == 395
        assert data["nevents"][:11].tolist() == [1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]
        first = data["frame"][0]
        steps = [frame - first + 1 for frame in data["frame"][:11]]
        assert steps == [1, 2, 2, 4, 4, 5, 5, 5, 6, 6, 6]
        assert data["area_um"][2] == pytest.approx(36.694151125, abs=0.5)
        assert data["deform"][2] == pytest.approx(0.29053587689, abs=0.001)


def test_without_offset_correction(job):
    ours = job(
        "cells.open_radius=0", "features.haralick=false", "background.offset_correction=false"
    )
    with h5py.File(ours) as h5:
        assert h5.attrs["experiment:event count"] == 395
        assert "bg_off" not in h5["events"]
        assert h5.attrs["pipeline:dcnum background"] == "sparsemed:k=200^s=1^t=0^f=0.8^o=0"
        assert h5["events/nevents"][0] == 2


def test_dclab_opens_the_events(job):
    with dclab.new_dataset(job()) as events:
        assert len(events) == 275
        assert events["mask"][3].sum() > 10
        assert events["image"][3].shape == events["image_bg"][3].shape == (80, 400)
        assert events.config["experiment"]["event count"] == 275
        assert events.config["pipeline"]["dcnum generation"] == "13"
        assert np.isfinite(events["deform"][:]).all()
        (log,) = [name for name in events.logs if name.startswith("parfocal-job")]
        assert json.loads("\n".join(events.logs[log]))["pipeline"]["identifiers"]["gen_id"] == "13"


def test_drained_files_stand_alone(job, tmp_path, recording):
    text = EXAMPLE.read_text().replace(
        "path: events.rtdc", "path: events.rtdc\n    image: source\n    drain: true"
    )
    pipeline = tmp_path / "drained.yaml"
    pipeline.write_text(text)
    with HDF5Data(job()) as tapped:
        images, frames = [tapped.image[i] for i in (0, 100)], tapped["frame"][:]
    ours = job(name="drained", pipeline=pipeline)
    with h5py.File(ours) as h5:
        assert len(h5["basins"]) == 1
        np.testing.assert_array_equal(h5["events/image"][0], images[0])
        np.testing.assert_array_equal(h5["events/image"][100], images[1])
        np.testing.assert_array_equal(h5["events/frame"][:], frames)


def test_more_than_a_hundred_repeats(job, tmp_path):
    source = support.repeated(F23, tmp_path / "long.rtdc", 101)
    with h5py.File(job("features.haralick=false", source=source)) as h5:
        assert h5.attrs["experiment:event count"] == 5555
        offset = h5["events/bg_off"]
        assert offset[0] == pytest.approx(-0.3795, abs=1e-8)
        assert offset[5554] == pytest.approx(-0.17625, abs=1e-8)
