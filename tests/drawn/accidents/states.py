"""What is left of results that did not come to their end: read, and held against the whole ones."""

import csv
import io
from dataclasses import replace

import numpy as np
import zarr

from .. import recorded, taps

READ = ("ome_zarr", "ome_tiff")


def items_of(place, sink, layout):
    """What a sink of images says it has: Recorded. An item that was cut, as a stack without its last planes,
    is none."""
    path = place / sink["path"]
    if path.is_file() and path.stat().st_size == 0:
        return recorded.Recorded(layout.stream)
    found = all_items(place, sink, layout)
    found.items = {at: item for at, item in found.items.items() if np.shape(item) == layout.item_shape}
    return found


def is_begun(path):
    """Whether there is something that a reader could open; before that, nothing is acknowledged."""
    return path.is_file() or any((path / name).exists() for name in ("zarr.json", ".zgroup"))


def all_items(place, sink, layout):
    """Of a store each position by itself, since one that did not come to its end may have more steps in one
    than in another."""
    if sink["type"] != "ome_zarr" or "p" not in layout.stream_names:
        return taps.read(place, sink, layout)
    at = layout.stream_names.index("p")
    one = replace(layout, stream=layout.stream[:at] + layout.stream[at + 1:])
    root, found = zarr.open_group(place / sink["path"], mode="r"), recorded.Recorded(layout.stream)
    for p in range(layout.stream[at][1]):
        if str(p) not in root:
            continue
        part = recorded.split_items(*recorded.image_of_item(root[str(p)], one))
        found.items.update({c[:at] + (p,) + c[at:]: item for c, item in part.items.items()})
        found.gaps.update({c[:at] + (p,) + c[at:]: reason for c, reason in part.gaps.items()})
    return found


def wrong_items(got, right, tells_gaps=True):
    """None, or what of the items that are there is not as in the whole result."""
    for at, item in got.items.items():
        if at not in right.items and not tells_gaps:
            continue
        if at not in right.items:
            return f"item {at} is called valid, and is a gap of the whole result"
        if recorded.digest(np.asarray(item)) != recorded.digest(np.asarray(right.items[at])):
            wrong = np.argwhere(np.asarray(item) != np.asarray(right.items[at]))
            return f"item {at}: {len(wrong)} pixels differ, first at {wrong[:1].tolist()}"
    return None


def wrong_labels(place, whole, sink, got):
    """As wrong_items, of the label images of a store."""
    wrong = []
    for name in sink.get("labels", {}):
        one, right = (zarr.open_group(folder / sink["path"], mode="r") for folder in (place, whole))
        path = f"labels/{name}/0"
        if path not in one or not got.stream or "p" in dict(got.stream):
            continue
        valid = one[f"labels/{name}/frames/valid"][...]
        one, right = one[path], right[path]
        valid = np.resize(valid, one.shape[:len(got.stream)])  # labels that came less far are gaps where the image is there
        for at in got.items:
            if all(i < n for i, n in zip(at, valid.shape)) and valid[at] and not np.array_equal(one[at], right[at]):
                wrong.append(f"label {name} of item {at} differs")
    return wrong[0] if wrong else None


def rows(text):
    """Whole lines of a table; what stands behind the last end of a line is not one."""
    return list(csv.reader(io.StringIO(text[:text.rfind("\n") + 1])))


def wrong_rows(text, whole, coordinates, status=None):
    """None, or what of a table is not of the whole one. Rows of items that were not reached are empty,
    or say so in the column `status`."""
    if not text:
        return None
    if not text.endswith("\n"):
        return "the last row is torn"
    (head, *got), (right_head, *right) = rows(text), rows(whole)
    if head != right_head:
        return f"columns {head} instead of {right_head}"
    known = {tuple(row) for row in right}
    at = head.index(status) if status in head else None
    for row in got:
        gap = row[at] == "gap" if at is not None else not any(row[coordinates:])
        if tuple(row) not in known and not gap:
            return f"row {row} is not in the whole result"
    return None


def wrong_columns(path, whole):
    """None, or what of an .rtdc is not the beginning of the whole one."""
    got, right = recorded.read_rtdc(path), recorded.read_rtdc(whole)
    lengths = {name: len(column) for name, column in got.items()}
    if len(set(lengths.values())) > 1:
        return f"columns of different lengths: {lengths}"
    for name, column in got.items():
        if name not in right or not np.array_equal(column, right[name][:len(column)], equal_nan=column.dtype.kind == "f"):
            return f"column {name} is not the beginning of the whole one"
    return None
