"""What the sink ome_zarr adds to images: a table, positions, plates, opened by other readers."""

import csv

import numpy as np
import ome_zarr.io
import ome_zarr.reader
import pytest
import tifffile
import zarr

TABLE = """\
parfocal: 1
source: {type: generator, kind: nuclei, size: {t: 9, y: 120, x: 150}, dtype: uint8, seed: 9, radius_px: 4}
steps:
  - {id: mask, op: threshold, method: otsu}
  - {id: cells, op: label}
  - {id: objects, op: measure, intensity: source, properties: [area, centroid, intensity_mean]}
sinks:
  - {type: ome_zarr, from: source, path: a.ome.zarr, labels: {cells: cells}, table: objects}
  - {type: ome_zarr, from: source, path: v2.ome.zarr, table: objects, format: "0.4"}
  - {type: table, from: objects, path: objects.csv}
"""


def test_the_table_is_the_one_of_the_csv_file(parfocal, tmp_path):
    (tmp_path / "p.yaml").write_text(TABLE)
    parfocal("run", "p.yaml", "--out", "out")
    with open(tmp_path / "out/objects.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 20
    for name in ("a.ome.zarr", "v2.ome.zarr"):
        group = zarr.open_group(tmp_path / "out" / name / "tables/objects", mode="r")
        assert group.attrs["parfocal"]["columns"] == list(rows[0])
        for column in rows[0]:
            np.testing.assert_array_equal(group[column][:], [float(row[column]) for row in rows])
        assert group["label"].dtype == np.int64 and group["centroid_y"].dtype == np.float64
        assert zarr.open_group(tmp_path / "out" / name, mode="r")["tables"].attrs["parfocal"]["tables"] == ["objects"]
        parfocal("info", f"out/{name}", "--validate")


def write_positions(folder):
    """Four files of three pages, and their pixels as p, t, y, x."""
    pixels = np.random.default_rng(1).integers(0, 60000, (4, 3, 40, 50), dtype=np.uint16)
    for p in range(4):
        tifffile.imwrite(folder / f"p{p}.tif", pixels[p], photometric="minisblack")
    return pixels


def test_files_that_are_positions_become_a_series(parfocal, tmp_path):
    pixels = write_positions(tmp_path)
    parfocal("convert", "p*.tif", "a.ome.zarr", "--set", "source.axes=ptyx", "--set", "source.sizes={t: 3}")
    root = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    assert root.attrs["ome"]["bioformats2raw.layout"] == 3
    for p in range(4):
        np.testing.assert_array_equal(root[f"{p}/0"][:], pixels[p])
    assert root["OME"].attrs["ome"]["series"] == ["0", "1", "2", "3"]
    parfocal("info", "a.ome.zarr", "--validate")


def test_wells_make_a_plate(parfocal, tmp_path):
    pixels = write_positions(tmp_path)
    parfocal("convert", "p*.tif", "a.ome.zarr", "--set", "source.axes=ptyx", "--set", "source.sizes={t: 3}",
             "--set", "sink.wells=[A/1, A/1, B/2, B/10]", "--set", "sink.format='0.4'")
    parfocal("info", "a.ome.zarr", "--validate")
    root = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    assert [well["path"] for well in root.attrs["plate"]["wells"]] == ["A/1", "B/2", "B/10"]
    for path, expected in zip(("A/1/0", "A/1/1", "B/2/0", "B/10/0"), pixels):
        np.testing.assert_array_equal(root[f"{path}/0"][:], expected)
    reader = ome_zarr.reader.Reader(ome_zarr.io.parse_url(tmp_path / "a.ome.zarr"))
    assert any(isinstance(spec, ome_zarr.reader.Plate) for node in reader() for spec in node.specs)


@pytest.mark.parametrize("wells", [None, "[A/1, B/2, B/2, B/10]"])
def test_a_plate_is_converted_as_a_plate_and_a_series_as_a_series(parfocal, tmp_path, wells):
    pixels = write_positions(tmp_path)
    options = ["--set", f"sink.wells={wells}"] if wells else []
    parfocal("convert", "p*.tif", "a.ome.zarr", "--set", "source.axes=ptyx", "--set", "source.sizes={t: 3}",
             "--set", "sink.format='0.4'", *options)
    err = parfocal("convert", "a.ome.zarr", "b.ome.zarr").stderr
    assert "as positions" in err
    paths = ("A/1/0", "B/2/0", "B/2/1", "B/10/0") if wells else "0123"
    root = zarr.open_group(tmp_path / "b.ome.zarr", mode="r")
    assert ("plate" in root.attrs["ome"]) == (wells is not None)
    for path, expected in zip(paths, pixels):
        np.testing.assert_array_equal(root[f"{path}/0"][:], expected)
    parfocal("info", "b.ome.zarr", "--validate")
    parfocal("convert", "a.ome.zarr", "one.ome.zarr", "--set", f"source.position={paths[2]}")
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "one.ome.zarr/0", mode="r")[:], pixels[2])
    assert "several images" in parfocal("convert", "a.ome.zarr", "c.ome.tif", exit_code=4).stderr
