"""Readers of arrays that are not libraries of this Python."""

import hashlib
import json
import pathlib
import subprocess

NODE = pathlib.Path(__file__).parent / "node"


def sha256(pixels):
    """Of the little-endian bytes in C order, as the other readers tell it."""
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes("C")).hexdigest()


def by_zarrita(folders):
    """What zarrita reads of each array: a dict of shape, dtype, dimension_names, sha256 or error."""
    assert (NODE / "node_modules").is_dir(), "run scripts/npm.sh tests/interop/node"
    lines = "".join(f"{folder}\n" for folder in folders)
    done = subprocess.run(["node", "read_arrays.mjs"], cwd=NODE, input=lines, text=True,
                          stdout=subprocess.PIPE, check=True)
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["path"] for r in read] == [str(folder) for folder in folders]
    return read


def expect_zarrita_equal(arrays):
    """Fails unless zarrita reads of each folder (the keys) the pixels that are its value."""
    for read, expected in zip(by_zarrita(arrays), arrays.values()):
        assert "error" not in read, read
        assert read["shape"] == list(expected.shape), read
        assert read["dtype"] == expected.dtype.name, read
        assert read["sha256"] == sha256(expected), read["path"]
