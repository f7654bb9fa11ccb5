"""The pinned readers themselves: they must agree with each other before they can judge us."""

import numpy as np
import tensorstore
import zarr


def test_zarr_and_tensorstore_read_the_same_sharded_array(tmp_path):
    pixels = np.arange(4 * 30 * 50, dtype=np.uint16).reshape(4, 30, 50)
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=pixels.shape, chunks=(1, 16, 16), shards=(2, 32, 64), dtype="uint16"
    )
    array[:] = pixels
    read = tensorstore.open(
        {"driver": "zarr3", "kvstore": f"file://{tmp_path}/a.zarr/"}, read=True
    ).result()
    np.testing.assert_array_equal(read.read().result(), pixels)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], pixels)
