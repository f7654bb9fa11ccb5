"""The numbers are the field's: skimage and scipy, on real images."""

import csv
import math
import pathlib

import numpy as np
import pytest
import scipy.ndimage
import tifffile

from outputs import assert_within, frames, image, table

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/count-nuclei.yaml"
MOVIE_LEVELS = {0: 28, 15: 27, 29: 28}  # Otsu
MOVIE_COUNTS = {0: 13, 15: 17, 29: 19}

BLOBS = """\
parfocal: 1
source: {type: files, glob: "blobs.tif", axes: tyx}
steps:
  - {id: mask, op: threshold, method: otsu}
  - {id: clean, op: open, footprint: disk(3)}
  - {id: cells, op: label}
  - {id: number, op: count}
  - {id: smooth, op: gaussian, sigma: 2.5 px, from: source}
  - {id: objects, op: measure, from: cells, intensity: source,
     properties: [area, bbox, centroid, intensity_mean, intensity_min, intensity_max]}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
"""

# Our column: the column of skimage.measure.regionprops_table.
COLUMNS = {"label": "label", "area": "area", "bbox_min_y": "bbox-0", "bbox_min_x": "bbox-1",
           "bbox_max_y": "bbox-2", "bbox_max_x": "bbox-3", "centroid_y": "centroid-0",
           "centroid_x": "centroid-1", "intensity_mean": "intensity_mean",
           "intensity_min": "intensity_min", "intensity_max": "intensity_max"}


def golden_dir(shared_dir):
    return shared_dir / "data/cells/golden-skimage"


def assert_rows_are_golden(rows, shared_dir, name):
    with open(golden_dir(shared_dir) / f"regionprops_{name}.csv", newline="") as file:
        golden = list(csv.DictReader(file))
    assert len(rows) == len(golden)
    compared = [column for column in COLUMNS if column in rows[0]]
    assert len(compared) >= 9, compared
    for ours, theirs in zip(rows, golden):
        for column in compared:
            expected = float(theirs[COLUMNS[column]])
            assert math.isclose(float(ours[column]), expected, rel_tol=1e-9, abs_tol=1e-9), column


@pytest.fixture
def movie_dir(shared_dir):
    return shared_dir / "data/cells/neubias/image_data/mitocheck-movie"


@pytest.fixture
def movie_run(parfocal, tmp_path, movie_dir):
    """The shipped example, on the real movie."""
    text = EXAMPLE.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("source:")]
    source = f'source: {{type: files, glob: "{movie_dir}/*.tif", axes: tyx}}'
    (tmp_path / "count-nuclei.yaml").write_text(text.replace(line, source))
    parfocal("run", "count-nuclei.yaml", "--out", "out")
    return tmp_path / "out"


def test_the_movie_has_the_golden_levels_counts_objects_and_labels(movie_run, shared_dir):
    rows = frames(movie_run)
    assert [row["t"] for row in rows] == [str(t) for t in range(30)]
    assert all(row["status"] == "ok" and row["reason"] == "" for row in rows)
    levels, counts = column(rows, "threshold"), column(rows, "count")
    objects = table(movie_run, "objects.csv")
    labels = image(movie_run, "smooth.ome.zarr/labels/cells")
    for t in MOVIE_LEVELS:
        name = f"mitocheck_T{t:05d}"
        assert float(levels[t]) == MOVIE_LEVELS[t]
        assert int(counts[t]) == MOVIE_COUNTS[t]
        assert_rows_are_golden([row for row in objects if row["t"] == str(t)], shared_dir, name)
        expected = tifffile.imread(golden_dir(shared_dir) / f"labels_{name}.tif")
        np.testing.assert_array_equal(labels[t], expected)


def test_the_movie_is_blurred_as_by_scipy(movie_run, movie_dir):
    blurred = image(movie_run, "smooth.ome.zarr")
    for t, file in enumerate(sorted(movie_dir.glob("*.tif"))):
        pixels = tifffile.imread(file)
        expected = scipy.ndimage.gaussian_filter(pixels.astype(np.float64), 1)
        assert_within(blurred[t], expected, 1e-6 * pixels.max())


def test_blobs_have_the_golden_level_and_objects(parfocal, tmp_path, shared_dir):
    source = shared_dir / "data/cells/haase-notebooks/data/blobs.tif"
    (tmp_path / "blobs.tif").write_bytes(source.read_bytes())
    (tmp_path / "blobs.yaml").write_text(BLOBS)
    parfocal("run", "blobs.yaml", "--out", "out")
    (row,) = frames(tmp_path / "out")
    assert float(column([row], "threshold")[0]) == 120
    assert int(column([row], "count")[0]) == 59
    assert_rows_are_golden(table(tmp_path / "out", "objects.csv"), shared_dir, "blobs")
    labels = image(tmp_path / "out", "smooth.ome.zarr/labels/cells")
    np.testing.assert_array_equal(
        labels[0], tifffile.imread(golden_dir(shared_dir) / "labels_blobs.tif"))
    pixels = tifffile.imread(source)
    expected = scipy.ndimage.gaussian_filter(pixels.astype(np.float64), 2.5)
    assert_within(image(tmp_path / "out", "smooth.ome.zarr")[0], expected, 1e-6 * pixels.max())


def column(rows, what):
    """The column of frames.csv that tells `what`, named after it or as step.what."""
    (name,) = [name for name in rows[0] if name.split(".")[-1] == what]
    return [row[name] for row in rows]
