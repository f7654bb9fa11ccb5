"""Ctrl-C: the same frames in every output, each right, the rest named as stopped."""

import json
import random
import shutil
import struct
import time

import numpy as np
import pytest

from outputs import frames, gaps, image, record
from stopping import PIPELINE, Reference, blocks_sigint, first_frames, stop

MOMENTS = 20


def write_pipeline(folder):
    (folder / "p.yaml").write_text(PIPELINE.format(frames=250, size=256, jitter_us=12000))


def long_tiff(pages):
    """One pixel, shown by so many pages that planning takes a while."""
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1)]
    length = 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries
    links = [10 + length * (page + 1) for page in range(pages - 1)] + [0]
    return struct.pack("<2sHIH", b"II", 42, 10, 7) + b"".join(
        directory + struct.pack("<I", link) for link in links)


@pytest.fixture
def reference(parfocal, tmp_path):
    write_pipeline(tmp_path)
    parfocal("run", "p.yaml", "--out", "whole", "--threads", "2")
    return Reference(tmp_path / "whole")


def test_at_twenty_moments_all_outputs_hold_the_same_frames(start, tmp_path, reference):
    moments, seconds = random.Random(20), record(tmp_path / "whole")["seconds"]
    kept = []
    while len(kept) < MOMENTS:
        out = f"stop{len(kept)}"
        process = start("run", "p.yaml", "--out", out, "--threads", "2", "--progress", "json")
        first_frames(process)
        time.sleep(moments.uniform(0, seconds))
        code, _ = stop(process)
        if code == 0:  # too late for this one
            shutil.rmtree(tmp_path / out)
            continue
        assert code == 130
        kept.append(reference.check(tmp_path / out))
    assert len(set(kept)) > MOMENTS / 2, kept


def test_right_at_the_start(start, tmp_path, reference):
    for k in range(5):
        process = start("run", "p.yaml", "--out", f"early{k}", "--threads", "2")
        while not blocks_sigint(process):
            pass
        time.sleep(0.002 * k)
        code, _ = stop(process)
        assert code == 130
        if (tmp_path / f"early{k}/frames.csv").exists():
            reference.check(tmp_path / f"early{k}")


def test_before_any_output(start, tmp_path):
    (tmp_path / "long.tif").write_bytes(long_tiff(300_000))
    (tmp_path / "long.yaml").write_text(
        'parfocal: 1\nsource: {type: files, glob: long.tif}\n'
        'sinks: [{type: ome_zarr, from: source, path: a.ome.zarr}]\n')
    process = start("run", "long.yaml")
    while not blocks_sigint(process):
        pass
    assert stop(process)[0] == 130
    assert not (tmp_path / "long-out").exists()


BY_REGIONS = """\
parfocal: 1
source: {type: generator, kind: noise, size: {t: 60, y: 512, x: 512}, dtype: uint16}
steps:
  - {id: mean, op: reduce, over: t, how: mean, from: source}
  - {id: clean, op: subtract, from: source, by: mean}
  - {id: slow, op: jitter, us: 4000}
sinks:
  - {type: ome_zarr, from: slow, path: clean.ome.zarr}
"""


def test_in_a_sweep_by_regions_only_whole_frames_are_kept(parfocal, start, tmp_path):
    (tmp_path / "p.yaml").write_text(BY_REGIONS)
    refused = json.loads(parfocal("plan", "p.yaml", "--memory", "1MiB", "--json", exit_code=5).stdout)
    words = refused["issues"][0]["cure"].split()
    options = ("--memory", words[words.index("--memory") + 1])
    assert json.loads(parfocal("plan", "p.yaml", "--json", *options).stdout)["tile_count"] > 1
    parfocal("run", "p.yaml", "--out", "whole", *options)
    whole, seconds = image(tmp_path / "whole", "clean.ome.zarr"), record(tmp_path / "whole")["seconds"]
    assert [row["status"] for row in frames(tmp_path / "whole")] == ["ok"] * 60
    moments = random.Random(6)
    for k in range(6):
        process = start("run", "p.yaml", "--out", f"stop{k}", "--progress", "json", *options)
        first_frames(process)
        time.sleep(moments.uniform(0, seconds))
        if stop(process)[0] == 0:
            continue
        rows, stored = frames(tmp_path / f"stop{k}"), image(tmp_path / f"stop{k}", "clean.ome.zarr")
        kept = sum(row["status"] == "ok" for row in rows)
        assert [row["status"] for row in rows] == ["ok"] * kept + ["gap"] * (60 - kept)
        np.testing.assert_array_equal(stored, whole[:kept])
        assert sorted(gaps(tmp_path / f"stop{k}", "clean.ome.zarr")) == list(range(kept, 60))
