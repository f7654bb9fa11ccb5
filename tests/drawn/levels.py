"""The levels that `threshold` may have: scikit-image's, and those between which a rounding decides."""

import contextlib

import numpy as np
import skimage.exposure
import skimage.filters

from .expected import FAILS, Within


def level_by(method, pixels):
    """skimage's level; a constant image has its value as level (of method minimum skimage has none)."""
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels) if method in ("li", "mean") else ~np.isnan(pixels)].astype(np.float64)
    elif pixels.dtype.kind == "i":
        pixels = pixels.astype(np.int64)  # threshold_li subtracts the minimum in place
    if pixels.size == 0:
        return None
    if pixels.min() == pixels.max() and (method != "minimum" or pixels.dtype.kind == "f"):
        return float(pixels.flat[0])
    try:
        return float(getattr(skimage.filters, f"threshold_{method}")(pixels))
    except RuntimeError:
        return FAILS


def yen_levels(pixels):
    """Levels whose criterion is the largest but for a few roundings in float32."""
    counts, centers = skimage.exposure.histogram(pixels[~np.isnan(pixels)], 256)
    share = counts / counts.sum()
    below, squares = np.cumsum(share)[:-1], np.cumsum(share**2)
    above = np.cumsum(share[::-1] ** 2)[::-1][1:]
    criterion = np.log((below * (1 - below)) ** 2 / (squares[:-1] * above))
    return centers[:-1][criterion >= criterion.max() - 3e-6 * max(1, abs(criterion.max()))]


def level_tolerance(pixels, step):
    if pixels.dtype.kind != "f":
        return 0
    with np.errstate(invalid="ignore"):
        span = float(np.nanmax(pixels.astype(np.float64)) - np.nanmin(pixels.astype(np.float64)))
        top = float(np.nanmax(np.abs(pixels.astype(np.float64))))
    # The page says 1e-12 of the range. Bins of float32 have edges of float32, which NumPy 2 rounds
    # in another way than the NumPy before: two units in the last place.
    rounded = 2.0**-22 * top if pixels.dtype == np.float32 else 0
    return (1e-11 * max(span, 1e-300) + rounded) * max(1, abs(step.get("factor", 1)))


def with_bins(pixels):
    """The pixels as they are and in double: in all types of which NumPy can make 256 bins."""
    for one in (pixels, pixels.astype(np.float64)):
        with contextlib.suppress(ValueError):
            np.histogram(one[~np.isnan(one)], 256)
            yield one


def equally_good(pixels):
    """Levels of real numbers that part them as well as the best: rounding decides which one skimage takes.
    A value on an edge of float32 may fall on either side of that of float64."""
    counts, edges = np.histogram(pixels[~np.isnan(pixels)], 256)
    edges = edges.astype(np.float64)
    centers, below = (edges[:-1] + edges[1:]) / 2, np.cumsum(counts)
    sums, above = np.cumsum(counts * centers), below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        parted = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return centers[parted >= np.nanmax(parted) * (1 - 1e-12)]


def level_of(step, pixels, told=None):
    """What pixels are compared with: an oracle of the second output. Of levels that are equally good
    that which is next to the one that was told."""
    method = step.get("method", "otsu")
    factor, offset = step.get("factor", 1), step.get("offset", 0)
    if method == "value":
        return np.float64(step["value"] * factor + offset)
    level = level_by(method, pixels)
    if level is None or level is FAILS:
        return level
    levels, tolerance = [level], level_tolerance(pixels, step)
    real = pixels.dtype.kind == "f"
    if np.nanmin(pixels) < np.nanmax(pixels):
        ways = list(with_bins(pixels)) if real else [pixels, pixels.astype(np.int64)]
        if method == "otsu" and real:
            levels += [level for one in ways for level in equally_good(one)]
        if method in ("isodata", "triangle") and real:  # skimage's bins of float32 have centres of float32
            levels += [float(getattr(skimage.filters, f"threshold_{method}")(one[~np.isnan(one)])) for one in ways]
        if method == "yen":
            levels += [level for one in ways for level in yen_levels(one)]
    if method in ("li", "mean"):
        tolerance += 1e-12 * float(np.abs(pixels[np.isfinite(pixels)].astype(np.float64)).max()) * max(1, abs(factor))
    levels = np.float64(levels) * factor + offset
    nearest = levels[0] if told is None else levels[np.argmin(np.abs(levels - told))]
    return Within(np.float64(nearest), tolerance)
