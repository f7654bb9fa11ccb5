"""What zarr-python 3 and tensorstore write, in both versions of Zarr, is what we read."""

import json
import pathlib
import subprocess

import numcodecs
import numpy as np
import pytest
import tensorstore
import zarr
from conftest import command

DTYPES = ("uint8", "uint16", "int16", "float32")
SHAPES = ((101,), (37, 53), (5, 37, 53), (2, 3, 19, 23), (2, 2, 3, 11, 13))
CHUNKS = ((13,), (16, 20), (2, 16, 20), (1, 2, 8, 10), (1, 2, 2, 5, 6))


def image(dtype, shape):
    values = np.random.default_rng(7).integers(0, 200, shape)
    return (values - 100 if dtype in ("int16", "float32") else values).astype(dtype)


def expect_equal(folder, arrays):
    """Reads all of each array (a dict by path), and a part of it, and compares."""
    wanted = []
    for path, expected in arrays.items():
        part = tuple(slice(n // 3, n - n // 4) for n in expected.shape)
        wanted += [(path, expected),
                   (f"{path} " + " ".join(f"{s.start}:{s.stop}" for s in part), expected[part])]
    tool = pathlib.Path(command()).with_name("zarr_dump")
    lines = "".join(line + "\n" for line, _ in wanted).encode()
    done = subprocess.run([tool, folder], input=lines, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    at = 0
    for line, expected in wanted:
        pixels = np.frombuffer(done.stdout, expected.dtype, expected.size, at)
        np.testing.assert_array_equal(pixels.reshape(expected.shape), expected, line)
        at += expected.nbytes
    assert at == len(done.stdout)


def blosc(cname, shuffle):
    return zarr.codecs.BloscCodec(cname=cname, clevel=3, shuffle=shuffle)


V3_CODECS = {
    "raw": (),
    "zstd": (zarr.codecs.ZstdCodec(level=3, checksum=True),),
    "gzip": (zarr.codecs.GzipCodec(level=2),),
    "crc32c": (zarr.codecs.Crc32cCodec(),),
    "zstd-crc32c": (zarr.codecs.ZstdCodec(level=1), zarr.codecs.Crc32cCodec()),
    **{f"blosc-{cname}-{shuffle}": (blosc(cname, shuffle),)
       for cname in ("lz4", "lz4hc", "blosclz", "zstd", "zlib")
       for shuffle in ("noshuffle", "shuffle", "bitshuffle")},
}


@pytest.mark.parametrize("codecs,place", [
    (codecs, place) for codecs in V3_CODECS for place in ("none", "end", "start")
    if place != "start" or "blosc" not in codecs])
def test_zarr_python_version_3(tmp_path, codecs, place):
    arrays = {}
    for dtype in DTYPES:
        for shape, chunk in zip(SHAPES, CHUNKS):
            name = f"{dtype}-{len(shape)}"
            shards = None
            if place != "none":
                shards = {"shape": tuple(2 * side for side in chunk), "index_location": place}
            array = zarr.create_array(
                tmp_path, name=name, shape=shape, dtype=dtype, chunks=chunk, shards=shards,
                compressors=V3_CODECS[codecs], fill_value=3, overwrite=True)
            expected = arrays[name] = image(dtype, shape)
            expected[tuple(slice(0, side) for side in chunk)] = 3  # a chunk that is not written
            array[...] = expected
    expect_equal(tmp_path, arrays)


@pytest.mark.parametrize("endian", ("little", "big"))
@pytest.mark.parametrize("order", ("C", "F"))
@pytest.mark.parametrize("separator", ("/", "."))
def test_zarr_python_version_3_orders(tmp_path, endian, order, separator):
    arrays = {}
    for dtype in DTYPES:
        for shape, chunk in zip(SHAPES, CHUNKS):
            name = f"{dtype}-{len(shape)}"
            filters = (zarr.codecs.TransposeCodec(order=tuple(reversed(range(len(shape))))),)
            array = zarr.create_array(
                tmp_path, name=name, shape=shape, dtype=dtype, chunks=chunk,
                filters=filters if order == "F" else None, compressors=None,
                serializer=zarr.codecs.BytesCodec(endian=endian),
                chunk_key_encoding={"name": "default", "separator": separator})
            array[...] = arrays[name] = image(dtype, shape)
    expect_equal(tmp_path, arrays)


V2_COMPRESSORS = {
    "none": None,
    "zlib": numcodecs.Zlib(level=1),
    "gzip": numcodecs.GZip(level=1),
    "zstd": numcodecs.Zstd(level=1),
    **{f"blosc-{cname}-{shuffle}": numcodecs.Blosc(cname=cname, clevel=1, shuffle=shuffle)
       for cname in ("lz4", "zstd") for shuffle in (-1, 0, 1, 2)},
}


@pytest.mark.parametrize("separator", ("/", "."))
@pytest.mark.parametrize("order", ("C", "F"))
@pytest.mark.parametrize("compressor", V2_COMPRESSORS)
def test_zarr_python_version_2(tmp_path, compressor, order, separator):
    arrays = {}
    for dtype in ("uint8", "<u2", ">u2", ">i2", "<f4", ">f4"):
        for shape, chunk in zip(SHAPES, CHUNKS):
            name = f"{dtype.strip('<>')}-{dtype[0] == '>'}-{len(shape)}"
            array = zarr.create_array(
                tmp_path, name=name, shape=shape, dtype=dtype, chunks=chunk, zarr_format=2,
                order=order, compressors=V2_COMPRESSORS[compressor], fill_value=0,
                chunk_key_encoding={"name": "v2", "separator": separator})
            expected = arrays[name] = image(np.dtype(dtype).newbyteorder("=").name, shape)
            array[...] = expected
    expect_equal(tmp_path, arrays)


def tensorstore_codecs(codecs, chunk, place):
    if place == "none":
        return codecs
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    return [{"name": "sharding_indexed", "configuration": {
        "chunk_shape": chunk, "codecs": codecs, "index_codecs": [little, {"name": "crc32c"}],
        "index_location": place}}]


TENSORSTORE_CODECS = {
    "little": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "big": [{"name": "bytes", "configuration": {"endian": "big"}}],
    "gzip": [{"name": "bytes", "configuration": {"endian": "little"}},
             {"name": "gzip", "configuration": {"level": 6}}],
    "blosc": [{"name": "bytes", "configuration": {"endian": "little"}},
              {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5,
                                                  "shuffle": "bitshuffle"}}],
    "zstd-crc32c": [{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "zstd", "configuration": {"level": 1}}, {"name": "crc32c"}],
}


@pytest.mark.parametrize("place", ("none", "end", "start"))
@pytest.mark.parametrize("codecs", TENSORSTORE_CODECS)
def test_tensorstore_version_3(tmp_path, codecs, place):
    arrays = {}
    for dtype in DTYPES:
        for shape, chunk in zip(SHAPES, CHUNKS):
            name = f"{dtype}-{len(shape)}"
            outer = chunk if place == "none" else tuple(2 * side for side in chunk)
            store = tensorstore.open({
                "driver": "zarr3", "kvstore": f"file://{tmp_path / name}/",
                "metadata": {
                    "shape": shape, "data_type": dtype, "fill_value": 5,
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": outer}},
                    "codecs": tensorstore_codecs(TENSORSTORE_CODECS[codecs], chunk, place)},
            }, create=True).result()
            arrays[name] = image(dtype, shape)
            store.write(arrays[name]).result()
    expect_equal(tmp_path, arrays)


@pytest.mark.parametrize("order", ("C", "F"))
@pytest.mark.parametrize("compressor", (
    None, {"id": "zlib", "level": 1}, {"id": "zstd", "level": 1},
    {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 2}))
def test_tensorstore_version_2(tmp_path, compressor, order):
    arrays = {}
    for dtype in ("|u1", "<u2", ">u2", "<i2", ">f4"):
        for shape, chunk in zip(SHAPES, CHUNKS):
            name = f"{dtype[1:]}-{dtype[0] == '>'}-{len(shape)}"
            store = tensorstore.open({
                "driver": "zarr", "kvstore": f"file://{tmp_path / name}/",
                "metadata": {"shape": shape, "chunks": chunk, "dtype": dtype,
                             "order": order if len(shape) > 1 else "C", "compressor": compressor, "fill_value": 0,
                             "dimension_separator": "/"}}, create=True).result()
            expected = arrays[name] = image(np.dtype(dtype).newbyteorder("=").name, shape)
            store.write(expected).result()
    expect_equal(tmp_path, arrays)


def test_zarr_python_consolidated_metadata(tmp_path):
    """The nodes' own files may be gone: the root's copy is read then."""
    for version in (2, 3):
        root = zarr.open_group(tmp_path / str(version), mode="w", zarr_format=version)
        root.create_array("g/a", data=image("uint16", (5, 6)), chunks=(3, 4))
        zarr.consolidate_metadata(tmp_path / str(version), zarr_format=version)
        for name in ("zarr.json",) if version == 3 else (".zarray", ".zattrs"):
            (tmp_path / str(version) / "g/a" / name).unlink()
        expect_equal(tmp_path / str(version), {"g/a": image("uint16", (5, 6))})


NGFF_04 = {"multiscales": [{
    "version": "0.4", "axes": [{"name": "t", "type": "time", "unit": "second"},
                               {"name": "y", "type": "space", "unit": "micrometer"},
                               {"name": "x", "type": "space", "unit": "micrometer"}],
    "datasets": [{"path": "0", "coordinateTransformations": [
        {"type": "scale", "scale": [2, 0.5, 0.5]}]}]}]}


@pytest.mark.parametrize("version", (2, 3))
def test_a_pipeline_reads_compressed_images_of_both_versions(parfocal, tmp_path, version):
    expected = image("uint16", (7, 37, 53))
    root = zarr.open_group(tmp_path / "in.ome.zarr", mode="w", zarr_format=version)
    root.attrs.update(NGFF_04 if version == 2 else {"ome": {"version": "0.5", **NGFF_04}})
    root.create_array("0", data=expected, chunks=(3, 16, 20),
                      shards=(6, 32, 40) if version == 3 else None,
                      chunk_key_encoding={"name": "v2" if version == 2 else "default",
                                          "separator": "/"})
    (tmp_path / "p.yaml").write_text(
        "parfocal: 1\nsource: {type: ome_zarr, path: in.ome.zarr}\n"
        "sinks:\n  - {type: ome_zarr, from: source, path: out.ome.zarr}\n")
    parfocal("run", "p.yaml", "--out", "out")
    out = zarr.open_group(tmp_path / "out/out.ome.zarr", mode="r")
    np.testing.assert_array_equal(out["0"][...], expected)
    facts = json.loads(parfocal("info", "in.ome.zarr", "--json").stdout)["items"][0]
    assert facts["format"] == ("OME-Zarr 0.4" if version == 2 else "OME-Zarr 0.5")
    assert facts["shape"] == [7, 37, 53] and facts["chunks"] == [3, 16, 20]
    assert facts["axes"] == "t=2 s, y=0.5 um, x=0.5 um"
    assert ("shards" in facts) == (version == 3)
