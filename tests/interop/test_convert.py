"""Every kind of input into every kind of output, with the pixels of other people's readers."""

import json
import subprocess
import sys

import h5py
import hdf5plugin  # noqa: F401  zstd
import numpy as np
import ome_types
import pytest
import tensorstore
import tifffile
import zarr

OUTPUTS = ["out.ome.zarr", "out.ome.tif"]


def pixels_of(path):
    if path.name.endswith(".zarr"):
        return zarr.open_array(path / "0", mode="r")[:]
    return tifffile.imread(path)


def axes_of(path):
    """[(name, scale, unit)], as the reader of the format understands them."""
    if path.name.endswith(".zarr"):
        ome = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]
        (image,) = ome["multiscales"]
        scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
        return [(axis["name"], step, axis.get("unit")) for axis, step in zip(image["axes"], scale)]
    pixels = ome_types.from_tiff(path).images[0].pixels
    lengths = {"µm": "micrometer", "nm": "nanometer"}
    found = {"x": (pixels.physical_size_x, pixels.physical_size_x_unit),
             "y": (pixels.physical_size_y, pixels.physical_size_y_unit),
             "z": (pixels.physical_size_z, pixels.physical_size_z_unit),
             "t": (pixels.time_increment, pixels.time_increment_unit), "c": (None, None)}
    with tifffile.TiffFile(path) as file:
        names = file.series[0].axes.lower()
    units = {"s": "second", "ms": "millisecond", **lengths}
    return [(n, found[n][0] or 1, units[found[n][1].value] if found[n][0] else None) for n in names]


@pytest.fixture
def convert(parfocal, tmp_path):
    def run(source, output, *options):
        parfocal("convert", source, output, *options)
        return tmp_path / output

    return run


@pytest.fixture
def sources(shared_dir):
    cells, flow = shared_dir / "data/cells", shared_dir / "data/dcnum"
    movie = cells / "neubias/image_data/mitocheck-movie"
    rtdc = flow / "fmt-hdf5_cytoshot_full-features_2023/cytoshot-test-data.rtdc"
    notebooks = cells / "haase-notebooks/data"

    def images():
        with h5py.File(rtdc) as file:
            return file["events/image"][:]

    return {
        "movie": (movie, lambda: np.stack([tifffile.imread(f) for f in sorted(movie.glob("*.tif"))])),
        "deflated": (notebooks / "blobs.tif", lambda: tifffile.imread(notebooks / "blobs.tif")),
        "pages": (notebooks / "cancer_cell_migration_crop.tif",
                  lambda: tifffile.imread(notebooks / "cancer_cell_migration_crop.tif")),
        "uint32": (notebooks / "cancer_cell_migration_voronoi_otsu_labeling_crop.tif",
                   lambda: tifffile.imread(
                       notebooks / "cancer_cell_migration_voronoi_otsu_labeling_crop.tif")),
        "rtdc": (rtdc, images),
    }


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", ["movie", "deflated", "pages", "uint32", "rtdc"])
def test_real_images_keep_their_pixels(convert, sources, name, output):
    source, read = sources[name]
    expected = read()
    path = convert(source, output)
    actual = pixels_of(path)
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)
    if name == "rtdc":
        (_, step, unit), *rest = axes_of(path)
        with h5py.File(source) as file:
            pixel_um = file.attrs["imaging:pixel size"]
        assert rest == [("y", pixel_um, "micrometer"), ("x", pixel_um, "micrometer")]
        assert unit == "second" and 0 < step < 1


def write_zarr(path, version, pixels):
    """An OME-Zarr written by tensorstore, with metadata by hand."""
    path.mkdir()
    axes = [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"},
            {"name": "z", "type": "space", "unit": "micrometer"},
            {"name": "y", "type": "space", "unit": "micrometer"},
            {"name": "x", "type": "space", "unit": "micrometer"}]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [
        {"type": "scale", "scale": [30.0, 1.0, 2.0, 0.65, 0.65]}]}]}
    channels = {"channels": [{"label": "DAPI"}, {"label": "GFP"}]}
    if version == 2:
        (path / ".zgroup").write_text('{"zarr_format": 2}')
        (path / ".zattrs").write_text(json.dumps(
            {"multiscales": [{"version": "0.4", **image}], "omero": channels}))
        metadata = {"compressor": {"id": "zlib", "level": 1}, "chunks": [1, 1, 2, 16, 16]}
    else:
        (path / "zarr.json").write_text(json.dumps(
            {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {
                "version": "0.5", "multiscales": [image], "omero": channels}}}))
        metadata = {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 2, 4, 32, 32]}},
                    "dimension_names": ["t", "c", "z", "y", "x"],
                    "codecs": [{"name": "sharding_indexed", "configuration": {
                        "chunk_shape": [1, 1, 2, 16, 16], "codecs": [{"name": "bytes"}, {"name": "zstd"}]}}]}
    tensorstore.open({"driver": "zarr" if version == 2 else "zarr3", "metadata": metadata,
                      "kvstore": f"file://{path}/0/"}, create=True, dtype=tensorstore.dtype(pixels.dtype.name),
                     shape=pixels.shape).result().write(pixels).result()


PIXELS = np.random.default_rng(1).integers(0, 60000, (3, 2, 4, 30, 37), dtype=np.uint16)
AXES = [("t", 30, "second"), ("c", 1, None), ("z", 2, "micrometer"),
        ("y", 0.65, "micrometer"), ("x", 0.65, "micrometer")]


def channel_names(path):
    if path.name.endswith(".zarr"):
        ome = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]
        return [c["label"] for c in ome["omero"]["channels"]]
    return [c.name for c in ome_types.from_tiff(path).images[0].pixels.channels]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("version", [2, 3])
def test_an_ome_zarr_keeps_five_axes_scales_and_channels(convert, tmp_path, version, output):
    write_zarr(tmp_path / "in.ome.zarr", version, PIXELS)
    path = convert("in.ome.zarr", output)
    np.testing.assert_array_equal(pixels_of(path), PIXELS)
    assert axes_of(path) == AXES
    assert channel_names(path) == ["DAPI", "GFP"]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_an_ome_tiff_of_tifffile_keeps_them_too(convert, tmp_path, compression, output):
    tifffile.imwrite(
        tmp_path / "in.ome.tif", PIXELS, ome=True, compression=compression,
        metadata={"axes": "TCZYX", "PhysicalSizeX": 0.65, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 650,
                  "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 2, "TimeIncrement": 30,
                  "Channel": {"Name": ["DAPI", "GFP"]}})
    path = convert("in.ome.tif", output)
    np.testing.assert_array_equal(pixels_of(path), PIXELS)
    assert axes_of(path) == [a if a[0] != "y" else ("y", 650, "nanometer") for a in AXES]
    assert channel_names(path) == ["DAPI", "GFP"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_hyperstack_of_imagej_is_put_in_order(convert, tmp_path, output):
    """ImageJ stores t z c; OME-Zarr wants t c z."""
    tifffile.imwrite(tmp_path / "in.tif", PIXELS.transpose(0, 2, 1, 3, 4), imagej=True, byteorder=">",
                     resolution=(1 / 0.65, 1 / 0.65),
                     metadata={"axes": "TZCYX", "unit": "um", "spacing": 2, "finterval": 30})
    path = convert("in.tif", output)
    np.testing.assert_array_equal(pixels_of(path), PIXELS)
    assert [(n, pytest.approx(s), u) for n, s, u in axes_of(path)] == AXES


def test_there_and_back_through_every_format(convert, tmp_path):
    write_zarr(tmp_path / "in.ome.zarr", 3, PIXELS)
    first = convert("in.ome.zarr", "a.ome.tif", "--memory", "200MiB", "--threads", "2")
    second = convert(first, "b.ome.zarr")
    third = convert(second, "c.ome.tif")
    np.testing.assert_array_equal(pixels_of(third), PIXELS)
    assert axes_of(third) == AXES and channel_names(third) == ["DAPI", "GFP"]


def test_times_of_frames_survive_from_store_to_store(convert, sources):
    first = convert(sources["rtdc"][0], "first.ome.zarr")
    second = convert(first, "second.ome.zarr")
    times = [zarr.open_array(path / "frames/time_s", mode="r")[:] for path in (first, second)]
    assert np.isfinite(times[0]).all() and len(np.unique(times[0])) > 10
    np.testing.assert_array_equal(*times)


def test_images_of_one_file_become_positions(parfocal, convert, tmp_path):
    images = np.random.default_rng(5).integers(0, 999, (3, 2, 20, 30), np.uint16)
    with tifffile.TiffWriter(tmp_path / "several.ome.tif") as file:
        for image in images:
            file.write(image, metadata={"axes": "TYX"}, photometric="minisblack")
    path = convert("several.ome.tif", "several.ome.zarr", "--set", "source.axes=ptyx", "--set",
                   "source.sizes.t=2")
    for i, image in enumerate(images):
        np.testing.assert_array_equal(zarr.open_array(path / str(i) / "0", mode="r")[:], image)


def test_a_pixel_size_of_imagej_is_the_number_that_was_meant(convert, tmp_path):
    tifffile.imwrite(tmp_path / "ij.tif", np.zeros((2, 8, 8), np.uint16), imagej=True,
                     resolution=(1 / 0.65, 1 / 0.65), metadata={"axes": "TYX", "unit": "um"})
    assert axes_of(convert("ij.tif", "ij.ome.zarr"))[1:] == [("y", 0.65, "micrometer"),
                                                             ("x", 0.65, "micrometer")]



@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", ["float16", "zstd", "lzma"])
def test_the_line_that_rewrites_what_is_not_read_works(parfocal, tmp_path, kind, count):
    """Printed for pixels and compressions that have a name; pasted as it stands."""
    folder = tmp_path / "it's here (1)"
    folder.mkdir()
    images = np.arange(count * 40).reshape(count, 1, 5, 8)
    for k, image in enumerate(images):
        name = folder / f"frame {k}.tif"
        if kind == "float16":
            tifffile.imwrite(name, image.astype(np.float16), metadata=None)
        else:
            tifffile.imwrite(name, image.astype(np.uint16), compression=kind, metadata=None)
    pattern = f"{folder.name}/frame ?.tif" if count > 1 else f"{folder.name}/frame 0.tif"
    done = parfocal("convert", pattern, "a.ome.tif", exit_code=4)
    (line,) = [line for line in done.stderr.splitlines() if line.strip().startswith("python3 -c")]
    subprocess.run(line.replace("python3", sys.executable, 1), shell=True, check=True, cwd=tmp_path)
    made = tmp_path / ("float32" if kind == "float16" else "plain")
    assert len(list(made.iterdir())) == count
    parfocal("convert", made, "a.ome.tif")
    np.testing.assert_array_equal(np.squeeze(tifffile.imread(tmp_path / "a.ome.tif")), np.squeeze(images))


def rewritten(parfocal, tmp_path, name):
    """What the line makes that is advised for a file which is not read: the folder."""
    done = parfocal("convert", name, "a.ome.zarr", exit_code=4)
    (line,) = [line for line in done.stderr.splitlines() if line.strip().startswith("python3 -c")]
    subprocess.run(line.replace("python3", sys.executable, 1), shell=True, check=True, cwd=tmp_path)
    return next(path for path in tmp_path.iterdir() if path.name in ("plain", "channels"))


@pytest.mark.parametrize("shape", [(3, 5, 8), (4, 5, 8), (2, 5, 3), (5, 4, 4)])
def test_rewritten_stacks_are_no_colours(parfocal, convert, tmp_path, shape):
    images = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    with tifffile.TiffWriter(tmp_path / "z.tif") as file:
        for image in images:
            file.write(image, compression="zstd", photometric="minisblack", metadata=None,
                       contiguous=False, resolution=(5000, 5000), resolutionunit=3)
    group = convert(rewritten(parfocal, tmp_path, "z.tif"), "b.ome.zarr")
    np.testing.assert_array_equal(pixels_of(group), images)
    assert axes_of(group)[1:] == [("y", 2, "micrometer"), ("x", 2, "micrometer")]


@pytest.mark.parametrize("bits", [1, 4, 12])
def test_rewritten_bits_are_bytes_or_words(parfocal, convert, tmp_path, bits):
    images = (np.arange(80).reshape(2, 5, 8) % (1 << min(bits, 8))).astype(np.uint8 if bits < 8 else np.uint16)
    tifffile.imwrite(tmp_path / "b.tif", images.astype(bool) if bits == 1 else images,
                     bitspersample=bits, photometric="minisblack", metadata=None)
    group = convert(rewritten(parfocal, tmp_path, "b.tif"), "b.ome.zarr")
    np.testing.assert_array_equal(pixels_of(group), images)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("codec", [None, "zstd"])
def test_colours_keep_the_size_of_a_pixel(parfocal, convert, tmp_path, planar, codec):
    """Also where the file is not read as it is, but as the advised line writes it."""
    images = np.arange(120, dtype=np.uint8).reshape((3, 5, 8) if planar else (5, 8, 3))
    tifffile.imwrite(tmp_path / "rgb.tif", images, photometric="rgb", resolution=(5000, 5000),
                     resolutionunit=3, planarconfig="separate" if planar else "contig",
                     compression=codec)
    group = convert(rewritten(parfocal, tmp_path, "rgb.tif") if codec else "rgb.tif", "b.ome.zarr")
    np.testing.assert_array_equal(pixels_of(group), images if planar else np.moveaxis(images, -1, 0))
    assert axes_of(group)[1:] == [("y", 2, "micrometer"), ("x", 2, "micrometer")]


def test_files_are_tiff_by_what_they_hold(parfocal, convert, tmp_path):
    """Instruments have endings of their own; a folder gives all of its files of the usual ones."""
    images = np.arange(120, dtype=np.uint16).reshape(3, 5, 8)
    tifffile.imwrite(tmp_path / "cell.stk", images, photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(pixels_of(convert("cell.stk", "a.ome.zarr")), images)
    (tmp_path / "all").mkdir()
    for k, name in enumerate(["1.tif", "2.btf", "3.BTF"]):
        tifffile.imwrite(tmp_path / "all" / name, images[k], photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(pixels_of(convert("all", "b.ome.zarr")), images)
