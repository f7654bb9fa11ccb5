"""One bad image never stops ten thousand: 200 files, 7 of them broken."""

import numpy as np
import pytest
import tifffile

from outputs import frames, gaps, image, record, table

PIPELINE = """\
parfocal: 1
source: {type: files, glob: "movie/*.tif", axes: tyx}
steps:
  - {id: mean, op: reduce, over: t, how: mean, from: source}
  - {id: mask, op: threshold, method: value, value: 200, from: source}
  - {id: cells, op: label}
  - {id: number, op: count}
sinks:
  - {type: ome_zarr, from: source, path: movie.ome.zarr, labels: {cells: cells}}
  - {type: ome_zarr, from: mean, path: mean.ome.zarr}
  - {type: table, from: number, path: number.csv}
"""
SHAPE = (48, 64)
BROKEN = {0: "empty", 23: "truncated", 24: "wrong size", 77: "text", 120: "truncated",
          150: "wrong size", 199: "empty"}


def pixels(t):
    return np.random.default_rng(t).integers(0, 256, SHAPE, dtype=np.uint8)


@pytest.fixture
def movie(tmp_path):
    """frame_0.tif ... frame_199.tif and the pipeline."""
    (tmp_path / "movie").mkdir()
    for t in range(200):
        path = tmp_path / f"movie/frame_{t}.tif"
        shape_is_wrong = BROKEN.get(t) == "wrong size"
        tifffile.imwrite(path, pixels(t)[:-1] if shape_is_wrong else pixels(t))
        if BROKEN.get(t) == "truncated":
            path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        if BROKEN.get(t) == "empty":
            path.write_bytes(b"")
        if BROKEN.get(t) == "text":
            path.write_text("This is not an image.\n" * 100)
    (tmp_path / "p.yaml").write_text(PIPELINE)
    return tmp_path


def test_stop_names_the_file_and_the_reason(parfocal, movie):
    (movie / "movie/frame_0.tif").write_bytes((movie / "movie/frame_1.tif").read_bytes())
    done = parfocal("run", "p.yaml", "--threads", "2", exit_code=4)
    assert "frame_23.tif" in done.stderr
    assert "--on-error skip" in done.stderr
    rows = frames(movie / "p-out")
    assert len(rows) == 200
    assert rows[23]["reason"].startswith("broken: truncated")
    stored, missing = image(movie / "p-out", "movie.ome.zarr"), gaps(movie / "p-out", "movie.ome.zarr")
    saved = [t for t, row in enumerate(rows) if row["status"] == "ok"]
    assert sorted(saved + list(missing)) == list(range(200))
    assert set(range(23)) <= set(saved) and 199 in missing, "started frames finish, no others start"
    for t in saved[1:]:
        np.testing.assert_array_equal(stored[t], pixels(t))


def test_skip_keeps_every_frame_in_its_place(parfocal, movie):
    parfocal("run", "p.yaml", "--threads", "2", "--on-error", "skip", exit_code=6)
    out = movie / "p-out"
    rows = frames(out)
    assert len(rows) == 200
    for t, row in enumerate(rows):
        assert row["t"] == str(t)
        assert row["file"].endswith(f"frame_{t}.tif")
        assert row["status"] == ("gap" if t in BROKEN else "ok"), row
        assert row["reason"].startswith("broken: ") == (t in BROKEN), row
        assert (row["count"] == "") == (t in BROKEN), row
    issues = " ".join(str(issue) for issue in record(out)["issues"])
    for t in BROKEN:
        assert f"frame_{t}.tif" in issues
    assert record(out)["broken"] == 7

    stored = image(out, "movie.ome.zarr")
    assert stored.shape == (200, *SHAPE)
    assert gaps(out, "movie.ome.zarr") == {t: "broken" for t in BROKEN}
    assert gaps(out, "movie.ome.zarr/labels/cells") == {t: "broken" for t in BROKEN}
    good = [t for t in range(200) if t not in BROKEN]
    for t in range(200):
        np.testing.assert_array_equal(stored[t], np.zeros(SHAPE) if t in BROKEN else pixels(t))
    assert [row["t"] for row in table(out, "number.csv")] == [str(t) for t in good]

    expected = np.sum([pixels(t).astype(np.uint64) for t in good], axis=0) / 193
    np.testing.assert_array_equal(image(out, "mean.ome.zarr"), expected)
