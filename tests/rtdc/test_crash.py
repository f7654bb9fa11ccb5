"""A run that is killed, or finds no room, damages nothing: the input is as it was, the output is
the old file, the complete new one, or not there."""

import os
import random
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

import support
from conftest import command


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    images = np.random.default_rng(1).integers(90, 130, (3000, 80, 200), np.uint8)
    path = tmp_path_factory.mktemp("recording") / "in.rtdc"
    return support.write_recording(path, images, time=np.arange(3000) * 0.01)


def is_complete(path):
    with h5py.File(path) as h5:
        return "image_bg" in h5["basin_events"] and h5["events/basinmap0"].shape == (3000,)


def words(source, target):
    return ["background", "sparse-median", source, target, "--kernel-size", "100",
            "--progress", "none"]


@pytest.mark.parametrize("inside", [False, True])
def test_killed_at_any_moment(start, parfocal, tmp_path, recording, inside):
    source = tmp_path / "in.rtdc"
    source.write_bytes(recording.read_bytes())
    target = source if inside else tmp_path / "out.rtdc"
    began = time.monotonic()
    parfocal(*words(recording, tmp_path / "timed.rtdc"))
    lasts = time.monotonic() - began
    before = support.md5(source)
    draw = random.Random(7)
    for _ in range(15):
        process = start(*words(source, target), "--overwrite")
        try:
            process.communicate(timeout=draw.uniform(0, 1.1 * lasts))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        if inside:
            if support.md5(source) != before:
                assert is_complete(source)
                source.write_bytes(recording.read_bytes())
        else:
            assert support.md5(source) == before
            assert not target.exists() or is_complete(target)
    parfocal(*words(source, target), "--overwrite")
    assert is_complete(target)
    left = {path.name for path in tmp_path.iterdir()}
    assert left <= {"in.rtdc", "out.rtdc", "timed.rtdc"}, "the next run clears up"


@pytest.mark.parametrize("exists", [False, True])
def test_a_copy_that_is_killed_leaves_nothing_that_stays(start, parfocal, tmp_path, recording, exists):
    source, target = tmp_path / "bg.rtdc", tmp_path / "out.rtdc"
    parfocal(*words(recording, source))
    line = ["background", "copy", source, target]
    if exists:
        target.write_bytes(recording.read_bytes())
    (tmp_path / "out.rtdc.part").write_text("mine")
    before = support.md5(target) if exists else None
    began = time.monotonic()
    parfocal("background", "copy", source, "timed.rtdc")
    lasts = time.monotonic() - began
    draw = random.Random(3)
    for _ in range(15):
        process = start(*line, "--overwrite")
        time.sleep(draw.uniform(0, lasts))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if target.exists() and support.md5(target) != before:
            with h5py.File(target) as h5:
                assert "image_bg" in h5["basin_events"]
            break
        assert target.exists() == exists
    parfocal(*line, "--overwrite")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"bg.rtdc", "out.rtdc", "out.rtdc.part", "timed.rtdc"}
    assert (tmp_path / "out.rtdc.part").read_text() == "mine"


def test_stopped_by_a_signal(start, tmp_path, recording):
    process = start(*words(recording, tmp_path / "out.rtdc"))
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130, -signal.SIGINT), err
    assert (tmp_path / "out.rtdc").exists() == (process.returncode == 0)
    assert not list(tmp_path.glob(".*"))


def test_full_disk_found_before_the_start(parfocal, small_disk, recording):
    folder = small_disk(65536)
    parfocal(*words(recording, folder / "out.rtdc"), exit_code=5)
    assert list(folder.iterdir()) == []


def test_a_disk_without_room_for_a_copy_is_told_before_it_is_made(parfocal, small_disk, recording):
    folder = small_disk(recording.stat().st_size + 2**20)
    source = folder / "in.rtdc"
    source.write_bytes(recording.read_bytes())
    before = support.md5(source)
    done = parfocal(*words(source, source), exit_code=5)
    assert "needed:" in done.stderr and "left free" in done.stderr
    assert list(folder.iterdir()) == [source]
    assert support.md5(source) == before


def test_full_disk_while_chunks_are_written(parfocal, small_disk, recording):
    """Events of the frames before are there, whole."""
    folder = small_disk(4 * 2**20)
    pipeline = folder / "p.yaml"
    pipeline.write_text(
        f"parfocal: 1\nsource: {{type: rtdc, path: {recording}}}\n"
        "steps:\n  - {id: high, op: threshold, method: value, value: 125}\n  - {id: cells, op: label}\n"
        "  - {id: sizes, op: measure, properties: [area], max_objects: 20000}\n"
        "sinks:\n  - {type: rtdc_events, from: sizes, labels: cells, path: x.rtdc}\n"
    )
    done = parfocal("run", pipeline, "--out", folder / "out", exit_code=1)
    assert "No space left on device" in done.stderr
    assert [path.name for path in (folder / "out").iterdir() if "rtdc" in path.name] == ["x.rtdc"]
    with h5py.File(folder / "out" / "x.rtdc") as h5:
        events = h5.attrs["experiment:event count"]
        assert events > 0
        assert {column.shape[0] for column in h5["events"].values()} == {events}
        assert h5["events/nevents"][-1] == np.sum(h5["events/basinmap0"][:] == h5["events/basinmap0"][-1])


def test_limit_on_the_size_of_files(start, tmp_path, recording):
    """The same failure where no disk may be mounted: writes beyond 32 KiB fail with EFBIG."""
    source = tmp_path / "in.rtdc"
    source.write_bytes(recording.read_bytes())
    before = support.md5(source)
    script = (
        "import os, resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    for target in (tmp_path / "out.rtdc", source):
        done = subprocess.run(
            [sys.executable, "-c", script, command(), *map(str, words(source, target))],
            capture_output=True, text=True, timeout=120,
        )
        assert done.returncode == 1, done.stderr
        assert "cannot" in done.stderr
        assert {path.name for path in tmp_path.iterdir()} == {"in.rtdc"}
        assert support.md5(source) == before


def test_read_only_output(parfocal, tmp_path, recording):
    target = tmp_path / "out.rtdc"
    target.write_bytes(recording.read_bytes())
    target.chmod(0o444)
    before = support.md5(target)
    done = parfocal(*words(recording, target), "--overwrite", exit_code=1)
    assert "ermission" in done.stderr
    assert support.md5(target) == before
    assert {path.name for path in tmp_path.iterdir()} == {"out.rtdc"}


def test_an_existing_output_is_refused(parfocal, tmp_path, recording):
    target = tmp_path / "out.rtdc"
    target.write_text("mine")
    done = parfocal(*words(recording, target), exit_code=8)
    assert "--overwrite" in done.stderr
    parfocal(*words(recording, target), "--overwrite", exit_code=4)
    assert target.read_text() == "mine"


def test_another_recordings_file_is_not_changed(parfocal, tmp_path, recording):
    other = support.write_recording(tmp_path / "other.rtdc", support.ramp(40))
    before = support.md5(other)
    done = parfocal(*words(recording, other), "--overwrite", exit_code=1)
    assert "another recording" in done.stderr
    assert support.md5(other) == before


def test_stopped_events_are_marked_and_readable(start, tmp_path, recording):
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(
        f"parfocal: 1\nsource: {{type: rtdc, path: {recording}}}\n"
        "steps:\n  - {id: background, op: background_rolling_median, kernel_size: 10}\n"
        "sinks:\n  - {type: rtdc, from: source, path: rec.rtdc}\n"
        "  - {type: rtdc_images, from: background, path: bg.rtdc}\n"
    )
    process = start("run", pipeline, "--out", tmp_path / "out", "--progress", "none")
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the run was faster than its stop")
    assert process.returncode == 130, err
    assert not (tmp_path / "out" / "bg.rtdc").exists()
    with h5py.File(tmp_path / "out" / "rec.rtdc") as h5, h5py.File(recording) as whole:
        kept = h5.attrs["experiment:event count"]
        assert h5.attrs["user:parfocal incomplete"] == "stopped"
        assert h5["events/image"].shape[0] == kept
        np.testing.assert_array_equal(h5["events/image"][:], whole["events/image"][:kept])
        np.testing.assert_array_equal(h5["events/time"][:], whole["events/time"][:kept])
