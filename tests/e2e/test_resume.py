"""A conversion that was killed or stopped goes on, and its result is that of one that was not."""

import os
import random
import shutil
import signal
import time

import numpy as np
import pytest
import tifffile
import zarr

PAGES, SIDE = 1500, 256
LAYOUTS = {
    "shards": ["--set", "sink.levels=3"],
    "files": ["--set", "sink.codec=none", "--set", "sink.shard=none"],
    "v2": ["--set", "sink.format='0.4'", "--set", "sink.codec=zstd", "--set", "sink.levels=2"],
    "durable": ["--set", "sink.ack=durable"],
}


@pytest.fixture
def stack(tmp_path):
    noise = np.random.default_rng(4).poisson(100, (SIDE, SIDE)).astype(np.uint16)
    with tifffile.TiffWriter(tmp_path / "stack.tif") as file:
        for page in range(PAGES):
            file.write(np.roll(noise, page * 37) + np.uint16(page), contiguous=True)
    return "stack.tif"


def levels_of(path):
    group = zarr.open_group(path, mode="r")
    return [group[name][:] for name in sorted(group.array_keys())]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(parfocal, start, tmp_path, stack, layout):
    options = ["--threads", "2", "--progress", "none", *LAYOUTS[layout]]
    begin = time.monotonic()
    parfocal("convert", stack, "whole.ome.zarr", *options)
    seconds = time.monotonic() - begin
    moments, unfinished = random.Random(layout), 0
    for _ in range(40):
        process = start("convert", stack, "out.ome.zarr", *options, "--resume")
        time.sleep(moments.uniform(0.1, 1) * seconds)
        process.send_signal(moments.choice([signal.SIGKILL, signal.SIGINT]))
        process.communicate(timeout=120)
        if not (tmp_path / "out.ome.zarr").exists():
            unfinished += (tmp_path / ".out.ome.zarr.parfocal/out.ome.zarr").exists()
        elif unfinished > 0:
            break
        else:
            shutil.rmtree(tmp_path / "out.ome.zarr")  # it was never interrupted
        if unfinished == 4:
            break
    assert unfinished > 0
    if not (tmp_path / "out.ome.zarr").exists():
        parfocal("convert", stack, "out.ome.zarr", *options, "--resume")
        assert not (tmp_path / ".out.ome.zarr.parfocal").exists()
    whole, out = levels_of(tmp_path / "whole.ome.zarr"), levels_of(tmp_path / "out.ome.zarr")
    assert len(whole) == len(out)
    for expected, actual in zip(whole, out):
        np.testing.assert_array_equal(actual, expected)
    for column in ("valid", "host_time_ns"):
        np.testing.assert_array_equal(
            zarr.open_group(tmp_path / "out.ome.zarr/frames", mode="r")[column][:],
            zarr.open_group(tmp_path / "whole.ome.zarr/frames", mode="r")[column][:])
    parfocal("info", "out.ome.zarr", "--validate")


def leave_unfinished(start, tmp_path, stack):
    """Stops a conversion when some frames are there."""
    journal = tmp_path / ".out.ome.zarr.parfocal/out.ome.zarr/__parfocal/journal"
    for _ in range(50):
        process = start("convert", stack, "out.ome.zarr", "--threads", "1", "--progress", "none")
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > 20000):
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        if process.returncode == 130 and journal.parent.exists():
            return err
        if process.returncode == 0:
            shutil.rmtree(tmp_path / "out.ome.zarr")
    raise AssertionError("it never stopped in the middle")


def test_what_is_unfinished_is_neither_lost_nor_mixed_up(parfocal, start, tmp_path, stack):
    err = leave_unfinished(start, tmp_path, stack)
    assert "unfinished: " in err and "--resume" in err
    plain = parfocal("convert", stack, "out.ome.zarr", exit_code=8).stderr
    assert "a conversion to this name is unfinished" in plain
    assert "--resume" in plain and "--overwrite" in plain
    other = parfocal("convert", stack, "out.ome.zarr", "--resume", "--set", "source.axes=zyx", exit_code=8)
    assert "made of something else" in other.stderr
    other = parfocal("convert", stack, "out.ome.zarr", "--resume", "--set", "sink.levels=2", exit_code=8)
    assert "made with other options" in other.stderr
    before = (tmp_path / stack).stat()
    (tmp_path / stack).touch()
    other = parfocal("convert", stack, "out.ome.zarr", "--resume", exit_code=8)
    assert "made of something else" in other.stderr
    os.utime(tmp_path / stack, ns=(before.st_atime_ns, before.st_mtime_ns))
    parfocal("convert", stack, "out.ome.zarr", "--resume")
    np.testing.assert_array_equal(levels_of(tmp_path / "out.ome.zarr")[0], tifffile.imread(tmp_path / stack))


def test_a_resumed_run_notices_that_its_input_is_replaced(parfocal, start, tmp_path, stack):
    leave_unfinished(start, tmp_path, stack)
    journal = tmp_path / ".out.ome.zarr.parfocal/out.ome.zarr/__parfocal/journal"
    before = (tmp_path / stack).stat()
    process = start("convert", stack, "out.ome.zarr", "--resume", "--threads", "1", "--progress", "none")
    while process.poll() is None and not journal.exists():
        time.sleep(0.0005)
    process.send_signal(signal.SIGSTOP)
    goes_on = not (tmp_path / "out.ome.zarr").exists()
    (tmp_path / stack).touch()
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=120)
    assert goes_on, "it was over too soon"
    assert process.returncode == 4, err
    assert "stack.tif" in err and not (tmp_path / "out.ome.zarr").exists()
    os.utime(tmp_path / stack, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_starting_over_is_asked_for(parfocal, start, tmp_path, stack):
    leave_unfinished(start, tmp_path, stack)
    parfocal("convert", stack, "out.ome.zarr", "--overwrite", "--set", "source.axes=zyx")
    assert (tmp_path / "out.ome.zarr").exists() and not (tmp_path / ".out.ome.zarr.parfocal").exists()


def test_an_ome_tiff_starts_over_and_nothing_is_damaged(parfocal, start, tmp_path, stack):
    process = start("convert", stack, "out.ome.tif", "--threads", "1")
    while not (tmp_path / ".out.ome.tif.parfocal/out.ome.tif").exists() and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    if not (tmp_path / "out.ome.tif").exists():
        err = parfocal("convert", stack, "out.ome.tif", "--resume").stderr
        assert "starting over" in err
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.ome.tif"), tifffile.imread(tmp_path / stack))
