"""Everybody else's readers of arrays; each gives a dict from the folder of an array to what it read
of it: shape, dtype, dimension_names (or None) and sha256, or error. All of an array is read."""

import hashlib
import json
import pathlib
import subprocess

import ome_zarr.io
import ome_zarr.reader
import tensorstore
import zarr

HERE = pathlib.Path(__file__).parent
ZARR2 = HERE.parents[1] / ".venv-zarr2/bin/python"


def sha256(pixels):
    """Of the little-endian bytes in C order."""
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes("C")).hexdigest()


def facts(pixels, names=None):
    return {"shape": list(pixels.shape), "dtype": pixels.dtype.name, "dimension_names": names,
            "sha256": sha256(pixels)}


def each(read, folders):
    found = {}
    for folder in folders:
        try:
            found[folder] = read(folder)
        except Exception as error:  # each reader has errors of its own
            found[folder] = {"error": f"{type(error).__name__}: {error}"}
    return found


def by_process(command, folders):
    """A process that reads folders from its input and prints a line of JSON for each."""
    done = subprocess.run(command, input="".join(f"{folder}\n" for folder in folders), text=True,
                          stdout=subprocess.PIPE, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["path"] for one in found] == [str(folder) for folder in folders]
    return dict(zip(folders, found))


def by_zarrita(folders):
    assert (HERE / "node/node_modules").is_dir(), "run scripts/npm.sh tests/interop/node"
    return by_process(["node", HERE / "node/read_arrays.mjs"], folders)


def by_zarr_python_2(folders):
    """Of Zarr v2 only."""
    assert ZARR2.exists(), "run `make test-interop`, which makes .venv-zarr2"
    return by_process([ZARR2, HERE / "zarr2/read_arrays.py"], folders)


def by_zarr_python(folders):
    def read(folder):
        array = zarr.open_array(folder, mode="r")
        names = getattr(array.metadata, "dimension_names", None)
        return facts(array[...], list(names) if names else None)

    return each(read, folders)


def by_tensorstore(folders):
    def read(folder):
        driver = "zarr3" if (folder / "zarr.json").exists() else "zarr"
        store = tensorstore.open({"driver": driver, "kvstore": f"file://{folder}/"},
                                 read=True).result()
        names = list(store.domain.labels)
        return facts(store.read().result(), names if all(names) else None)

    return each(read, folders)


def by_ome_zarr(folders):
    """Through the metadata of the image, one folder up; the levels are counted there."""

    def read(folder):
        url = ome_zarr.io.parse_url(folder.parent)
        image = next(iter(ome_zarr.reader.Reader(url)()))
        names = [axis["name"] for axis in image.metadata["axes"]]
        return facts(image.data[int(folder.name)].compute(), names)

    return each(read, folders)


def mismatches(found, arrays):
    """What a reader read otherwise than it is, one sentence for each array."""
    for folder, pixels in arrays.items():
        read = found[folder]
        where = f"{folder.parent.name}/{folder.name}"
        if "error" in read:
            yield f"{where}: {read['error']}"
        elif read["shape"] != list(pixels.shape) or read["dtype"] != pixels.dtype.name:
            yield f"{where}: {read['dtype']} {read['shape']}"
        elif read["sha256"] != sha256(pixels):
            yield f"{where}: other pixels"
