"""TIFF files of other writers in every layout: the value of a pixel is its own coordinates, names of
files come in every order, and what comes out stands where tifffile sees it."""

import itertools
import json
import random

import numpy as np
import pytest
import tifffile
import zarr

SIZES = {"T": 3, "C": 2, "Z": 4}
RIGHT = [[[100 * t + 10 * c + z for z in range(4)] for c in range(2)] for t in range(3)]
ORDERS = ["XY" + "".join(order) for order in itertools.permutations("ZCT")]
SPLITS = ["", "T", "C", "Z", "TC", "TZ", "TCZ"]  # a file for each step of these
NAMES = {"rising": lambda k: f"f{k:02}.ome.tif", "falling": lambda k: f"f{50 - k}.ome.tif",
         "mixed": lambda k: f"{'zyxabc'[k % 6]}{k}.ome.tif"}


def page(value):
    return np.full((8, 9), value, "uint16")


def value_of(at):
    return 100 * at["T"] + 10 * at["C"] + at["Z"]


def steps(letters):
    for index in itertools.product(*(range(SIZES[letter]) for letter in letters)):
        yield dict(zip(letters, index))


def tiff_data(at, ifd, name):
    return (f'<TiffData FirstT="{at["T"]}" FirstC="{at["C"]}" FirstZ="{at["Z"]}" IFD="{ifd}" '
            f'PlaneCount="1"><UUID FileName="{name}">urn:uuid:{name}</UUID></TiffData>')


def write_set(folder, order, split, names, shuffled):
    """An OME-TIFF set with a file for each combination of steps of `split`."""
    folder.mkdir()
    files = {}
    for at in steps(order[:1:-1]):
        files.setdefault(tuple(at[letter] for letter in split), []).append(at)
    if shuffled:
        for planes in files.values():
            random.Random(1).shuffle(planes)
    named = {NAMES[names](k): planes for k, planes in enumerate(files.values())}
    places = "".join(tiff_data(at, ifd, name)
                     for name, planes in named.items() for ifd, at in enumerate(planes))
    channels = "".join(f'<Channel ID="Channel:0:{c}" Name="ch{c}" SamplesPerPixel="1"/>' for c in range(2))
    for name, planes in named.items():
        xml = (f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
               f'UUID="urn:uuid:{name}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{order}" '
               f'Type="uint16" SizeX="9" SizeY="8" SizeZ="4" SizeC="2" SizeT="3" BigEndian="false">'
               f'{channels}{places}</Pixels></Image></OME>')
        with tifffile.TiffWriter(folder / name) as file:
            for k, at in enumerate(planes):
                file.write(page(value_of(at)), metadata=None, description=xml if k == 0 else None)
    return sorted(folder.iterdir())[-1]


@pytest.fixture
def converted(parfocal, tmp_path):
    """Converts; returns the first pixel of every frame and the attributes of the image."""
    count = itertools.count()

    def run(source, *options, exit_code=0):
        out = f"out{next(count)}.ome.zarr"
        done = parfocal("convert", source, out, *options, exit_code=exit_code)
        if exit_code not in (0, 6, 7):
            return None, done.stderr
        ome = json.loads((tmp_path / out / "zarr.json").read_text())["attributes"]["ome"]
        pixels = zarr.open_array(tmp_path / out / "0", mode="r")[:]
        assert (pixels == pixels[..., :1, :1]).all()
        return pixels[..., 0, 0].tolist(), ome

    return run


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_plane_of_a_set_stands_at_its_coordinates(converted, tmp_path, order, split):
    names = list(NAMES)[(len(split) + ORDERS.index(order)) % 3]
    one = write_set(tmp_path / "set", order, split, names, shuffled=ORDERS.index(order) % 2 == 0)
    with tifffile.TiffFile(one) as file:
        series = file.series[0]
        theirs = np.moveaxis(series.asarray()[..., 0, 0], [series.axes.index(a) for a in "TCZ"], [0, 1, 2])
    assert theirs.tolist() == RIGHT
    for source in (tmp_path / "set", one):
        pixels, ome = converted(source)
        assert pixels == RIGHT
    assert [channel["label"] for channel in ome["omero"]["channels"]] == ["ch0", "ch1"]


@pytest.mark.parametrize("order", ["".join(p) for p in itertools.permutations("czt")])
def test_the_six_orders_of_imagej_and_of_stated_axes(converted, tmp_path, order):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file, tifffile.TiffWriter(tmp_path / "b.tif") as plain:
        for k, at in enumerate(steps(order[::-1].upper())):
            text = f"ImageJ=1.53t\nimages=24\nchannels=2\nslices=4\nframes=3\nhyperstack=true\norder={order}\n"
            file.write(page(value_of(at)), metadata=None, description=text if k == 0 else None)
            plain.write(page(value_of(at)), metadata=None)
    assert converted(tmp_path / "a.tif")[0] == RIGHT
    stated = order[::-1]
    sizes = [f"--set=source.sizes.{axis}={SIZES[axis.upper()]}" for axis in stated[1:]]
    options = [word for size in sizes for word in size.split("=", 1)]
    assert converted(tmp_path / "b.tif", "--set", f"source.axes={stated}yx", *options)[0] == RIGHT


def test_stacks_of_different_lengths_are_refused_and_the_cure_works(converted, tmp_path):
    (tmp_path / "s").mkdir()
    for k, slices in enumerate([5, 4, 6]):
        tifffile.imwrite(tmp_path / f"s/cell{k}.tif", np.stack([page(100 * k + z) for z in range(slices)]),
                         imagej=True, metadata={"axes": "ZYX"})
    _, error = converted(tmp_path / "s", exit_code=4)
    assert "cell1.tif" in error and "--set source.axes=tyx" in error
    pixels, _ = converted(tmp_path / "s", "--set", "source.axes=tyx")
    assert pixels == [*range(5), *range(100, 104), *range(200, 206)]


@pytest.mark.parametrize("kind", ["shaped", "depth", "imagej", "metamorph"])
def test_all_images_behind_one_directory_are_read(converted, tmp_path, kind):
    path, images = tmp_path / "a.tif", np.stack([page(k) for k in range(7)])
    grey = {"photometric": "minisblack"}
    if kind == "shaped":
        tifffile.imwrite(path, images, truncate=True, **grey)
    elif kind == "depth":
        tifffile.imwrite(path, images, volumetric=True, metadata=None, **grey)
    elif kind == "imagej":
        tifffile.imwrite(path, images, imagej=True, truncate=True, metadata={"axes": "ZYX"})
    else:
        planes = [(33629, 5, 7, (1, 1) * 7, False), (33628, 4, 2, (5, 7), False)]
        tifffile.imwrite(path, images[0], metadata=None, extratags=planes, **grey)
        with open(path, "ab") as file:
            file.write(images[1:].tobytes())
    assert tifffile.imread(path)[:, 0, 0].tolist() == list(range(7))
    assert converted(path)[0] == list(range(7))


LENGTHS = {"Ym": 1e24, "km": 1e3, "m": 1, "dm": 0.1, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "pm": 1e-12,
           "fm": 1e-15, "Å": 1e-10, "thou": 2.54e-5, "in": 0.0254, "ft": 0.3048, "pt": 0.0254 / 72}
OF_NGFF = {"nanometer": 1e-9, "micrometer": 1e-6, "millimeter": 1e-3, "meter": 1}


def metres(ome):
    scale = ome["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    return [step * OF_NGFF[axis["unit"]] for axis, step in zip(ome["multiscales"][0]["axes"], scale)]


@pytest.mark.parametrize("unit", LENGTHS)
def test_every_unit_of_length_of_ome_keeps_its_size(converted, tmp_path, unit):
    sizes = {f"PhysicalSize{axis}": 0.25 for axis in "XYZ"} | {f"PhysicalSize{axis}Unit": unit for axis in "XYZ"}
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((2, 8, 9), "uint16"), metadata={"axes": "ZYX", **sizes})
    np.testing.assert_allclose(metres(converted(tmp_path / "a.ome.tif")[1]), 0.25 * LENGTHS[unit], rtol=1e-12)


@pytest.mark.parametrize("unit, size", [("cm", 1e-2), ("inch", 0.0254), ("pm", 1e-12), ("millimeter", 1e-3),
                                        ("micron", 1e-6), ("\\u00B5m", 1e-6), ("um", 1e-6), ("nm", 1e-9)])
def test_the_units_of_imagej_keep_their_size(converted, tmp_path, unit, size):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 8, 9), "uint16"), imagej=True, resolution=(4, 4),
                     metadata={"axes": "ZYX", "unit": unit, "spacing": 0.25})
    np.testing.assert_allclose(metres(converted(tmp_path / "a.tif")[1]), 0.25 * size, rtol=1e-12)


# As ImageJ reads them (FileOpener.decodeDescriptionString): per unit of the description, but for um per cm.
@pytest.mark.parametrize("unit, stated, size", [("CENTIMETER", "um", 1e-2), ("INCH", "um", 1e-6), ("NONE", "um", 1e-6),
                                                ("CENTIMETER", "mm", 1e-3), ("INCH", "inch", 0.0254),
                                                ("INCH", None, 0.0254), ("CENTIMETER", None, 1e-2)])
def test_resolutions_are_per_their_unit(converted, tmp_path, unit, stated, size):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9), "uint16"), imagej=True, resolution=(40000, 20000),
                     resolutionunit=unit, metadata={"unit": stated} if stated else {})
    np.testing.assert_allclose(metres(converted(tmp_path / "a.tif")[1]), [size / 20000, size / 40000], rtol=1e-12)


@pytest.mark.parametrize("names", [["a", "a"], ["", "b"], ["a"], ["DAPI", "µ<&>"]])
def test_names_of_channels_come_through_whatever_they_are(parfocal, tmp_path, names):
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((2, 8, 9), "uint16"),
                     metadata={"axes": "CYX", "Channel": {"Name": names + [""] * (2 - len(names))}})
    parfocal("convert", "a.ome.tif", "b.ome.tif")
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        channels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]["Channel"]
    assert [channel.get("Name", "") for channel in channels] == names + [""] * (2 - len(names))
