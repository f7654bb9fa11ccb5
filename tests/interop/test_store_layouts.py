"""The layouts of the streaming writer, judged, filled and read by other libraries."""

import functools
import pathlib
import subprocess
import tempfile

import numpy as np
import ome_zarr_models.v04
import ome_zarr_models.v05
import pytest
import tensorstore
import zarr
from conftest import command

AXES = ("yx", "tyx", "cyx", "zyx", "tcyx", "tzyx", "tczyx")
NAMES = [f"v{version}-{place}-{axes}-levels{levels}-labels{labels}"
         for version in (2, 3) for place in ("root", "series", "plate") for axes in AXES
         for levels in (1, 3) for labels in (0, 2)]
IMAGES = {"root": ("",), "series": ("0", "deep/er/1"), "plate": ("A/1/0", "A/1/1", "C/02/0")}


@functools.cache
def all_layouts():
    folder = tempfile.TemporaryDirectory()
    subprocess.run([pathlib.Path(command()).with_name("store_layouts"), folder.name], check=True)
    return folder


@pytest.fixture(params=NAMES)
def store(request):
    return pathlib.Path(all_layouts().name) / request.param


def facts(store):
    version, place, axes, levels, labels = store.name.split("-")
    return int(version[1:]), place, axes, int(levels[-1]), int(labels[-1])


def test_the_models_of_ngff_take_every_group(store):
    version, place, *_, labels = facts(store)
    models = ome_zarr_models.v05 if version == 3 else ome_zarr_models.v04
    root = zarr.open_group(store, mode="r", zarr_format=version)
    if place == "plate":
        plate = models.HCS.from_zarr(root)
        assert plate.n_wells == 2
    if place == "series":
        models.BioFormats2Raw.from_zarr(root)
    for path in IMAGES[place]:
        group = root[path] if path else root
        models.Image.from_zarr(group)
        for label in range(labels):
            found = models.ImageLabel.from_zarr(group[f"labels/cells{label}"])
            assert len(found.attributes.model_dump()) > 0
        if labels:
            models.Labels.from_zarr(group["labels"])


@pytest.mark.parametrize("store", [n for n in NAMES if n.endswith("labels0")], indirect=True)
def test_zarr_and_tensorstore_fill_the_arrays_and_we_read_them(store):
    version, place, axes, levels, _ = facts(store)
    random = np.random.default_rng(11)
    expected = {}
    for image in IMAGES[place]:
        for level in range(levels):
            path = f"{image}/{level}".strip("/")
            array = zarr.open_array(store / path, mode="r+", zarr_format=version)
            assert array.fill_value == 0 and array.dtype == np.uint16
            if version == 3:
                assert array.metadata.dimension_names == tuple(axes)
            pixels = random.integers(0, 3000, array.shape).astype(np.uint16)
            array[...] = expected[path] = pixels
            other = tensorstore.open({"driver": "zarr3" if version == 3 else "zarr",
                                      "kvstore": f"file://{store / path}/"}, read=True).result()
            np.testing.assert_array_equal(other.read().result(), pixels)
    tool = pathlib.Path(command()).with_name("zarr_dump")
    done = subprocess.run([tool, store], input="\n".join(expected).encode(), capture_output=True, check=True)
    everything = np.concatenate([pixels.ravel() for pixels in expected.values()])
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.uint16), everything)


@pytest.mark.parametrize("store", [n for n in NAMES if n.endswith("levels1-labels0")], indirect=True)
def test_zarr_reads_the_columns(store):
    version, place, *_ = facts(store)
    group = zarr.open_group(store / IMAGES[place][0] / "frames", mode="r", zarr_format=version)
    assert group.attrs["parfocal"]["columns"] == ["time", "valid"]
    assert group["time"].attrs["unit"] == "s"
    frames = np.arange(20000)
    valid = frames % 7 != 0
    np.testing.assert_array_equal(group["valid"][:], valid.astype(np.uint8))
    np.testing.assert_array_equal(group["time"][:], np.where(valid, frames / 2, 0))
