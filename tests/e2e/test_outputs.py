"""What exists already is safe, what failed is readable, what was planned is run."""

import json

import numpy as np

from outputs import contents_of, files_of, frames, gaps, image

PIPELINE = """\
parfocal: 1
source: {type: generator, kind: nuclei, size: {t: 12, y: 96, x: 80}, dtype: uint8, seed: SEED}
steps:
  - {id: smooth, op: gaussian, sigma: 1 px}
  - {id: mask, op: threshold, method: otsu, from: source}
  - {id: cells, op: label}
  - {id: objects, op: measure, intensity: source, properties: [area, centroid, intensity_mean]}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
"""


def write(folder, name="p.yaml", seed=1, steps=()):
    text = PIPELINE.replace("SEED", str(seed))
    for step in steps:
        text = text.replace("sinks:", f"  - {step}\nsinks:", 1)
    (folder / name).write_text(text)


def test_earlier_outputs_are_untouched_without_overwrite(parfocal, tmp_path):
    write(tmp_path)
    parfocal("run", "p.yaml")
    before = files_of(tmp_path / "p-out")
    write(tmp_path, seed=2)
    assert "--overwrite" in parfocal("run", "p.yaml", exit_code=8).stderr
    assert files_of(tmp_path / "p-out") == before
    parfocal("run", "p.yaml", "--overwrite")
    after = files_of(tmp_path / "p-out")
    assert after.keys() == before.keys() and after["objects.csv"] != before["objects.csv"]


def test_a_failing_overwrite_leaves_the_earlier_outputs(parfocal, tmp_path):
    write(tmp_path)
    parfocal("run", "p.yaml")
    before = files_of(tmp_path / "p-out")
    write(tmp_path, seed=2, steps=["{id: f, op: fail_at, sequence: 5, from: smooth}"])
    (tmp_path / "p.yaml").write_text((tmp_path / "p.yaml").read_text().replace(
        "from: smooth, path", "from: f, path"))
    parfocal("run", "p.yaml", "--overwrite", exit_code=1)
    after = files_of(tmp_path / "p-out")
    assert {name: after[name] for name in before} == before


def test_a_folder_that_is_not_ours_is_never_replaced(parfocal, tmp_path):
    write(tmp_path)
    (tmp_path / "p-out/smooth.ome.zarr").mkdir(parents=True)
    (tmp_path / "p-out/smooth.ome.zarr/mine.txt").write_text("precious")
    for arguments in ((), ("--overwrite",)):
        parfocal("run", "p.yaml", *arguments, exit_code=8)
    assert files_of(tmp_path / "p-out") == {"smooth.ome.zarr/mine.txt": b"precious"}


def test_outputs_of_a_failing_run_are_readable(parfocal, tmp_path):
    write(tmp_path)
    parfocal("run", "p.yaml", "--out", "whole")
    write(tmp_path, steps=["{id: f, op: fail_at, sequence: 5, from: smooth}"])
    (tmp_path / "p.yaml").write_text((tmp_path / "p.yaml").read_text().replace(
        "from: smooth, path", "from: f, path"))
    done = parfocal("run", "p.yaml", "--out", "failed", exit_code=1)
    assert "'f'" in done.stderr
    rows = frames(tmp_path / "failed")
    kept = [t for t, row in enumerate(rows) if row["status"] == "ok"]
    # Frames behind the one that failed may have been under way.
    assert len(rows) == 12 and 5 not in kept
    whole, failed = (image(tmp_path / out, "smooth.ome.zarr") for out in ("whole", "failed"))
    np.testing.assert_array_equal(failed[kept], whole[kept])
    missing = sorted(gaps(tmp_path / "failed", "smooth.ome.zarr"))
    assert missing == [t for t in range(12) if t not in kept]


def test_a_plan_that_went_through_json_runs_alike(parfocal, tmp_path):
    write(tmp_path)
    text = parfocal("plan", "p.yaml", "--json").stdout
    (tmp_path / "plan.json").write_text(text)
    assert json.loads(parfocal("plan", "plan.json", "--json").stdout) == json.loads(text)
    parfocal("run", "p.yaml", "--out", "direct")
    parfocal("run", "plan.json", "--out", "planned")
    direct, planned = (contents_of(tmp_path / out) for out in ("direct", "planned"))
    for files in (direct, planned):
        files.pop("run.json")  # times
    assert direct == planned


def test_an_unknown_place_for_outputs_is_named(parfocal, tmp_path):
    write(tmp_path)
    (tmp_path / "file").write_text("in the way")
    done = parfocal("run", "p.yaml", "--out", "file/out", exit_code=1)
    assert "file/out" in done.stderr
