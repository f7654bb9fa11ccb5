"""Stream = batch: what a live stream gives in its second pass is, byte for byte, what a run on the
file gives; provisional backgrounds do not depend on how fast frames come."""

import csv
import json
import pathlib
import shutil
import signal
import time

import h5py
import numpy as np
import pytest

import live
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return live.write(tmp_path_factory.mktemp("recording") / "in.rtdc")


@pytest.fixture
def run(parfocal, tmp_path):
    def run(name, text, exit_code=0):
        (tmp_path / f"{name}.yaml").write_text(text)
        done = parfocal("run", f"{name}.yaml", "--out", name, exit_code=exit_code)
        return tmp_path / name, done

    return run


def rows(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def record(folder):
    return json.loads((folder / "run.json").read_text())


def provisional(folder):
    with h5py.File(folder / "provisional.rtdc") as h5:
        image = h5["events/image"][:]
    chunks = sorted((folder / "provisional.ome.zarr" / "0").glob("c/**/*"))
    image_files = [path.read_bytes() for path in chunks if path.is_file()]
    assert len(image_files) > 10
    suspects = [row["suspect"] for row in rows(folder / "frames.csv")]
    return image, (image_files, (folder / "versions.csv").read_bytes(), suspects)


@pytest.mark.parametrize("unbounded", ["true", "false"])
def test_second_pass_is_the_batch_run(run, recording, unbounded):
    batch, _ = run("batch", live.batch(live.recorded(recording)))
    stream, _ = run("live", live.live(live.camera(recording, unbounded=unbounded)))
    events = live.assert_equal(stream / "events.rtdc", batch / "events.rtdc")
    assert events > 200
    done = record(stream)
    assert done["lost"] == 0 and done["peak_rss_bytes"] <= done["planned_peak_bytes"]
    with h5py.File(stream / "events.rtdc") as h5:
        assert len(h5["basin_events/image_bg"]) >= 5, "several splits"
        assert len(np.unique(h5["events/basinmap1"])) >= 5
        assert len(np.unique(h5["events/bg_off"])) > 50
    with h5py.File(stream / "recording.rtdc") as copy, h5py.File(recording) as source:
        for name in ("image", "frame", "time"):
            assert len(copy["events"][name]) == 330
        assert copy["events/image"][:].tobytes() == source["events/image"][:].tobytes()
        assert copy["events/time"][:].tobytes() == source["events/time"][:].tobytes()


def test_a_stream_of_one_pass_is_the_batch_run_too(run, recording):
    """Where the series fits, frames wait for it: no recording is needed."""
    batch, _ = run("batch", live.batch(live.recorded(recording)))
    stream, done = run("one", live.batch(live.camera(recording)) + f"    input: {recording}\n")
    assert "plan: 1 pass" in done.stderr
    live.assert_equal(stream / "events.rtdc", batch / "events.rtdc")


def test_provisional_backgrounds_do_not_depend_on_speed(run, recording):
    save = "  - {type: rtdc, from: now, path: provisional.rtdc}\n"
    fast, _ = run("fast", live.live(live.camera(recording, fps=0)) + save)
    slow, _ = run("slow", live.live(live.camera(recording, fps=300, jitter_ms=3)) + save)
    image, everything = provisional(fast)
    other, everything_of_other = provisional(slow)
    assert image.tobytes() == other.tobytes() and everything == everything_of_other
    # The version is the number of the last step whose window starts there or before.
    index = [int(row["index"]) for row in rows(fast / "versions.csv")]
    assert index == sorted(index) and len(index) == 330
    assert len(set(index)) >= 5
    source = live.flow(330)
    for frame in (0, 100, 200):
        start = index.index(index[frame])
        window = np.sort(source[start:start + live.KERNEL], axis=0)
        np.testing.assert_array_equal(image[frame], window[live.KERNEL // 2])
    assert {row["suspect"] for row in rows(fast / "frames.csv")} <= {"0", "1"}


def test_lost_frames_are_the_same_gaps_in_both_passes(run, recording):
    slow = "  - {id: slow, op: jitter, us: 6000, from: source}\n"
    camera = live.camera(recording, ring=4, fps=3000, unbounded="true")  # no machine keeps up
    text = live.live(camera, steps=slow) + "  - {type: ome_zarr, from: slow, path: slow.ome.zarr}\n"
    stream, done = run("live", text, exit_code=7)
    frames = rows(stream / "frames.csv")
    lost = [int(row["t"]) for row in frames if row["status"] == "gap"]
    assert 5 < len(lost) < 320
    assert all(frames[t]["reason"].startswith("dropped") for t in lost)
    for edge in record(stream)["edges"]:
        assert edge["missing"] == len(lost), edge
        assert edge["received"] + edge["missing"] == edge["expected"] == len(frames), edge
    kept = np.setdiff1d(np.arange(len(frames)), lost)
    with h5py.File(stream / "recording.rtdc") as h5:
        np.testing.assert_array_equal(h5["events/image"][:], live.flow(330)[kept])
        np.testing.assert_array_equal(h5["events/time"][:], kept / live.FPS)
        np.testing.assert_array_equal(h5["events/frame"][:], kept)
    again, _ = run("batch", live.batch(live.recorded(stream / "recording.rtdc")))
    live.assert_equal(stream / "events.rtdc", again / "events.rtdc")


def first_frames(process, count=60):
    for line in process.stderr:
        if line.startswith("{") and json.loads(line).get("items_done", 0) >= count:
            return
    raise AssertionError("the run ended")


@pytest.mark.parametrize("unbounded", ["true", "false"])
def test_a_stop_keeps_every_frame_that_came(start, run, tmp_path, recording, unbounded):
    (tmp_path / "p.yaml").write_text(live.live(live.camera(recording, fps=150, unbounded=unbounded)))
    process = start("run", "p.yaml", "--out", "stopped", "--progress", "json")
    first_frames(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    with h5py.File(tmp_path / "stopped" / "recording.rtdc") as h5:
        count = len(h5["events/image"])
        assert 60 <= count < 330
        assert h5.attrs["experiment:event count"] == count
        assert h5.attrs["user:parfocal incomplete"] == "stopped"
        np.testing.assert_array_equal(h5["events/image"][:], live.flow(330)[:count])
        np.testing.assert_array_equal(h5["events/time"][:], np.arange(count) / live.FPS)
    if unbounded == "true":  # else one pass does all, and outputs end where all of them are
        versions = rows(tmp_path / "stopped" / "versions.csv")
        assert count - live.KERNEL - 10 <= len(versions) <= count - live.KERNEL
    # What was recorded gives exact results like any file.
    folder, _ = run("later", live.batch(live.recorded(tmp_path / "stopped" / "recording.rtdc")))
    short = live.write(tmp_path / "short.rtdc", count)
    expected, _ = run("short", live.batch(live.recorded(short)))
    live.assert_equal(folder / "events.rtdc", expected / "events.rtdc")


def test_a_killed_run_leaves_nothing_under_the_final_names(start, tmp_path, recording):
    (tmp_path / "p.yaml").write_text(live.live(live.camera(recording, fps=300, unbounded="true")))
    for seconds in (0.1, 0.6, 1.1, 1.25):
        shutil.rmtree(tmp_path / "killed", ignore_errors=True)
        process = start("run", "p.yaml", "--out", "killed", "--progress", "none")
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for name in ("recording.rtdc", "events.rtdc"):
            path = tmp_path / "killed" / name
            if path.exists():  # it was complete by then
                with h5py.File(path) as h5:
                    assert "user:parfocal incomplete" not in h5.attrs
                    assert len(h5["events/frame" if name[0] == "r" else "events/deform"]) > 200


def test_plan_tells_the_lag(parfocal, tmp_path, recording):
    (tmp_path / "p.yaml").write_text(live.live(live.camera(recording, unbounded="true")))
    text = parfocal("plan", "p.yaml").stdout
    assert "source -> rtdc recording.rtdc at once" in " ".join(text.split())
    assert "20 frames behind the source, 0.05 s" in text
    assert "when the stream has ended, in pass 2" in text


def test_the_example(parfocal, tmp_path, recording):
    def run(name, source):
        parfocal("run", EXAMPLES / f"{name}.yaml", "--set", f"{source}={recording}", "--out", name)
        return tmp_path / name / "events.rtdc"

    batch = run("flow-cytometry", "source.path")
    assert live.assert_equal(run("flow-cytometry-live", "source.of.path"), batch) > 200
    assert len(rows(tmp_path / "flow-cytometry-live" / "versions.csv")) == 330


def test_frames_that_are_repeated_go_on_in_time(run, recording):
    stream, _ = run("live", live.live(live.camera(recording, fps=0, repeat=3)))
    with h5py.File(stream / "recording.rtdc") as h5:
        np.testing.assert_allclose(h5["events/time"][:], np.arange(990) / live.FPS, rtol=1e-12)
        np.testing.assert_array_equal(h5["events/image"][660:], live.flow(330))
