"""zarrita, the reader of browser viewers: it must agree with zarr-python before it can judge us."""

import numpy as np
import zarr
from readers import by_zarrita, expect_zarrita_equal

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
    expect_zarrita_equal(arrays)


def test_zarrita_reads_what_we_write(parfocal, tmp_path):
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
  - {type: ome_zarr, from: source, path: raw.ome.zarr}
""")
    parfocal("run", "p.yaml", "--out", "out")
    folders = [tmp_path / "out" / name / "0" for name in (
        "raw.ome.zarr", "smooth.ome.zarr", "smooth.ome.zarr/labels/cells")]
    expect_zarrita_equal({folder: zarr.open_array(folder, mode="r")[...] for folder in folders})
    assert all(read["dimension_names"] == ["t", "y", "x"] for read in by_zarrita(folders))
