"""What dclab and dcnum make of our files, beside what they make of dcnum's own."""

import pathlib
import re

import dclab
import h5py
import numpy as np
import pytest
from dclab.rtdc_dataset.check import IntegrityChecker

import support
from support import F23
from test_job import EXAMPLE, compare


def with_cells(path, cells, **options):
    """60 frames with as many cells as `cells` says for each, none of which looks like another."""
    random = np.random.default_rng(5)
    images = (150 + random.integers(0, 3, (60, 60, 90))).astype(np.uint8)
    for frame, image in enumerate(images):
        for cell in range(cells(frame)):
            x, y = 10 + 25 * cell + frame % 7, 20 + frame % 11
            image[y : y + 9 + frame % 3, x : x + 12] -= np.uint8(40 + frame % 20)
    return support.write_recording(path, images, time=3 + np.arange(60) * 0.5,
                                   frame=100 + 2 * np.arange(60), rate=2000, **options)


@pytest.fixture
def job(parfocal, tmp_path):
    def run(source, *sets, name="ours", drain=False):
        words = [word for text in sets for word in ("--set", text)]
        more = "path: events.rtdc\n    image: source\n    drain: true"
        text = EXAMPLE.read_text(encoding="utf-8")
        pipeline = tmp_path / "p.yaml"
        pipeline.write_text(text.replace("path: events.rtdc", more) if drain else text,
                            encoding="utf-8")
        parfocal("run", pipeline, "--set", f"source.path={source}", *words, "--out", tmp_path / name)
        return tmp_path / name / "events.rtdc"

    return run


@pytest.mark.parametrize("cells", [lambda f: 1, lambda f: f % 3, lambda f: 3, lambda f: int(f < 30)],
                         ids=["one each", "some", "three each", "the first half"])
@pytest.mark.parametrize("drain", [False, True])
def test_dclab_shows_image_frame_and_time_of_each_event(job, tmp_path, cells, drain):
    source = with_cells(tmp_path / "in.rtdc", cells)
    ours = job(source, "features.haralick=false", drain=drain)
    with dclab.new_dataset(ours) as mine, h5py.File(source) as his:
        frames = (mine["frame"][:].astype(int) - 100) // 2
        assert len(frames) > 0.9 * sum(cells(f) for f in range(60))
        for name in ("image", "time"):
            np.testing.assert_array_equal(np.asarray(mine[name][:]), his["events"][name][:][frames])
        for event in range(0, len(frames), 7):
            difference = mine["image"][event].astype(float) - mine["image_bg"][event]
            assert difference[mine["mask"][event]].mean() < -6
            assert difference[~mine["mask"][event]].mean() > -15


def names(path):
    """What the checker complains about."""
    with IntegrityChecker(path) as checker:
        return {(cue.level, re.sub("[0-9.-]+", "#", cue.msg.replace("parfocal", "dcnum")))
                for cue in checker.check()}


def test_the_checker_names_nothing_that_it_does_not_name_for_dcnum(job, parfocal, tmp_path):
    source = support.repeated(F23, tmp_path / "in.rtdc", 2)
    theirs = support.dcnum_job(source, tmp_path / "his.rtdc", feature_kwargs={"haralick": False})
    ours = job(source, "features.haralick=false")
    assert names(ours) <= names(theirs)
    parfocal("background", "sparse-median", source, "ours.rtdc")
    assert names(tmp_path / "ours.rtdc") <= names(
        support.dcnum_sparse(source, tmp_path / "his-bg.rtdc"))


def test_features_and_gates_use_the_pixel_size_with_eight_decimals(job, tmp_path):
    source = support.repeated(F23, tmp_path / "in.rtdc", 1)
    with h5py.File(source, "a") as h5:
        h5.attrs["imaging:pixel size"] = 0.264512345678
        h5.attrs["online_filter:area_um min"] = 20.0
        h5.attrs["online_filter:area_um soft limit"] = False
    theirs = support.dcnum_job(source, tmp_path / "his.rtdc", feature_kwargs={"haralick": False},
                               gate_kwargs={"online_gates": True})
    ours = job(source, "features.haralick=false", "features.online_gates=source.gates")
    compare(ours, theirs)


@pytest.mark.parametrize("kinds", [str, np.bytes_, lambda text: np.array(text.encode(), "S20")])
def test_identifiers_made_of_texts_and_bytes_are_dcnums(job, tmp_path, kinds):
    source = support.repeated(F23, tmp_path / "in.rtdc", 1)
    with h5py.File(source, "a") as h5:
        if "experiment:run identifier" in h5.attrs:
            del h5.attrs["experiment:run identifier"]
        for name, text in (("experiment:date", "2022-04-21"), ("experiment:time", "10:11:12"),
                           ("setup:identifier", "RC-1")):
            h5.attrs[name] = kinds(text)
    theirs = support.dcnum_job(source, tmp_path / "his.rtdc", feature_kwargs={"haralick": False})
    ours = job(source, "features.haralick=false")
    compare(ours, theirs)


@pytest.mark.parametrize("fall", [0.7, 4.0, 100.0])
def test_a_measurement_whose_time_steps_back_is_dcnums(parfocal, tmp_path, fall):
    source = with_cells(tmp_path / "in.rtdc", lambda f: f % 2)
    with h5py.File(source, "a") as h5:
        h5["events/time"][30:] -= fall
        h5["events/time"][45:] += fall + 5
    for kernel, split in ((7, 1.3), (20, 0.9), (3, 4)):
        theirs = support.dcnum_sparse(source, tmp_path / f"his{kernel}.rtdc", kernel_size=kernel,
                                      split_time=split)
        name = f"ours{kernel}.rtdc"
        done = parfocal("background", "sparse-median", source, name, "--kernel-size", kernel,
                        "--split-time", split)
        assert "runs backwards once" in done.stderr
        support.assert_same_background(tmp_path / name, theirs)
    parfocal("background", "rolling-median", source, "rolling.rtdc", "--kernel-size", 10)
    assert pathlib.Path(tmp_path / "rolling.rtdc").exists()
