"""Writes small .rtdc files of every kind that the reader knows: the seeds of rtdc_fuzz.

    python tests/fuzz/make_rtdc_corpus.py FOLDER        needs h5py and hdf5plugin
"""

import json
import pathlib
import sys

import h5py
import hdf5plugin
import numpy as np

ZSTD = dict(hdf5plugin.Zstd(clevel=5), fletcher32=True)
FORMATS = {"old": "earliest", "new": ("v110", "v110")}


def images(count, dtype=np.uint8):
    return (np.arange(count * 5 * 7) * 7 // 3 % 200).astype(dtype).reshape(count, 5, 7)


def basin(file, key, **entry):
    lines = json.dumps(entry, indent=1).split("\n")
    file.create_dataset(f"basins/{key}", data=np.array(lines, "S"), chunks=True, **ZSTD)


def plain(file, **kind):
    file.attrs["experiment:event count"] = 6
    file.attrs["imaging:pixel size"] = 0.25
    file.attrs["imaging:frame rate"] = 100.0
    file.attrs["setup:medium"] = "CellCarrierB"
    events = file.create_group("events")
    if kind:
        kind["maxshape"] = (None, 5, 7)
    events.create_dataset("image", data=images(6), **kind)
    events.create_dataset("frame", data=np.arange(6, dtype=np.float32))
    return events


def full(file):
    events = plain(file, chunks=(4, 5, 7), **ZSTD)
    events.create_dataset("time", data=np.linspace(0, 1, 6), chunks=(6,), **ZSTD)
    events.create_dataset("basinmap0", data=np.array([0, 0, 1, 1, 0, 1]), chunks=(6,), **ZSTD)
    file.create_dataset("basin_events/image_bg", data=images(2), chunks=(2, 5, 7), **ZSTD)
    basin(file, "a", name="bg", type="internal", format="h5dataset", paths=["basin_events"],
          features=["image_bg"], mapping="basinmap0")
    basin(file, "b", name="raw", type="file", format="hdf5", paths=["/nowhere/raw.rtdc"])
    file.create_dataset("logs/new", data=np.array([b"one", b"two"], "S5"), chunks=True, **ZSTD)
    file.create_dataset("logs/old", data=["one", "two"], dtype=h5py.string_dtype())
    columns = np.zeros((3, 1, 1), [("brightness", "f8"), ("focus", "f8")])
    file.create_dataset("tables/monitor", data=columns)


KINDS = {
    "full": full,
    "split": lambda file: plain(file, chunks=(2, 2, 3), compression="gzip", shuffle=True),
    "contiguous": plain,
    "szip": lambda file: plain(file, chunks=(2, 4, 4), compression="szip"),
    "many": lambda file: plain(file, chunks=(1, 5, 7)),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, write in KINDS.items():
        for name, libver in FORMATS.items():
            try:
                with h5py.File(folder / f"{kind}-{name}.rtdc", "w", libver=libver) as file:
                    write(file)
            except ValueError as error:  # an h5py that was built without szip
                print(f"{kind}: {error}", file=sys.stderr)
                (folder / f"{kind}-{name}.rtdc").unlink()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
