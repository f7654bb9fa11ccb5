"""Inputs of n entries each, and the commands that have to pass over all of them."""

import json
import struct

import h5py
import numpy as np

GENERATOR = {"type": "generator", "kind": "counter", "size": {"t": 1, "y": 4, "x": 4}, "dtype": "uint8"}
RUN = ["--out", "o", "--threads", "1", "--progress", "none", "--overwrite"]
CONVERT = ["--threads", "1", "--progress", "none", "--overwrite"]


def pipeline(folder, source, sinks=None):
    sinks = sinks or [{"type": "frames", "from": "source", "path": "all.csv"}]
    (folder / "p.yaml").write_text(json.dumps({"parfocal": 1, "source": source, "steps": [], "sinks": sinks}))


def tiff(pages):
    """Pages of 4x4 pixels that all show the same ones."""
    first = 8 + 16
    tags = [(256, 4), (257, 4), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 4), (279, 16)]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    length = len(directory) + 4
    links = [first + length * (page + 1) for page in range(pages - 1)] + [0]
    return struct.pack("<2sHI", b"II", 42, first) + bytes(range(16)) + b"".join(directory + struct.pack("<I", link) for link in links)


def pages(folder, n):
    (folder / "a.tif").write_bytes(tiff(n))
    pipeline(folder, {"type": "files", "glob": "a.tif", "axes": "tyx"})
    return {"info": ["a.tif"], "plan": ["p.yaml"], "run": ["p.yaml", *RUN], "convert": ["a.tif", "c.ome.zarr", *CONVERT]}


def files(folder, n):
    for number in range(n):
        (folder / f"f{number}.tif").write_bytes(tiff(1))
    pipeline(folder, {"type": "files", "glob": "f*.tif", "axes": "tyx"})
    return {"info": ["f*.tif"], "check": ["p.yaml"], "plan": ["p.yaml"], "run": ["p.yaml", *RUN],
            "convert": ["f*.tif", "c.ome.zarr", *CONVERT]}


ARRAY = {"zarr_format": 3, "node_type": "array", "shape": [1, 4, 4], "data_type": "uint8", "fill_value": 0,
         "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 4, 4]}},
         "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
         "codecs": [{"name": "bytes"}], "attributes": {}, "dimension_names": ["t", "y", "x"]}


def group(**ome):
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", **ome}}})


def image():
    axes = [{"name": "t", "type": "time"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    return group(multiscales=[{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [
        {"type": "scale", "scale": [1, 1, 1]}]}]}])


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def wells(folder, n):
    """A plate of n wells with a field each."""
    root, columns = folder / "a.zarr", 100
    names = [(number // columns, number % columns) for number in range(n)]
    write(root / "zarr.json", group(plate={
        "rows": [{"name": f"R{r}"} for r in sorted({r for r, _ in names})],
        "columns": [{"name": f"{c}"} for c in sorted({c for _, c in names})],
        "wells": [{"path": f"R{r}/{c}", "rowIndex": r, "columnIndex": c} for r, c in names]}))
    for row in sorted({r for r, _ in names}):
        write(root / f"R{row}/zarr.json", group())
    for row, column in names:
        well = root / f"R{row}/{column}"
        write(well / "zarr.json", group(well={"images": [{"path": "0"}]}))
        write(well / "0/zarr.json", image())
        write(well / "0/0/zarr.json", json.dumps(ARRAY))
        (well / "0/0/c/0/0").mkdir(parents=True)
        (well / "0/0/c/0/0/0").write_bytes(bytes(range(16)))
    pipeline(folder, {"type": "ome_zarr", "path": "a.zarr", "position": "all"})
    return {"info": ["a.zarr"], "info --validate": ["a.zarr"], "plan": ["p.yaml"], "run": ["p.yaml", *RUN],
            "convert": ["a.zarr", "c.ome.zarr", *CONVERT]}


def axes(folder, n):
    """An array of so many axes of one step each: read or refused, but not for long."""
    root = folder / "a.zarr"
    names = [f"a{number}" for number in range(n)] + ["y", "x"]
    shape = [1] * n + [4, 4]
    array = {**ARRAY, "shape": shape, "dimension_names": names,
             "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}}}
    write(root / "0/zarr.json", json.dumps(array))
    write(root / "zarr.json", group(multiscales=[{
        "axes": [{"name": name, "type": "space"} for name in names],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1] * len(shape)}]}]}]))
    pipeline(folder, {"type": "ome_zarr", "path": "a.zarr"})
    return {"info": ["a.zarr"], "info --validate": ["a.zarr"], "plan": ["p.yaml"], "run": ["p.yaml", *RUN],
            "convert": ["a.zarr", "c.ome.zarr", *CONVERT]}


def columns(folder, n):
    """A recording with so many columns beside its images."""
    with h5py.File(folder / "m.rtdc", "w", libver=("earliest", "v110")) as h5:
        h5.attrs.update({"experiment:event count": 3, "imaging:pixel size": 0.34, "imaging:roi size x": 9,
                         "imaging:roi size y": 7, "imaging:frame rate": 1000.0})
        h5["events/image"] = np.zeros((3, 7, 9), np.uint8)
        h5["events/time"] = np.arange(3) * 1e-3
        h5["events/frame"] = np.arange(1, 4, dtype=float)
        for number in range(n):
            h5[f"events/ml_score_{number:05}"] = np.zeros(3)
    pipeline(folder, {"type": "rtdc", "path": "m.rtdc"})
    return {"info": ["m.rtdc"], "plan": ["p.yaml"], "run": ["p.yaml", *RUN], "convert": ["m.rtdc", "c.ome.zarr", *CONVERT]}


def nesting(folder, n):
    """Metadata of a store, and a pipeline file, nested so deep."""
    deep = "[" * n + "]" * n
    write(folder / "a.zarr/zarr.json", '{"zarr_format": 3, "node_type": "group", "attributes": {"deep": %s}}' % deep)
    write(folder / "p.yaml", json.dumps({"parfocal": 1, "source": GENERATOR, "sinks": [], "steps": []})[:-1] + ', "vars": {"deep": %s}}' % deep)
    write(folder / "plan.json", '{"schema": "parfocal.plan/1", "deep": %s}' % deep)
    return {"info": ["a.zarr"], "info --validate": ["a.zarr"], "check": ["p.yaml"], "plan": ["p.yaml"], "run": ["plan.json", *RUN],
            "convert": ["a.zarr", "c.ome.zarr", *CONVERT]}


KINDS = [pages, files, wells, axes, columns, nesting]
