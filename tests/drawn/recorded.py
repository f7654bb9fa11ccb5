"""What a run left behind, read by other people's readers."""

import csv
import json
import re
import warnings
from dataclasses import dataclass, field

import h5py
import hdf5plugin  # noqa: F401  registers the filters that h5py needs
import numpy as np
import tifffile
import zarr

warnings.filterwarnings("ignore", "Object at .* is not recognized as a component of a Zarr hierarchy")


@dataclass
class Recorded:
    """Items of one port. `items`: coordinates -> array, number, or list of rows of a table."""
    stream: tuple                               # ((axis, size), ...)
    items: dict = field(default_factory=dict)
    gaps: dict = field(default_factory=dict)    # coordinates -> reason


def coordinates(shape):
    return list(np.ndindex(*shape))


def split_items(pixels, layout, valid, reasons):
    """`pixels`: stream axes, then item axes; `valid`: one flag a plane, in C order."""
    pixels = pixels.astype(bool) if layout.dtype == "bool" else pixels  # stored as 0 and 1
    if not layout.stream and pixels.shape != layout.item_shape:  # of a run that failed within it
        return Recorded((), {}, {(): "?"})
    found = Recorded(tuple((name, size) for (name, _), size in zip(layout.stream, pixels.shape)))
    planes = max(1, int(np.prod(layout.item_shape[:-2])))
    for number, at in enumerate(coordinates(pixels.shape[:len(layout.stream)])):
        flags = None if valid is None else valid.reshape(-1)[number * planes:(number + 1) * planes]
        there = flags is None or (flags.size == planes and flags.all())
        if there:
            found.items[at] = pixels[at]
        else:
            found.gaps[at] = reasons.get(number * planes, "?")
    return found


# --- OME-Zarr ---

def attributes(group):
    return dict(group.attrs)


def gap_reasons(group):
    own = group.attrs.get("parfocal", {})
    return {frame: gap["reason"] for gap in own.get("gaps", [])
            for frame in range(gap["first"], gap["last"] + 1)}


def image_of(group, layout, level=0):
    pixels = group[str(level)][...]
    valid = group["frames/valid"][...] if "frames" in group else None
    reasons = gap_reasons(group)
    if valid is not None and valid.size and not reasons:
        reasons = {int(k): "?" for k in np.flatnonzero(valid.reshape(-1) == 0)}
    return pixels, valid, reasons


def positions(root, layout):
    """The groups of the images along axis p, in order: a series, or the one image."""
    if "p" not in layout.stream_names:
        return [root]
    return [root[str(p)] for p in range(dict(layout.stream)["p"])]


def read_zarr(path, layout):
    root = zarr.open_group(path, mode="r")
    if "p" not in layout.stream_names:
        return split_items(*image_of_item(root, layout))
    place = layout.stream_names.index("p")
    parts = [image_of(group, layout) for group in positions(root, layout)]
    longest = max(len(pixels) for pixels, _, _ in parts)  # of a run that failed some are shorter
    pixels = np.stack([padded(one, longest) for one, _, _ in parts], place)
    flags = np.stack([padded(np.ones(one.shape[:-2], np.uint8) if valid is None
                             else valid.reshape(one.shape[:-2]), longest) for one, valid, _ in parts], place)
    reasons = {}
    for p, (one, _, why) in enumerate(parts):
        there = int(np.prod(one.shape[:-2]))
        for frame, reason in why.items():
            if frame >= there:  # one that was expected behind the end
                continue
            at = list(np.unravel_index(frame, one.shape[:-2]))
            at.insert(place, p)
            reasons[int(np.ravel_multi_index(at, flags.shape))] = reason
    return split_items(pixels, layout, flags, reasons)


def padded(array, length):
    if array.ndim == 0:
        return array
    return np.concatenate([array, np.zeros((length - len(array),) + array.shape[1:], array.dtype)])


def image_of_item(group, layout):
    pixels, valid, reasons = image_of(group, layout)
    return pixels, layout, valid, reasons


# --- others ---

def read_tiff(path, layout):
    with tifffile.TiffFile(path) as file:
        if not len(file.pages):
            return Recorded(layout.stream)
        planes = np.stack([page.asarray() for page in file.pages])
        text = file.pages[0].description
        with open(path, "rb") as raw:  # the description that holds at the end is the last one
            texts = re.findall(rb"<\?xml.*?</OME>", raw.read(), re.S)
        text = texts[-1].decode() if texts else text
    sizes = list(layout.stream_shape + layout.item_shape)
    if len(sizes) > 2:  # a stream without an end, or a file that ends early
        step = int(np.prod(sizes[1:-2]))
        sizes[0] = len(planes) // step
        planes = planes[:sizes[0] * step]
    pixels = planes.reshape(sizes).astype(layout.dtype)
    gaps = re.search(r'K="gaps">(.*?)</M>', text, re.S)
    ranges = json.loads(gaps[1].replace("&quot;", '"').replace("&#34;", '"')) if gaps else []
    valid = np.ones(len(planes), np.uint8)  # of those that are linked
    # Gaps count items, which are single pages where a killed run was recovered.
    items = re.search(r'K="items">(\d+)<', text)
    each = max(1, len(planes) // int(items[1])) if items and int(items[1]) else max(1, int(np.prod(layout.item_shape[:-2])))
    reasons = {}
    for gap in ranges:
        valid[gap["first"] * each:(gap["last"] + 1) * each] = 0
        reasons.update({n * each: gap["reason"] for n in range(gap["first"], gap["last"] + 1)})
    return split_items(pixels, layout, valid, reasons)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_table(path, layout):
    """A scalar per item, or rows; an item without a row is not said to be a gap."""
    found = Recorded(layout.stream)
    rows = rows_of(path)
    names = layout.stream_names
    for row in rows:
        at = tuple(int(row[name]) for name in names)
        if layout.is_image:
            value = next(text for name, text in reversed(row.items()))
            found.items[at] = number_of(value, layout.dtype)
        else:
            found.items.setdefault(at, []).append(
                {name: value for name, value in row.items() if name not in names})
    return found


def number_of(text, dtype):
    if dtype == "bool":
        return np.bool_(int(text))
    if dtype.startswith("float"):
        return np.dtype(dtype).type(text if text else "nan")
    return np.dtype(dtype).type(int(text))


def read_rtdc(path):
    """{name: values} of the events."""
    with h5py.File(path) as h5:
        return {name: data[...] for name, data in h5["events"].items()}


def read_record(folder):
    return json.loads((folder / "run.json").read_text())


# --- whole folders, to be compared ---

VOLATILE = ("host_time_ns", "device_time_ns", "provenance", "origin", "created")


def without_volatile(value):
    if isinstance(value, dict):
        return {k: without_volatile(v) for k, v in value.items() if k not in VOLATILE}
    return [without_volatile(v) for v in value] if isinstance(value, list) else value


def digest(array):
    """Compares NaN as bytes, so equal is equal."""
    array = np.ascontiguousarray(array)
    return str(array.dtype), array.shape, array.tobytes()


def zarr_contents(path):
    root = zarr.open_group(path, mode="r")
    found = {"attributes": without_volatile(attributes(root))}
    for name, member in root.members(max_depth=None):
        if isinstance(member, zarr.Array):
            if name.split("/")[-1] not in ("host_time_ns", "device_time_ns", "hardware_id"):
                found[name] = digest(member[...])
        else:
            found[name + " attributes"] = without_volatile(attributes(member))
    return found


def tiff_contents(path):
    with tifffile.TiffFile(path) as file:
        return {f"page {n}": digest(page.asarray()) for n, page in enumerate(file.pages)}


RECORD = ("status", "exit_code", "items", "broken", "failed", "lost", "stopped")


def record_contents(folder, paths):
    record = read_record(folder)
    edges = {edge["edge"]: edge for edge in record.get("edges", []) if any(p in edge["edge"] for p in paths)}
    return {**{key: record[key] for key in RECORD}, "edges": edges}


def contents(folder, sinks):
    """{what: comparable} of the outputs of these sinks."""
    found = {}
    for sink in sinks:
        path = folder / sink["path"]
        read = {"ome_zarr": zarr_contents, "ome_tiff": tiff_contents,
                "rtdc": lambda p: {k: digest(v) for k, v in read_rtdc(p).items()}}
        parts = read[sink["type"]](path) if sink["type"] in read else {"text": path.read_bytes()}
        found.update({f"{sink['path']}: {name}": value for name, value in parts.items()})
    return found


def differences(one, other):
    """Names of what differs, with how much where it is pixels."""
    found = []
    for name in sorted(set(one) | set(other), key=str):
        a, b = one.get(name), other.get(name)
        if a == b:
            continue
        if isinstance(a, tuple) and isinstance(b, tuple) and a[:2] == b[:2]:
            x, y = (np.frombuffer(v[2], v[0]).reshape(v[1]) for v in (a, b))
            wrong = np.argwhere(x != y)
            where = wrong[0].tolist() if len(wrong) else "bytes of NaN"
            found.append(f"{name}: {len(wrong)} of {x.size} differ, first at {where}")
        else:
            found.append(f"{name}: {str(a)[:200]} | {str(b)[:200]}")
    return found


def unequal(got, right):
    """None, or the first item of one that is not as in the other."""
    for at, item in right.items.items():
        if isinstance(item, list):
            if got.items[at] != item:
                return f"rows of item {at} differ"
        elif digest(np.asarray(got.items[at]))[2] != digest(np.asarray(item))[2]:
            wrong = np.argwhere(np.asarray(got.items[at]) != np.asarray(item))
            return f"item {at}: {len(wrong)} pixels differ, first at {wrong[:1].tolist()}"
    return None


def wrong_levels(path, layout):
    """Smaller levels by tensorstore, from the level before; labels by their most frequent value."""
    import tensorstore
    wrong, root = [], zarr.open_group(path, mode="r")
    for image in positions(root, layout):
        level = 1
        while str(level) in image:
            before, got = image[str(level - 1)][...], image[str(level)][...]
            if not before.size or not got.size:  # of a run that ended before its first frame
                break
            method = "mode" if before.dtype == bool else "mean"
            factors = [-(-a // b) for a, b in zip(before.shape, got.shape)]
            right = tensorstore.downsample(tensorstore.array(before), factors, method).read().result()
            valid = image["frames/valid"][...].reshape(before.shape[:-2]) if "frames" in image else None
            if valid is not None and right.shape == got.shape:
                right[valid == 0] = got[valid == 0]
            if right.shape != got.shape or not np.array_equal(right, got, equal_nan=right.dtype.kind == "f"):
                wrong.append(f"level {level} of {image.path!r} is not the mean of the one before")
            level += 1
    return wrong
