"""Files as today's h5py and dcnum write them (HDF5 2, libver="latest") are read like all others."""

import json

import dclab
import h5py
import hdf5plugin
import numpy as np
import pytest

import support
from support import F23


def newer(source, path):
    """The same file with the newest structures, and attributes of kinds that older libraries refuse."""
    with h5py.File(source) as old, h5py.File(path, "w", libver="latest") as new:
        new.attrs.update(old.attrs)
        new.attrs["online_filter:area_um soft limit"] = True
        new.attrs["user:pair"] = np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")])
        for name, data in old["events"].items():
            new.create_dataset("events/" + name, data=data[:], chunks=(8, *data.shape[1:]),
                               maxshape=(None, *data.shape[1:]), fletcher32=True,
                               **hdf5plugin.Zstd(clevel=5))
        new.create_dataset("logs/camera", data=["on", "off"], chunks=(2,))
        new.create_dataset("logs/fixed", data=np.array([b"one", b"three"]), chunks=True,
                           fletcher32=True, **hdf5plugin.Zstd(clevel=5))
        table = np.array([(1.5, True), (2.5, False)], [("time", "f8"), ("on", "?")])
        new.create_dataset("tables/monitor", data=table, chunks=True, fletcher32=True,
                           **hdf5plugin.Zstd(clevel=5))
    return path


@pytest.fixture
def recording(tmp_path):
    return newer(F23, tmp_path / "in.rtdc")


def test_info_names_all_that_is_in_it(parfocal, recording):
    facts = json.loads(parfocal("info", recording, "--json").stdout)["items"][0]
    with h5py.File(recording) as h5:
        assert set(facts["features"]) == set(h5["events"])
        assert not [name for name, told in facts["features"].items() if "problem" in told]
        assert facts["attributes"]["online_filter:area_um soft limit"] == 1
        assert facts["attributes"]["imaging:pixel size"] == h5.attrs["imaging:pixel size"]
    assert facts["logs"] == {"camera": {"lines": 2}, "fixed": {"lines": 2}}
    assert facts["tables"] == {"monitor": {"rows": 2, "columns": ["time", "on"]}}


def test_backgrounds_are_dcnums_in_a_new_file_and_in_the_file_itself(parfocal, recording, tmp_path):
    theirs = support.dcnum_sparse(recording, tmp_path / "his.rtdc", kernel_size=7, split_time=0.11)
    options = ("--kernel-size", "7", "--split-time", "0.11")
    parfocal("background", "sparse-median", recording, "ours.rtdc", *options)
    support.assert_same_background(tmp_path / "ours.rtdc", theirs)
    parfocal("background", "sparse-median", recording, recording, *options)
    support.assert_same_background(recording, theirs)
    with h5py.File(recording) as h5, h5py.File(tmp_path / "ours.rtdc") as ours:
        assert len(h5["events/mask"]) == len(h5["events/time"]) == 40
        for file in (h5, ours):
            assert file.attrs["user:pair"]["b"] == [2.5] and file.attrs[
                "online_filter:area_um soft limit"] is np.True_
            assert file["tables/monitor"][:].tolist() == [(1.5, True), (2.5, False)]


def test_backgrounds_that_dcnum_has_stored_are_copied(parfocal, recording, tmp_path):
    theirs = support.dcnum_sparse(recording, tmp_path / "his.rtdc", kernel_size=7, split_time=0.11)
    parfocal("background", "copy", theirs, "ours.rtdc")
    support.assert_same_background(tmp_path / "ours.rtdc", theirs)


def test_the_result_of_a_dcnum_job_is_read(parfocal, tmp_path):
    raw = support.repeated(F23, tmp_path / "raw.rtdc", 2)
    theirs = support.dcnum_job(raw, tmp_path / "his.rtdc", feature_kwargs={"haralick": False})
    facts = json.loads(parfocal("info", theirs, "--json").stdout)["items"][0]
    assert not [name for name, told in facts["features"].items() if "problem" in told]
    with h5py.File(theirs) as h5:
        assert facts["pipeline"]["dcnum hash"] == h5.attrs["pipeline:dcnum hash"]
        assert facts["events"] == h5.attrs["experiment:event count"]
    (tmp_path / "p.yaml").write_text(
        "parfocal: 1\nsource: {type: rtdc, path: his.rtdc}\n"
        "sinks:\n  - {type: rtdc, from: source, path: out.rtdc}\n")
    parfocal("run", "p.yaml")
    with dclab.new_dataset(theirs) as his, h5py.File(tmp_path / "p-out" / "out.rtdc") as ours:
        np.testing.assert_array_equal(ours["events/image"], np.asarray(his["image"][:]))
