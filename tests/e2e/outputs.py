"""Reads what a run left behind, with other people's readers."""

import csv
import json
import pathlib

import numpy as np
import zarr


def frames(folder):
    """The rows of frames.csv."""
    return table(folder, "frames.csv")


def table(folder, name):
    with open(pathlib.Path(folder) / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def record(folder):
    return json.loads((pathlib.Path(folder) / "run.json").read_text())


def image(folder, name):
    """The finest level of an OME-Zarr image as a numpy array."""
    return zarr.open_array(pathlib.Path(folder) / name / "0", mode="r")[:]


def attributes(folder, name):
    return json.loads((pathlib.Path(folder) / name / "zarr.json").read_text())["attributes"]


def gaps(folder, name):
    """{frame: reason} of everything that the store records as missing."""
    missing = {}
    for gap in attributes(folder, name)["parfocal"]["gaps"]:
        for t in range(gap["first"], gap["last"] + 1):
            missing[t] = gap["reason"]
    return missing


def files_of(folder):
    """{relative name: bytes} of everything below a folder."""
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def contents_of(folder):
    """The same, of stores the metadata and the pixels of every array: the order of chunks in a shard
    is that of the threads. Without what only a camera says of its frames."""
    folder, files = pathlib.Path(folder), {}
    for name, data in files_of(folder).items():
        if ".ome.zarr/" not in name:
            files[name] = data
        elif name.endswith("zarr.json"):
            files[name] = json.loads(data)
            cameras = ("host_time_ns", "device_time_ns", "hardware_id")
            if files[name]["node_type"] == "array" and name.split("/")[-2] not in cameras:
                path = folder / name.removesuffix("zarr.json")
                files[name + " pixels"] = zarr.open_array(path, mode="r")[:].tobytes()
    return files


def assert_within(actual, expected, tolerance):
    """|actual - expected| <= tolerance everywhere, and the same shape."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    worst = np.abs(actual.astype(np.float64) - expected).max()
    assert worst <= tolerance, f"differs by {worst}, allowed {tolerance}"
