"""What each operator has to give, by numpy, scipy and scikit-image, from the inputs that were
recorded. An oracle gets the step, the input items in the order of the ports (None = not connected)
and, per port, the layout; it gives a value for each output: an array, Within(array, tolerance),
FAILS, or None where it does not judge."""

import functools
import math
import operator

import numpy as np
import scipy.ndimage
import skimage.measure
import skimage.morphology
import skimage.segmentation
import skimage.util

from .expected import FAILS, Within, only_at

MAPS, FOLDS = {}, {}


def oracle(*names):
    def add(function):
        for name in names:
            MAPS[name] = function
        return function
    return add


def planes(function):
    """Applies it to each y x plane of an item."""
    @functools.wraps(function)
    def each(image, *arguments):
        flat = image.reshape((-1,) + image.shape[-2:])
        return np.stack([function(plane, *arguments) for plane in flat]).reshape(image.shape)
    return each


# --- pointwise ---

@oracle("test_add")
def add(step, inputs, layouts, out):
    image = np.asarray(inputs[0])
    with np.errstate(over="ignore"):
        if image.dtype.kind == "f":
            return [image + image.dtype.type(step["constant"])]
        bits = np.int64(step["constant"]).astype(image.dtype)
        return [image + bits]


@oracle("delay", "gap_at")
def identity(step, inputs, layouts, out):
    return [inputs[0]]


@oracle("cast")
def cast(step, inputs, layouts, out):
    image, dtype = np.asarray(inputs[0]), np.dtype(step["dtype"])
    casting = step.get("casting", "error")
    if dtype.kind == "b":
        strict = casting == "error" and not np.isin(image, (0, 1)).all()
        return [FAILS if strict else image != 0]
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            out = image.astype(dtype)
        lost = image.dtype.kind == "f" and (np.isfinite(image) & ~np.isfinite(out)).any()
        return [None if lost else out]
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if image.dtype.kind == "f":
        if casting == "error" and not np.isfinite(image).all():
            return [FAILS]
        casting = "error" if casting == "error" else "saturate"  # wrapped, too
        image = np.trunc(np.nan_to_num(np.float64(image), nan=0, posinf=1e300, neginf=-1e300))
    if image.dtype.kind != "f" and image.itemsize + dtype.itemsize <= 8:
        whole = image.astype(np.int64)  # which holds everything below, too
    else:
        whole = np.array([int(v) for v in image.reshape(-1)], object).reshape(image.shape)
    fits = (whole >= low) & (whole <= high)
    if casting == "error" and not np.all(fits):
        return [FAILS]
    if casting == "saturate":
        whole = np.clip(whole, low, high)
    span = high - low + 1
    return [np.asarray((whole - low) % span + low, object).astype(dtype)]  # of no axes: a number


@oracle("add", "subtract", "multiply", "divide")
def arithmetic(step, inputs, layouts, out):
    """Integers by Python's, which never wrap: the dtype has to hold every result."""
    dtype = np.dtype(out[0].dtype)
    image = np.asarray(inputs[0])
    by = np.asarray(inputs[1] if inputs[1] is not None else step["constant"])
    of = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv}
    with np.errstate(all="ignore"):
        if dtype.kind == "f":
            return [np.asarray(of[step["op"]](image.astype(dtype), by.astype(dtype)))]
    wide = np.int64 if fits_int64(step["op"], image, by) else object
    exact = np.asarray(of[step["op"]](image.astype(wide), by.astype(wide)), wide)
    return [exact.astype(dtype)]


def fits_int64(op, *images):
    """Whether no result leaves int64, so that it need not be computed by Python's slow integers."""
    largest = [max((abs(int(v)) for v in (i.min(), i.max())), default=0) if i.size else 0 for i in images]
    return (largest[0] * largest[1] if op == "multiply" else sum(largest)) < 2 ** 63


@oracle("invert")
def invert(step, inputs, layouts, out):
    return [np.asarray(skimage.util.invert(np.asarray(inputs[0])))]


def rescale_range(spec, image):
    if isinstance(spec, str) and spec == "image":
        real = image[~np.isnan(image)] if image.dtype.kind == "f" else image
        return (np.nan, np.nan) if real.size == 0 else (float(real.min()), float(real.max()))
    if isinstance(spec, str):
        dtype = image.dtype if spec == "dtype" else np.dtype(spec)
        return (-1.0, 1.0) if dtype.kind == "f" else (float(np.iinfo(dtype).min), float(np.iinfo(dtype).max))
    return float(spec[0]), float(spec[1])


def rescaled(step, image, stack=None):
    """skimage.exposure.rescale_intensity but for NaN, which do not count in the range, and for what does not
    fit integers, which saturates. `stack`: all items, of which the range is taken."""
    spec, out = step.get("in_range", "image"), step.get("out_range", "dtype")
    low, high = rescale_range(spec, image if stack is None else stack)
    out_low, out_high = rescale_range(out, image)
    if isinstance(out, str):
        out_low = 0.0 if low >= 0 else out_low
        dtype = image.dtype if out == "dtype" else np.dtype(out)
    else:
        dtype = np.dtype(np.float32 if image.dtype == np.float32 else np.float64)
    with np.errstate(all="ignore"):
        real = np.clip(image if image.dtype == np.float32 else image.astype(np.float64), low, high)
        real = np.clip(real, out_low, out_high) if low == high else (real - low) / (high - low) * (out_high - out_low) + out_low
    if dtype.kind == "f":
        return real.astype(dtype)
    whole, limits = np.trunc(np.nan_to_num(real.astype(np.float64))), np.iinfo(dtype)
    most = float(limits.max)  # of 64 bits one more than there is
    below = np.clip(whole, float(limits.min), np.nextafter(most, 0)).astype(dtype)
    return np.where(whole >= most, dtype.type(limits.max), below)


# --- filters ---

def pixels_of(length, layout, axis):
    number, unit = length.split()
    if unit == "px":
        return float(number)
    scale = {name: value for name, value, _ in layout.scales}[axis]
    return float(number) / scale


@oracle("gaussian")
def gaussian(step, inputs, layouts, out):
    image = np.asarray(inputs[0])
    given = step["sigma"] if isinstance(step["sigma"], list) else [step["sigma"]]
    sigma = [pixels_of(given[i % len(given)], layouts[0], axis) for i, axis in enumerate("yx")]
    sigma = (0,) * (image.ndim - 2) + tuple(sigma)
    blurred = scipy.ndimage.gaussian_filter(image.astype(np.float64), sigma, mode="reflect", truncate=4)
    largest = max(1e-300, float(np.abs(image.astype(np.float64)).max()))
    exact = image.dtype == np.float64
    return [Within(blurred.astype(np.float64 if exact else np.float32),
                   largest * (1e-13 if exact else 1e-6))]


def footprint_of(text):
    name, inside = text.rstrip(")").split("(")
    if name == "disk":
        return skimage.morphology.disk(float(inside), dtype=bool)
    rows, columns = inside.split("x") if "x" in inside else (inside, inside)
    return np.ones((int(rows), int(columns)), bool)


@oracle("median")
def median(step, inputs, layouts, out):
    image = np.asarray(inputs[0])
    if image.dtype.kind == "f" and np.isnan(image).any():
        return [None]  # scipy's order of NaN is none
    if "footprint" in step:
        footprint = footprint_of(step["footprint"])
    else:
        size = step["size"] if isinstance(step["size"], list) else [step["size"]]
        footprint = np.ones((size[0], size[-1]), bool)

    if image.size * footprint.sum() > MOST_RANKED:
        return [some_medians(image, footprint)]

    @planes
    def filtered(plane):
        return scipy.ndimage.median_filter(plane, footprint=footprint, mode="reflect")
    if image.dtype == bool:
        return [filtered(image.astype(np.uint8)).astype(bool)]
    return [filtered(image)]


MOST_RANKED = 2_000_000  # pixels of all neighbourhoods, which take scipy half a second


def some_medians(image, footprint):
    """Of pixels drawn at random, as many as take no longer; all others may have any value."""
    *leading, rows, columns = image.shape
    around = [(n // 2, n - 1 - n // 2) for n in footprint.shape]
    padded = np.pad(image.reshape(-1, rows, columns), [(0, 0), *around], mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, footprint.shape, axis=(1, 2))
    at = np.unravel_index(np.random.default_rng(image.size).choice(image.size, MOST_RANKED // footprint.sum(), replace=False),
                          windows.shape[:3])
    ranked = np.sort(windows[at][:, footprint], axis=-1)
    return only_at(at, ranked[:, footprint.sum() // 2], windows.shape[:3], image.shape)


def with_nan(function, plane, footprint, least):
    """NaN spreads over the footprint, of which scipy says nothing."""
    result = function(np.where(np.isnan(plane), plane.dtype.type(least), plane), footprint=footprint, mode="reflect")
    spread = scipy.ndimage.maximum_filter(np.isnan(plane), footprint=footprint, mode="reflect")
    return np.where(spread, plane.dtype.type(np.nan), result)


@planes
def shrink(plane, footprint):
    if plane.dtype == bool:
        return scipy.ndimage.binary_erosion(plane, footprint, border_value=1)
    if plane.dtype.kind == "f":
        return with_nan(scipy.ndimage.grey_erosion, plane, footprint, np.inf)
    return scipy.ndimage.grey_erosion(plane, footprint=footprint, mode="reflect")


@planes
def grow(plane, footprint):
    if plane.dtype == bool:
        return scipy.ndimage.binary_dilation(plane, footprint, border_value=0)
    if plane.dtype.kind == "f":
        return with_nan(scipy.ndimage.grey_dilation, plane, footprint, -np.inf)
    return scipy.ndimage.grey_dilation(plane, footprint=footprint, mode="reflect")


@oracle("erode", "dilate", "open", "close")
def morphology(step, inputs, layouts, out):
    image, footprint = np.asarray(inputs[0]), footprint_of(step["footprint"])
    if not all(side % 2 for side in footprint.shape):
        return [None]  # lopsided: the page names no reference
    first, second = {"erode": (shrink, None), "dilate": (grow, None), "open": (shrink, grow),
                     "close": (grow, shrink)}[step["op"]]
    result = first(image, footprint)
    return [second(result, footprint) if second else result]


@oracle("fill_holes")
def fill_holes(step, inputs, layouts, out):
    return [planes(filled)(np.asarray(inputs[0]))]


def filled(plane):
    """What binary_fill_holes says, in one go: background that does not reach the border is a hole."""
    background, _ = scipy.ndimage.label(~plane)
    border = np.concatenate([background[0], background[-1], background[:, 0], background[:, -1]])
    return plane | ~np.isin(background, border) & (background > 0)


# --- thresholds ---

def mask_of(step, image, level):
    """The mask by the level that was recorded, so that no rounding of the level matters."""
    with np.errstate(invalid="ignore"):
        above = image > level if step.get("compare", "gt") == "gt" else image >= level
    if step.get("foreground", "bright") == "dark":
        above = ~above
    return above & ~np.isnan(image) if image.dtype.kind == "f" else above


# --- objects ---

@oracle("label")
def label(step, inputs, layouts, out):
    found = skimage.measure.label(inputs[0], connectivity=connectivity_of(step))
    most = step.get("max_objects", 65535)
    return [FAILS if found.max(initial=0) > most else found.astype(np.uint32)]


def connectivity_of(step):
    return 2 if step.get("connectivity", 8) == 8 else 1


@oracle("remove_small", "clear_border")
def fewer_objects(step, inputs, layouts, out):
    """Of labels what stays is numbered anew."""
    image = np.asarray(inputs[0])
    if image.dtype != bool and image.max(initial=0) > step.get("max_objects", 65535):
        return [FAILS]

    @planes
    def fewer(plane):
        labels = skimage.measure.label(plane, connectivity=connectivity_of(step)) if plane.dtype == bool else plane
        if step["op"] == "clear_border" and plane.dtype != bool:  # all pieces of a label
            edge = np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])
            kept = np.where(np.isin(plane, edge), 0, plane)
        elif step["op"] == "clear_border":
            kept = skimage.segmentation.clear_border(labels.astype(np.int64))
        else:
            sizes = np.bincount(labels.reshape(-1).astype(np.int64))
            kept = np.where(sizes[labels.astype(np.int64)] >= step["min_size"], labels, 0)
        if plane.dtype == bool:
            return kept > 0
        return skimage.segmentation.relabel_sequential(kept)[0].astype(plane.dtype)
    return [fewer(image)]


@oracle("count")
def count(step, inputs, layouts, out):
    labels = np.asarray(inputs[0])
    if labels.max(initial=0) > max(65535, labels.size):
        return [FAILS]
    return [np.int64(np.count_nonzero(np.unique(labels)))]


MOST_MEASURED = 400  # objects of an item; regionprops takes its time


@oracle("measure")
def measure(step, inputs, layouts, out):
    """Rows as {column: value}."""
    labels, image = np.asarray(inputs[0]), inputs[1]
    if labels.max(initial=0) > step.get("max_objects", 65535):
        return [FAILS]
    if len(np.unique(labels)) > MOST_MEASURED or labels.max(initial=0) > 10**6:
        return [None]
    rows = []
    for region in skimage.measure.regionprops(labels.astype(np.int64)):
        box = region.bbox
        row = {"label": region.label, "area": int(region.area), "bbox_min_y": box[0],
               "bbox_min_x": box[1], "bbox_max_y": box[2], "bbox_max_x": box[3],
               "centroid_y": Within(region.centroid[0], 1e-12 * max(1, region.centroid[0])),
               "centroid_x": Within(region.centroid[1], 1e-12 * max(1, region.centroid[1]))}
        if image is not None:
            row.update(intensities(np.asarray(image)[labels == region.label]))
        rows.append(row)
    return [rows]


def intensities(values):
    if values.dtype.kind == "f":
        size = float(np.abs(values.astype(np.float64)).sum())
        total = float(values.astype(np.float64).sum())
        if not np.isfinite(total):
            return {}
        return {"intensity_mean": Within(total / len(values), 1e-9 * size / len(values)),
                "intensity_sum": Within(total, 1e-9 * size),
                "intensity_min": Within(float(values.min()), 0), "intensity_max": Within(float(values.max()), 0)}
    total = sum(int(v) for v in values)
    return {"intensity_mean": Within(total / len(values), 1e-12 * abs(total / len(values))),
            "intensity_sum": total, "intensity_min": int(values.min()), "intensity_max": int(values.max())}


# --- layout ---

@oracle("crop")
def crop(step, inputs, layouts, out):
    ranges = {**step.get("ranges", {}), **{a: step[a] for a in "zyx" if a in step}}
    return [np.asarray(inputs[0])[tuple(slice(*ranges[name]) if name in ranges else slice(None)
                                        for name in layouts[0].item_names)]]


@oracle("select")
def select_item(step, inputs, layouts, out):
    """Of an axis inside the item; along a stream axis the interpreter knows which item it is."""
    if step["axis"] not in layouts[0].item_names:
        return [inputs[0]]
    return [np.take(inputs[0], step["index"], axis=layouts[0].item_names.index(step["axis"]))]


@oracle("fail_at")
def fail_at(step, inputs, layouts, out):
    return [inputs[0]]  # but for one item, which judge.py knows by its number


def collect(step, items, like):
    """The items of one group in order, None where missing."""
    return np.stack([np.zeros(like.shape, like.dtype) if item is None else item for item in items])


# --- folds ---

def reduce_(how, items, inside):
    """The items that are there, stacked along axis 0; `inside`: folded over the item axes, too."""
    stack = np.stack([np.asarray(item) for item in items])
    axis = None if inside else 0
    count = stack.size if inside else len(items)
    if how in ("min", "max"):
        return getattr(np, how)(stack, axis=axis)
    if stack.dtype.kind == "f":
        return reduce_floats(how, stack, axis, count)
    if how in ("mean", "sum"):
        total = exact_sum(stack, axis)
        if how == "sum":
            return total.astype(np.int64 if stack.dtype.kind == "i" else np.uint64)
        return np.vectorize(lambda t: int(t) / count, otypes=[np.float64])(total)
    value = getattr(np, how)(stack.astype(np.float64), axis=axis)
    size = np.abs(stack.astype(np.float64)).max(initial=1)
    return Within(value, 1e-12 * size * (size if how == "var" else 1))


@oracle("project")
def project(step, inputs, layouts, out):
    """Along an axis inside the items; one of the stream is folded by reduce_."""
    axis = list(layouts[0].item_names).index(step.get("axis", "z"))
    return [reduce_(step.get("how", "max"), list(np.moveaxis(np.asarray(inputs[0]), axis, 0)), False)]


def exact_sum(stack, axis):
    if stack.dtype.itemsize <= 4:
        return np.asarray(stack.astype(np.int64).sum(axis=axis)).astype(object)
    return np.asarray(stack.astype(object).sum(axis=axis), object)


def reduce_floats(how, stack, axis, count):
    with np.errstate(all="ignore"):
        wide = stack.astype(np.float64)
        value = getattr(np, how)(wide, axis=axis)
        size = np.abs(wide).sum(axis=axis) / (1 if how == "sum" else count)
    tolerance = 1e-14 * size
    if how in ("std", "var"):
        tolerance = 1e-7 * size if how == "std" else 1e-12 * size * np.abs(wide).max(initial=0)
    if stack.dtype == np.float32:
        tolerance = tolerance + 2.0**-23 * np.abs(value)
    return Within(value.astype(stack.dtype), tolerance)


def rolling_median(window):
    """Of the frames of a window that are there: the upper of two middle ones, as dcnum's. Of pixels drawn at
    random where there are many."""
    frame = window[0]
    few = min(frame.size, max(1, MOST_RANKED // 10 // len(window)))
    at = np.random.default_rng(few).choice(frame.size, few, replace=False)
    ranked = np.sort(np.stack([one.reshape(-1)[at] for one in window]), axis=0)
    return only_at(at, ranked[len(window) // 2], (frame.size,), frame.shape)


# --- comparison ---

def mismatch(got, wanted):
    """None if `got` is what an oracle gave, else what is wrong."""
    if wanted is None:
        return None
    if isinstance(wanted, list):
        return rows_mismatch(got, wanted)
    tolerance = 0
    if isinstance(wanted, Within):
        wanted, tolerance = wanted.value, wanted.tolerance
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.shape != wanted.shape:
        return f"shape {got.shape} instead of {wanted.shape}"
    if got.dtype != wanted.dtype:
        return f"dtype {got.dtype} instead of {wanted.dtype}"
    with np.errstate(all="ignore"):
        if got.dtype.kind == "f":
            wrong = ~((np.abs(got.astype(np.float64) - wanted.astype(np.float64)) <= tolerance)
                      | (got == wanted) | (np.isnan(got) & np.isnan(wanted)))
        else:
            wrong = (got != wanted) & ~np.isinf(tolerance)
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.ndim else ()
    return (f"{int(wrong.sum())} of {wrong.size} wrong, first at {list(at)}: {got[at]!r} instead of "
            f"{wanted[at]!r}")


def rows_mismatch(got, wanted):
    got = got or []
    if len(got) != len(wanted):
        return f"{len(got)} rows instead of {len(wanted)}"
    for number, (row, right) in enumerate(zip(got, wanted)):
        for name, text in row.items():
            if name not in right:
                continue
            value = right[name]
            tolerance = value.tolerance if isinstance(value, Within) else 0
            value = value.value if isinstance(value, Within) else value
            if not (text and abs(float(text) - value) <= tolerance) and not (not text and math.isnan(value)):
                return f"row {number}, {name}: {text!r} instead of {value!r}"
    return None
