"""Reads arrays by zarr-python 2 and prints a line of JSON for each: path, shape, dtype and sha256
of its little-endian bytes in C order, or path and error.

    read_arrays.py < PATHS, one folder of an array a line
"""

import hashlib
import json
import sys

import zarr


def read(path):
    array = zarr.open_array(path, mode="r")
    pixels = array[...]
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    return {"path": path, "shape": array.shape, "dtype": array.dtype.name,
            "dimension_names": None, "sha256": hashlib.sha256(little.tobytes("C")).hexdigest()}


def main():
    for path in sys.stdin.read().splitlines():
        try:
            line = read(path)
        except Exception as error:  # whatever it says belongs to the report of the test
            line = {"path": path, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(line))


if __name__ == "__main__":
    main()
