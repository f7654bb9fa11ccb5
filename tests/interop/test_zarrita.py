"""zarrita, the reader of browser viewers: it must agree with zarr-python before it can judge us."""

import numpy as np
import zarr
from readers import by_zarrita, mismatches

CODECS = {
    "none": None,
    "blosc-lz4": zarr.codecs.BloscCodec(cname="lz4", clevel=1, shuffle="shuffle"),
    "blosc-zstd": zarr.codecs.BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"),
    "zstd": zarr.codecs.ZstdCodec(level=1),
    "gzip": zarr.codecs.GzipCodec(level=1),
    "crc32c": zarr.codecs.Crc32cCodec(),
}


def test_zarrita_and_zarr_python_read_the_same_arrays(tmp_path):
    arrays = {}
    for dtype in ("uint8", "uint16", "int16", "float32"):
        for codec, compressor in CODECS.items():
            for shards in (None, (4, 32, 40)):
                name = f"{dtype}-{codec}-{'sharded' if shards else 'plain'}"
                pixels = np.random.default_rng(3).integers(0, 100, (5, 37, 53)).astype(dtype)
                array = zarr.create_array(tmp_path / name, shape=pixels.shape, dtype=dtype,
                                          chunks=(2, 16, 20), shards=shards,
                                          compressors=compressor)
                array[...] = pixels
                arrays[tmp_path / name] = pixels
    assert not list(mismatches(by_zarrita(arrays), arrays))


def test_zarrita_tells_a_torn_shard_from_pixels(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 100, (4, 32, 32)).astype("uint16")
    array = zarr.create_array(tmp_path / "a", shape=pixels.shape, dtype="uint16",
                              chunks=(1, 16, 16), shards=(4, 32, 32), compressors=None)
    array[...] = pixels
    shard = tmp_path / "a/c/0/0/0"
    shard.write_bytes(shard.read_bytes()[:-20])
    assert list(mismatches(by_zarrita([tmp_path / "a"]), {tmp_path / "a": pixels}))


def test_zarrita_reads_images_and_labels_that_we_write(parfocal, tmp_path):
    (tmp_path / "p.yaml").write_text("""\
parfocal: 1
source: {type: generator, kind: nuclei, size: {t: 7, y: 121, x: 150}, dtype: uint8, seed: 9,
         radius_px: 4}
steps:
  - {id: smooth, op: gaussian, sigma: 1 px}
  - {id: mask, op: threshold, method: otsu, from: source}
  - {id: cells, op: label}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
""")
    parfocal("run", "p.yaml", "--out", "out")
    root = tmp_path / "out/smooth.ome.zarr"
    arrays = {folder: zarr.open_array(folder, mode="r")[...]
              for folder in (root / "0", root / "labels/cells/0")}
    found = by_zarrita(arrays)
    assert not list(mismatches(found, arrays))
    assert all(read["dimension_names"] == ["t", "y", "x"] for read in found.values())
