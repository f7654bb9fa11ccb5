"""Every unit of OME and of OME-NGFF, and none, from either format into the other and back: the size of a
step stays, or a note says what does not."""

import itertools
import json

import numpy as np
import pytest
import tifffile
import zarr

POWERS = {"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0, "d": -1,
          "c": -2, "m": -3, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24}
NAMES = {"Y": "yotta", "Z": "zetta", "E": "exa", "P": "peta", "T": "tera", "G": "giga", "M": "mega", "k": "kilo",
         "h": "hecto", "": "", "d": "deci", "c": "centi", "m": "milli", "µ": "micro", "n": "nano", "p": "pico",
         "f": "femto", "a": "atto", "z": "zepto", "y": "yocto"}
OME_LENGTHS = {p + "m": 10.0**e for p, e in POWERS.items()} | {
    "Å": 1e-10, "thou": 2.54e-5, "li": 0.0254 / 12, "in": 0.0254, "ft": 0.3048, "yd": 0.9144, "mi": 1609.344,
    "ua": 149597870700.0, "ly": 9460730472580800.0, "pc": 3.085677581491367e16, "pt": 0.0254 / 72,
    "reference frame": None}
OME_TIMES = {p + "s": 10.0**e for p, e in POWERS.items()} | {"min": 60.0, "h": 3600.0, "d": 86400.0}
NGFF_LENGTHS = {NAMES[p] + "meter": 10.0**POWERS[p] for p in NAMES} | {
    "angstrom": 1e-10, "foot": 0.3048, "inch": 0.0254, "mile": 1609.344, "parsec": 3.085677581491367e16,
    "yard": 0.9144, None: None}
NGFF_TIMES = {NAMES[p] + "second": 10.0**POWERS[p] for p in NAMES} | {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
STEP = 0.325


def rounds(lengths, times):
    """All of them, three lengths (z y x) and a time in one image."""
    threes = [lengths[i:i + 3] for i in range(0, len(lengths), 3)]
    threes[-1] = (threes[-1] * 3)[:3]
    return [(time, *three) for time, three in
            itertools.islice(zip(itertools.cycle(times), itertools.cycle(threes)), max(len(times), len(threes)))]


def write_tiff(path, units):
    scales = dict(zip(["TimeIncrement", "PhysicalSizeZ", "PhysicalSizeY", "PhysicalSizeX"], units))
    metadata = {"axes": "TZYX"}
    for name, unit in scales.items():
        metadata |= {name: STEP, name + "Unit": unit}
    tifffile.imwrite(path, np.ones((2, 2, 8, 9), "uint16"), metadata=metadata)


def write_zarr(path, units, names="tzyx", scale=STEP, **more):
    group = zarr.create_group(path)
    group.create_array("0", data=np.ones([2] * (len(names) - 2) + [8, 9], "uint16"), dimension_names=list(names))
    types = {"t": "time", "c": "channel"}
    axes = [{"name": name, "type": types.get(name, "space")} | ({"unit": unit} if unit else {})
            for name, unit in zip(names, units)]
    transforms = [{"type": "scale", "scale": [scale] * len(names)}]
    if "translation" in more:
        transforms.append({"type": "translation", "translation": more["translation"]})
    group.attrs["ome"] = {"version": "0.5", "multiscales": [
        {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": transforms}]}]}


def steps_of_tiff(path):
    """{axis: (step, unit)}; what is not stated is (1, None)."""
    with tifffile.TiffFile(path) as file:
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    names = {"t": "TimeIncrement"} | {a: "PhysicalSize" + a.upper() for a in "zyx"}
    return {a: (pixels.get(name, 1), pixels.get(name + "Unit")) for a, name in names.items()}


def steps_of_zarr(path):
    (image,) = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["multiscales"]
    scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
    return {axis["name"]: (step, axis.get("unit")) for axis, step in zip(image["axes"], scale)}


def in_si(steps):
    """{axis: metres or seconds, or the bare number of a step without a unit}"""
    known = OME_LENGTHS | OME_TIMES | NGFF_LENGTHS | NGFF_TIMES
    return {a: (step * (known[unit] or 1), known[unit] is not None) for a, (step, unit) in steps.items()}


def assert_same(steps, expected):
    found, expected = in_si(steps), in_si(expected)
    for axis, (size, has_unit) in expected.items():
        assert found[axis][1] == has_unit, axis
        np.testing.assert_allclose(found[axis][0], size, rtol=1e-12, err_msg=axis)


def notes(done):
    return [line for line in done.stderr.splitlines() if line.startswith("note")]


@pytest.mark.parametrize("units", rounds(list(OME_LENGTHS), list(OME_TIMES)))
def test_units_of_ome_come_through_ngff_and_back(parfocal, tmp_path, units):
    write_tiff(tmp_path / "a.ome.tif", units)
    stated = {axis: (STEP, unit) for axis, unit in zip("tzyx", units)}
    for source, result in [("a.ome.tif", "b.ome.zarr"), ("b.ome.zarr", "c.ome.tif")]:
        assert notes(parfocal("convert", source, result)) == []
    assert_same(steps_of_zarr(tmp_path / "b.ome.zarr"), stated)
    assert_same(steps_of_tiff(tmp_path / "c.ome.tif"), stated)


@pytest.mark.parametrize("units", rounds(list(NGFF_LENGTHS), list(NGFF_TIMES)))
def test_units_of_ngff_come_through_ome_and_back(parfocal, tmp_path, units):
    write_zarr(tmp_path / "a.ome.zarr", units)
    stated = {axis: (STEP, unit) for axis, unit in zip("tzyx", units)}
    for source, result in [("a.ome.zarr", "b.ome.tif"), ("b.ome.tif", "c.ome.zarr")]:
        assert notes(parfocal("convert", source, result)) == []
    assert_same(steps_of_tiff(tmp_path / "b.ome.tif"), stated)
    assert_same(steps_of_zarr(tmp_path / "c.ome.zarr"), stated)


def test_a_step_of_time_without_a_unit_is_kept_by_ngff_and_told_of_by_ome(parfocal, tmp_path):
    write_zarr(tmp_path / "a.ome.zarr", [None] * 4)
    assert notes(parfocal("convert", "a.ome.zarr", "b.ome.zarr")) == []
    assert steps_of_zarr(tmp_path / "b.ome.zarr") == {a: (STEP, None) for a in "tzyx"}
    (note,) = notes(parfocal("convert", "a.ome.zarr", "b.ome.tif"))
    assert "0.325 without a unit of axis t" in note
    assert steps_of_tiff(tmp_path / "b.ome.tif")["t"] == (1, None)


def test_scales_that_ome_has_no_place_for_are_told_of(parfocal, tmp_path):
    write_zarr(tmp_path / "a.ome.zarr", ["micrometer", "nanometer", "second", "micrometer", "micrometer"], "tczyx")
    assert notes(parfocal("convert", "a.ome.zarr", "b.ome.zarr")) == []
    units = [unit for _, unit in steps_of_zarr(tmp_path / "b.ome.zarr").values()]
    assert units == ["micrometer", "nanometer", "second", "micrometer", "micrometer"]
    found = notes(parfocal("convert", "a.ome.zarr", "b.ome.tif"))
    assert len(found) == 3
    for note, axis in zip(found, "tcz"):
        assert f"of axis {axis}" in note


def test_where_an_image_lies_is_not_kept_and_told_of(parfocal, tmp_path):
    write_zarr(tmp_path / "a.ome.zarr", ["second", None, "micrometer", "micrometer"], translation=[0, 2, 5, 2.5])
    (note,) = notes(parfocal("convert", "a.ome.zarr", "b.ome.tif"))
    assert "lies at z=2 y=5 um x=2.5 um" in note


@pytest.mark.parametrize("unit", ["furlong", "pixel", "degree"])
def test_units_that_nobody_knows_leave_their_number_and_are_told_of(parfocal, tmp_path, unit):
    write_tiff(tmp_path / "a.ome.tif", ["s", "µm", unit, unit])
    write_zarr(tmp_path / "a.ome.zarr", ["second", "micrometer", unit, unit])
    tifffile.imwrite(tmp_path / "a.tif", np.ones((2, 8, 9), "uint16"), imagej=True, resolution=(4, 4),
                     metadata={"axes": "ZYX", "unit": unit, "spacing": STEP})
    for source in ("a.ome.tif", "a.ome.zarr", "a.tif"):
        for result in (source + ".ome.zarr", source + ".ome.tif"):
            assert any(unit in note for note in notes(parfocal("convert", source, result)))
        assert steps_of_zarr(tmp_path / (source + ".ome.zarr"))["x"] == (0.25 if source == "a.tif" else STEP, None)
        assert steps_of_tiff(tmp_path / (source + ".ome.tif"))["x"][1] == "reference frame"


def test_a_resolution_without_a_unit_is_a_scale_without_one(parfocal, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 9), "uint16"), resolution=(4, 2), resolutionunit="NONE")
    parfocal("convert", "a.tif", "b.ome.zarr")
    assert steps_of_zarr(tmp_path / "b.ome.zarr") == {"y": (0.5, None), "x": (0.25, None)}


def test_descriptions_of_imagej2_are_read_as_tifffile_reads_them(parfocal, tmp_path):
    text = ("SCIFIO=0.46.0\naxes=X,Y,Channel,Z,Time\nlengths=9,8,2,3,4\nscales=0.5,0.5,1.0,2.0,30.0\n"
            "units=\\u00B5m,\\u00B5m,null,\\u00B5m,sec\nbitsPerPixel=16\nimages=24\nchannels=2\nslices=3\nframes=4\n"
            "hyperstack=true\nmode=composite\nunit=\\u00B5m\n")
    pages = np.arange(24, dtype="uint16")[:, None, None] * np.ones((8, 9), "uint16")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for k, page in enumerate(pages):
            file.write(page, metadata=None, description=text if k == 0 else None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        series = file.series[0]
        assert series.axes == "TZCYX"
        theirs = np.moveaxis(series.asarray(), 2, 1)
    assert notes(parfocal("convert", "a.tif", "b.ome.zarr")) == []
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "b.ome.zarr/0", mode="r")[:], theirs)
    assert steps_of_zarr(tmp_path / "b.ome.zarr") == {
        "t": (30, "second"), "c": (1, None), "z": (2, "micrometer"), "y": (0.5, "micrometer"),
        "x": (0.5, "micrometer")}
