"""Sinks that record every port of a pipeline, and what they recorded."""

from . import layout, recorded

TAPS = "tap/"


def ngff_order(found):
    names = [n for n in found.stream_names + found.item_names if n != "p"]
    return set(names) <= set("tczyx") and names == sorted(names, key="tczyx".find)


def tap_of(port, found):
    """A sink that keeps all of it, or None where no format can."""
    if not found.is_image or not found.item:
        return {"type": "table", "from": port, "path": f"{TAPS}{port}.csv"}
    if found.item_names[-2:] != ("y", "x"):
        return None
    if ngff_order(found):
        return {"type": "ome_zarr", "from": port, "path": f"{TAPS}{port}.ome.zarr", "codec": "none"}
    if "p" in found.stream_names or found.dtype in ("int64", "uint64"):
        return None
    return {"type": "ome_tiff", "from": port, "path": f"{TAPS}{port}.ome.tif"}


def taps_of(layouts):
    return [tap for port, found in layouts.items() if (tap := tap_of(port, found))]


def read(folder, sink, found):
    path = folder / sink["path"]
    reader = {"table": recorded.read_table, "ome_zarr": recorded.read_zarr, "ome_tiff": recorded.read_tiff}
    return reader[sink["type"]](path, found)


def read_taps(folder, taps, layouts):
    """{port: Recorded}. A live stream without a stated end is as long as its source was."""
    found = {tap["from"]: read(folder, tap, layouts[tap["from"]]) for tap in taps}
    source = found.get("source")
    if source is not None:
        for port, one in found.items():
            lengths = dict(source.stream)
            one.stream = tuple((name, lengths.get(name, size) if size == -1 else size)
                               for name, size in one.stream)
    return found


def probed_plan(pipeline, operators):
    return pipeline.yaml(layout.probes(pipeline, operators))
