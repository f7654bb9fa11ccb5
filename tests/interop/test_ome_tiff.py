"""Our OME-TIFF, opened by everybody else's reader, and after a run that was killed."""

import signal
import time

import numpy as np
import ome_types
import pytest
import tifffile
import zarr

PIPELINE = """\
parfocal: 1
source: {{type: generator, kind: {kind}, size: {size}, dtype: {dtype}, seed: 9,
         scale: {{t: 30 s, y: 0.65 um, x: 0.5 um}}}}
sinks:
  - {{type: ome_tiff, from: source, path: raw.ome.tif}}
{more}"""
ALSO_ZARR = "  - {type: ome_zarr, from: source, path: raw.ome.zarr}\n"


@pytest.fixture
def run(parfocal, tmp_path):
    """Runs the generator into raw.ome.tif; returns the file."""

    def make(size, dtype="uint16", kind="noise", more=ALSO_ZARR, compression="none"):
        text = PIPELINE.format(kind=kind, size=size, dtype=dtype, more=more)
        (tmp_path / "p.yaml").write_text(
            text.replace("raw.ome.tif}", f"raw.ome.tif, compression: {compression}}}"))
        parfocal("run", "p.yaml", "--out", "out")
        return tmp_path / "out/raw.ome.tif"

    return make


@pytest.mark.parametrize("compression", ["none", "deflate"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_tifffile_reads_the_pixels_the_axes_and_the_order(run, dtype, compression):
    path = run("{t: 7, c: 2, z: 3, y: 120, x: 150}", dtype, compression=compression)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff and file.is_ome
        (series,) = file.series
        assert series.axes == "TCZYX"
        pixels = series.asarray()
        assert all(page.is_contiguous == (compression == "none") for page in file.pages)
    np.testing.assert_array_equal(pixels, zarr.open_array(path.parent / "raw.ome.zarr/0")[:])
    assert pixels.any() and pixels.dtype == dtype


def test_the_whole_image_can_be_mapped_into_memory(run):
    path = run("{t: 30, y: 64, x: 60}")
    np.testing.assert_array_equal(tifffile.memmap(path, mode="r"), tifffile.imread(path))


def test_the_description_is_valid_and_says_sizes_and_scales(run):
    path = run("{t: 4, c: 2, y: 12, x: 15}")
    xml = tifffile.tiffcomment(path)
    ome_types.validate_xml(xml)
    pixels = ome_types.from_xml(xml).images[0].pixels
    assert (pixels.size_t, pixels.size_c, pixels.size_z, pixels.size_y, pixels.size_x) == (4, 2, 1, 12, 15)
    assert pixels.dimension_order.value == "XYCTZ"
    assert (pixels.physical_size_x, pixels.physical_size_x_unit.value) == (0.5, "µm")
    assert (pixels.time_increment, pixels.time_increment_unit.value) == (30, "s")
    assert [c.id for c in pixels.channels] == ["Channel:0:0", "Channel:0:1"]
    (record,) = ome_types.from_xml(xml).structured_annotations
    assert record.namespace == "parfocal.record/1"
    values = {m.k: m.value for m in record.value.ms}
    assert values["complete"] == "true" and values["gaps"] == "[]"
    assert ome_types.from_tiff(path) == ome_types.from_xml(xml)


def test_imagecodecs_and_our_own_source_read_strips(run, parfocal, tmp_path):
    path = run("{t: 2, y: 3001, x: 1500}")  # more than one strip a page
    with tifffile.TiffFile(path) as file:
        assert len(file.pages[0].dataoffsets) == 2
    pixels = tifffile.imread(path)
    (tmp_path / "again.yaml").write_text(
        "parfocal: 1\nsource: {type: files, glob: out/raw.ome.tif}\n"
        "sinks: [{type: ome_zarr, from: source, path: again.ome.zarr}]\n")
    parfocal("run", "again.yaml", "--out", "out2")
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "out2/again.ome.zarr/0")[:], pixels)


@pytest.mark.parametrize("frames", [200000])
def test_every_linked_frame_survives_a_kill(start, tmp_path, frames):
    (tmp_path / "p.yaml").write_text(PIPELINE.format(
        kind="gradient", size=f"{{t: {frames}, y: 64, x: 80}}", dtype="uint16", more=""))
    process = start("run", "p.yaml", "--out", "out", "--memory", "200MiB")
    path = tmp_path / "out/raw.ome.tif"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (path.exists() and path.stat().st_size > 130 << 20):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with tifffile.TiffFile(path) as file:
        linked = len(file.pages)
        shape = file.series[0].shape
        ome_types.validate_xml(file.ome_metadata)
        assert 1000 < linked < frames
        assert shape[0] in (linked, linked - 1)  # the size is written after the link
    (tmp_path / "whole.yaml").write_text(PIPELINE.format(
        kind="gradient", size=f"{{t: {linked}, y: 64, x: 80}}", dtype="uint16", more=""))
    process = start("run", "whole.yaml", "--out", "whole")
    process.communicate()
    assert process.returncode == 0
    whole = tifffile.imread(tmp_path / "whole/raw.ome.tif")
    np.testing.assert_array_equal(tifffile.imread(path, is_ome=False), whole)
