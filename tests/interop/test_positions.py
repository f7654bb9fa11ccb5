"""Images of one store or file that are not alike, and orders of axes that others write."""

import json

import numpy as np
import pytest
import tifffile
import zarr

TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def image(path, axes, pixels, step=0.5, unit="micrometer", names=()):
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("0", data=pixels, chunks=(1,) * (pixels.ndim - 2) + pixels.shape[-2:], dimension_names=list(axes))
    scale = [step if axis in "yx" else 1 for axis in axes]
    described = [{"name": a, "type": TYPES[a], **({"unit": unit} if a in "yx" else {})} for a in axes]
    group.attrs["ome"] = {
        "version": "0.5", **({"omero": {"channels": [{"label": n, "color": "FF0000"} for n in names]}} if names else {}),
        "multiscales": [{"axes": described, "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}]}]}


def series(path):
    zarr.open_group(path, mode="w", zarr_format=3).attrs["ome"] = {"version": "0.5", "bioformats2raw.layout": 3}


def converted(parfocal, source, *words):
    ran = parfocal("convert", source, "out.ome.zarr", "--json", *words)
    return ran.stderr + "\n".join(notice for notice in json.loads(ran.stdout)["notices"])


def plane(value, shape=(2, 8, 9)):
    return np.full(shape, value, "uint16")


@pytest.mark.parametrize("other", [{"step": 0.25}, {"unit": "nanometer"}, {"names": "de"}])
def test_a_series_of_other_scales_or_names_says_so(parfocal, tmp_path, other):
    series(tmp_path / "a.zarr")
    image(tmp_path / "a.zarr/0", "cyx", plane(0), **{"names": "ab"})
    image(tmp_path / "a.zarr/1", "cyx", plane(1), **{"names": "ab", **other})
    assert "other scales, units or names of channels than 0" in converted(parfocal, "a.zarr")


@pytest.mark.parametrize("other, said", [(("0.25", "ab"), True), (("0.5", "ac"), True), (("0.5", "ab"), False)])
def test_images_of_an_ome_tiff_of_other_scales_or_names_say_so(parfocal, tmp_path, other, said):
    xml = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">' + "".join(
        f'<Image ID="Image:{i}"><Pixels ID="Pixels:{i}" DimensionOrder="XYZCT" Type="uint16" SizeX="9" SizeY="8" SizeZ="1" '
        f'SizeC="2" SizeT="1" PhysicalSizeX="{s}" PhysicalSizeY="{s}"><Channel Name="{n[0]}"/><Channel Name="{n[1]}"/>'
        f'<TiffData IFD="{2 * i}" PlaneCount="2"/></Pixels></Image>' for i, (s, n) in enumerate([("0.5", "ab"), other])) + "</OME>"
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for k in range(4):
            file.write(plane(k, (8, 9)), metadata=None, contiguous=False, description=xml if k == 0 else None)
    assert ("other scales, units or names of channels than image 0" in converted(parfocal, "a.ome.tif")) == said


def test_an_image_that_a_series_lacks_keeps_its_place(parfocal, tmp_path):
    series(tmp_path / "a.zarr")
    for number in (0, 2, 4):
        image(tmp_path / f"a.zarr/{number}", "tyx", plane(number))
    ran = parfocal("convert", "a.zarr", "out.ome.zarr", exit_code=7)
    assert "2 of 5 positions are gaps: 1 " in ran.stderr
    for number in (0, 2, 4):
        assert (zarr.open_array(tmp_path / f"out.ome.zarr/{number}/0", mode="r")[...] == number).all()


@pytest.mark.parametrize("axes", ["ctzyx", "zctyx", "ztcyx", "tzcyx", "czyx", "zcyx", "ctyx", "ztyx"])
@pytest.mark.parametrize("described", [True, False])
def test_stream_axes_of_an_array_may_have_any_order(parfocal, tmp_path, axes, described):
    sizes = {"t": 3, "c": 2, "z": 4, "y": 8, "x": 9}
    shape = tuple(sizes[a] for a in axes)
    pixels = np.arange(np.prod(shape), dtype="uint16").reshape(shape)
    if described:
        image(tmp_path / "a.zarr", axes, pixels)
        words = []
    else:
        zarr.create_array(tmp_path / "a.zarr", data=pixels, chunks=(2,) * (len(axes) - 2) + (5, 9))
        words = ["--set", "source.axes=" + axes]
    converted(parfocal, "a.zarr", *words)
    order = [axes.index(a) for a in "tczyx" if a in axes]
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "out.ome.zarr/0", mode="r")[...], pixels.transpose(order))
