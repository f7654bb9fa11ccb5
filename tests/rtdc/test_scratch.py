"""A series of backgrounds larger than the memory of the run lies in a scratch file: the same bytes,
a peak within the plan, and nothing left behind."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import command
from support import READABLE, write_recording

FRAMES, HEIGHT, WIDTH, STEP_S = 1500, 80, 400, 2
SERIES = FRAMES * STEP_S * HEIGHT * WIDTH  # bytes of a background a second: 92 MiB
SMALL, LARGE = "64MiB", "1GiB"
PIPELINE = """\
parfocal: 1
source: {{type: rtdc, path: {source}}}
steps:
  - {{id: background, op: background_sparse_median, kernel_size: 10, split_time: 1 s}}
sinks:
  - {{type: rtdc_images, from: background, path: images.rtdc}}
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Frames two seconds apart, so that there are twice as many backgrounds as frames."""
    noise = np.random.default_rng(3)
    channel = noise.integers(110, 140, (HEIGHT, WIDTH), dtype=np.uint8)
    frames = np.empty((FRAMES, HEIGHT, WIDTH), np.uint8)
    for i in range(FRAMES):
        frames[i] = channel + i // 50
        frames[i, :, i % WIDTH] -= 40
    return write_recording(tmp_path_factory.mktemp("long") / "in.rtdc", frames,
                           time=np.arange(FRAMES) * float(STEP_S), chunk=32)


def background(parfocal, source, target, memory, **options):
    return parfocal("background", "sparse-median", source, target, "--kernel-size", "10",
                    "--memory", memory, "--threads", "2", "--json", **options)


def within_plan(record, memory_mib):
    assert record["peak_rss_bytes"] <= record["planned_peak_bytes"] <= memory_mib * 2**20


def test_the_file_is_the_same_with_less_memory_than_the_series(parfocal, tmp_path, recording):
    (tmp_path / "small").mkdir()
    small = json.loads(background(parfocal, recording, tmp_path / "small/a.rtdc", SMALL).stdout)
    large = json.loads(background(parfocal, recording, tmp_path / "b.rtdc", LARGE).stdout)
    assert large["planned_peak_bytes"] > SERIES
    within_plan(small, 64)
    within_plan(large, 1024)
    with h5py.File(tmp_path / "small/a.rtdc") as a, h5py.File(tmp_path / "b.rtdc") as b:
        assert a["basin_events/image_bg"].shape[0] > 2000
        for name in ("basin_events/image_bg", "events/bg_off", "events/basinmap0"):
            np.testing.assert_array_equal(a[name][:], b[name][:])
    assert [path.name for path in (tmp_path / "small").iterdir()] == ["a.rtdc"]


def test_frames_look_their_background_up_on_disk(parfocal, tmp_path, recording):
    (tmp_path / "p.yaml").write_text(PIPELINE.format(source=recording))
    plan = json.loads(parfocal("plan", "p.yaml", "--json", "--memory", SMALL, "--threads", "2").stdout)
    scratch = [r for r in plan["reservations"] if "scratch on disk" in r["what"]]
    assert len(scratch) == 2, "of the pass that makes the series, and of the one that looks up"
    assert plan["disk_bytes"] >= SERIES + FRAMES * HEIGHT * WIDTH
    said = parfocal("plan", "p.yaml", "--explain", "--memory", SMALL, "--threads", "2").stdout
    assert "large Values on disk" in said and "scratch on disk" in said
    for memory, mib in ((SMALL, 64), (LARGE, 1024)):
        done = parfocal("run", "p.yaml", "--memory", memory, "--threads", "2", "--json", "--out", memory)
        within_plan(json.loads(done.stdout), mib)
    with h5py.File(tmp_path / SMALL / "images.rtdc") as a, h5py.File(tmp_path / LARGE / "images.rtdc") as b:
        assert len(a["events/image_bg"]) == FRAMES
        np.testing.assert_array_equal(a["events/image_bg"][:], b["events/image_bg"][:])
    names = {path.name for path in (tmp_path / SMALL).iterdir()}
    assert names == {path.name for path in (tmp_path / LARGE).iterdir()}


def test_a_plan_with_scratch_round_trips(parfocal, tmp_path, recording):
    (tmp_path / "p.yaml").write_text(PIPELINE.format(source=recording))
    plan = parfocal("plan", "p.yaml", "--json", "--memory", SMALL, "--threads", "2").stdout
    rings = [ring for one in json.loads(plan)["passes"] for ring in one["rings"]]
    assert [ring["scratch"] for ring in rings].count(True) == 1


def test_no_room_for_the_scratch_is_said_and_leaves_nothing(tmp_path, recording):
    """Where the disk fills between plan and run: here by a limit on the size of files."""
    script = (
        "import os, resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**25, 2**25))\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    words = ["background", "sparse-median", recording, tmp_path / "a.rtdc", "--kernel-size", "10",
             "--memory", SMALL]
    done = subprocess.run([sys.executable, "-c", script, command(), *map(str, words)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "the disk has no room for a large Value" in done.stderr
    assert "of scratch" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_found_before_the_start(parfocal, tmp_path, recording, small_disk):
    folder = small_disk(2**25)
    done = background(parfocal, recording, folder / "a.rtdc", SMALL, exit_code=5)
    assert "scratch" in done.stdout + done.stderr
    assert list(folder.iterdir()) == []
