"""What the sink `ome_zarr` writes, in every version, codec, type and number of axes, is what five
other libraries read.

Two tables hold the sink's words; those it does not know yet are left out. The whole matrix, with
all sizes, runs with PARFOCAL_MATRIX=whole; otherwise each type and number of axes has one size.
"""

import functools
import json
import os
import subprocess

import numpy as np
import pytest
import zarr
from conftest import command
from readers import (by_ome_zarr, by_tensorstore, by_zarr_python, by_zarr_python_2, by_zarrita,
                     mismatches)

DTYPES = ("uint8", "uint16", "int16", "float32")
SIZES = {
    "yx": ((37, 53), (1, 1), (257, 3), (1030, 1100)),
    "tyx": ((5, 37, 53), (1, 1, 61), (7, 129, 2), (3, 70, 1025)),
    "czyx": ((2, 3, 19, 23), (3, 1, 1, 5), (1, 5, 64, 33), (2, 2, 301, 7)),
    "tczyx": ((2, 2, 3, 11, 13), (1, 1, 1, 1, 1), (3, 1, 2, 17, 9), (2, 3, 1, 5, 260)),
}
# Name in this test: what the sink is told, and the names of the codecs in v3 and v2 metadata.
VERSIONS = {"0.5": {}, "0.4": {"format": "0.4"}}
CODECS = {
    "default": ({}, None, None),
    "none": ({"codec": "none"}, [], None),
    "blosc-lz4": ({"codec": "lz4"}, ["blosc lz4"], "blosc lz4"),
    "blosc-zstd": ({"codec": "zstd_blosc"}, ["blosc zstd"], "blosc zstd"),
    "zstd": ({"codec": "zstd"}, ["zstd"], "zstd"),
    "gzip": ({"codec": "gzip"}, ["gzip"], "gzip"),
    "crc32c": ({"codec": "crc32c"}, ["crc32c"], None),
}
NOT_IN_VERSION_2 = ("crc32c",)
LAYOUTS = {"": {}, "small": {"chunk": {"y": 16, "x": 20}}, "files": {"shard": "none"}}
READERS = {"zarr-python": by_zarr_python, "tensorstore": by_tensorstore, "zarrita": by_zarrita,
           "ome-zarr": by_ome_zarr}


@functools.cache
def sink_parameters():
    """Name -> allowed words (empty: any) of the sink's parameters."""
    text = subprocess.run([command(), "ops", "--json"], check=True, capture_output=True).stdout
    (sink,) = [entry for entry in json.loads(text)["entries"]
               if entry["name"] == "ome_zarr" and entry["role"] == "sink"]
    return {p["name"]: p.get("choices", []) for p in sink["parameters"]}


def known(options):
    parameters = sink_parameters()
    return all(name in parameters for name in options)


def sinks():
    """Name of the store -> options of the sink."""
    found = {}
    for version, format_ in VERSIONS.items():
        for codec, (compress, _, _) in CODECS.items():
            for layout, tiles in LAYOUTS.items():
                options = {**format_, **compress, **tiles}
                if known(options) and not (version == "0.4" and codec in NOT_IN_VERSION_2):
                    found["_".join(filter(None, (version, codec, layout)))] = options
    return found


def image(dtype, shape):
    values = np.random.default_rng(7).poisson(40, shape)
    return (values - 40 if dtype in ("int16", "float32") else values).astype(dtype)


def drawn_sizes(axes, dtype):
    if os.environ.get("PARFOCAL_MATRIX") == "whole":
        return SIZES[axes]
    at = DTYPES.index(dtype) + list(SIZES).index(axes)
    return (SIZES[axes][at % len(SIZES[axes])],)


def write_all(parfocal, folder, axes, pixels):
    """Runs one pipeline with all sinks; returns the image folders by name."""
    name = f"{pixels.dtype.name}-{'x'.join(map(str, pixels.shape))}"
    array = zarr.create_array(folder / f"{name}.zarr", shape=pixels.shape, dtype=pixels.dtype,
                              chunks=pixels.shape)
    array[...] = pixels
    lines = [json.dumps({"type": "ome_zarr", "from": "source", "path": f"{store}.ome.zarr",
                         **options}) for store, options in sinks().items()]
    (folder / f"{name}.yaml").write_text(
        f"parfocal: 1\nsource: {{type: ome_zarr, path: {name}.zarr, axes: {axes}}}\nsinks:\n"
        + "".join(f"  - {line}\n" for line in lines))
    parfocal("run", f"{name}.yaml", "--out", name)
    return {store: folder / name / f"{store}.ome.zarr" for store in sinks()}


def levels_of(root):
    path = root / "zarr.json"
    if path.exists():
        attributes = json.loads(path.read_text())["attributes"]["ome"]
    else:
        attributes = json.loads((root / ".zattrs").read_text())
    return [root / level["path"] for level in attributes["multiscales"][0]["datasets"]]


def blosc_or(name, cname):
    return f"{name} {cname}" if name == "blosc" else name


def stored_codecs(folder):
    """Names of the codecs of an array: a list of v3, a name or None of v2."""
    if (folder / ".zarray").exists():
        compressor = json.loads((folder / ".zarray").read_text())["compressor"]
        return compressor and blosc_or(compressor["id"], compressor.get("cname"))
    codecs = json.loads((folder / "zarr.json").read_text())["codecs"]
    if codecs[0]["name"] == "sharding_indexed":
        codecs = codecs[0]["configuration"]["codecs"]
    return [blosc_or(codec["name"], codec.get("configuration", {}).get("cname"))
            for codec in codecs[1:]]


def expect_codecs(store, folder):
    version, codec = store.split("_")[:2]
    if codec != "default":
        assert stored_codecs(folder) == CODECS[codec][1 if version == "0.5" else 2], folder


@pytest.mark.parametrize("axes", SIZES)
def test_everybody_reads_what_we_write(parfocal, tmp_path, axes):
    arrays, of_version_2 = {}, []
    for dtype in DTYPES:
        for shape in drawn_sizes(axes, dtype):
            pixels = image(dtype, shape)
            for store, root in write_all(parfocal, tmp_path, axes, pixels).items():
                first, *smaller = levels_of(root)
                expect_codecs(store, first)
                arrays[first] = pixels
                arrays.update({level: zarr.open_array(level, mode="r")[...] for level in smaller})
                of_version_2 += [f for f in (first, *smaller) if store.startswith("0.4")]
    wrong = [f"{name}: {what}" for name, read in READERS.items()
             for what in mismatches(read(arrays), arrays)]
    if of_version_2:
        kept = {folder: arrays[folder] for folder in of_version_2}
        wrong += [f"zarr-python 2: {what}" for what in mismatches(by_zarr_python_2(kept), kept)]
    assert not wrong, "\n".join(wrong)


def test_the_readers_find_the_axes(parfocal, tmp_path):
    for axes in SIZES:
        stores = write_all(parfocal, tmp_path, axes, image("uint8", SIZES[axes][0]))
        folders = [levels_of(root)[0] for root in stores.values()]
        for name, read in READERS.items():
            for folder, found in read(folders).items():
                if name == "ome-zarr" or (folder / "zarr.json").exists():
                    assert found["dimension_names"] == list(axes), (name, folder)


def test_the_tables_use_words_that_the_sink_knows():
    """A word that the sink has under another name would silently be left out."""
    parameters = sink_parameters()
    for options in (*VERSIONS.values(), *(c[0] for c in CODECS.values()), *LAYOUTS.values()):
        for name, value in options.items():
            if parameters.get(name):
                assert value in parameters[name], (name, value)


def test_zarr_python_2_agrees_with_3(tmp_path):
    """It must agree before it can judge us."""
    arrays = {}
    for dtype in DTYPES:
        arrays[tmp_path / dtype] = image(dtype, (5, 37, 53))
        zarr.create_array(tmp_path / dtype, data=arrays[tmp_path / dtype], chunks=(2, 16, 20),
                          zarr_format=2)
    assert not list(mismatches(by_zarr_python_2(arrays), arrays))
