"""OME-Zarr and plain arrays by zarr-python in every layout that it writes."""

import json
import warnings

import numpy as np
import zarr
import zarr.codecs

from .case import Case, coordinates, draw_shape

DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
UNITS_UM = {"micrometer": 1, "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6,
            "angstrom": 1e-4, "picometer": 1e-6, "inch": 25400, "femtometer": 1e-9}


def draw_axes(random):
    return "".join(a for a in "tcz" if random.integers(2)) + "yx"


def draw_chunks(random, shape):
    return tuple(int(random.integers(1, n + 2)) for n in shape)


def compressor_v2(random):
    import numcodecs

    return [None, numcodecs.Blosc(cname="lz4", shuffle=1), numcodecs.Blosc(cname="zstd", shuffle=2),
            numcodecs.Zstd(level=1), numcodecs.GZip(level=1), numcodecs.Zlib(level=1)][
                random.integers(6)]


def write_v2(random, folder, truth, path):
    how = {"chunks": draw_chunks(random, truth.shape), "order": str(random.choice(["C", "F"])),
           "fill_value": int(random.integers(2)), "compressors": compressor_v2(random)}
    separator, told = str(random.choice(["/", "."])), bool(random.integers(4))
    how["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    dtype = truth.dtype.newbyteorder(">") if random.integers(4) == 0 else truth.dtype
    array = zarr.create_array(folder / path, shape=truth.shape, dtype=dtype, zarr_format=2, **how)
    array[...] = truth
    if not told:  # "." by the specification, whatever the chunks say
        file = folder / path / ".zarray"
        about = json.loads(file.read_text())
        about.pop("dimension_separator", None)
        file.write_text(json.dumps(about))
    return f"v2 {how} {'' if told else 'separator not told '}{dtype.str}"


def write_v3(random, folder, truth, path):
    chunks = tuple(min(c, n) for c, n in zip(draw_chunks(random, truth.shape), truth.shape))
    codec = [None, zarr.codecs.BloscCodec(cname="zstd"), zarr.codecs.BloscCodec(cname="lz4"),
             zarr.codecs.ZstdCodec(level=1), zarr.codecs.GzipCodec(level=1)][random.integers(5)]
    how = {"chunks": chunks, "fill_value": int(random.integers(2)), "compressors": codec}
    if random.integers(2):
        how["shards"] = tuple(c * int(random.integers(1, 3)) for c in chunks)
    if random.integers(3) == 0:
        how["serializer"] = zarr.codecs.BytesCodec(endian="big")
    if random.integers(3) == 0:
        how["filters"] = [zarr.codecs.TransposeCodec(
            order=tuple(int(a) for a in random.permutation(truth.ndim)))]
    if random.integers(2):
        how["chunk_key_encoding"] = {"name": str(random.choice(["default", "v2"])),
                                     "separator": str(random.choice(["/", "."]))}
    array = zarr.create_array(folder / path, shape=truth.shape, dtype=truth.dtype, zarr_format=3, **how)
    array[...] = truth
    return f"v3 {how}"


def multiscales(axes, unit, scales):
    """NGFF's description: dataset's and image's scale are multiplied."""
    kind = {"t": "time", "c": "channel"}
    about = [{"name": a, "type": kind.get(a, "space")} for a in axes]
    for axis in about:
        if axis["type"] == "space":
            axis["unit"] = unit
        elif axis["type"] == "time":
            axis["unit"] = "second"
    dataset, image = ([{"type": "scale", "scale": scale}] if scale else None for scale in scales)
    one = {"axes": about, "datasets": [{"path": "0", "coordinateTransformations": dataset}]}
    if image:
        one["coordinateTransformations"] = image
    return [one]


def image(random, folder):
    axes = draw_axes(random)
    truth = coordinates(draw_shape(random, axes), random.choice(DTYPES))
    path, version = folder / "image.zarr", int(random.choice([2, 3]))
    group = zarr.open_group(path, mode="w", zarr_format=version)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        how = (write_v2 if version == 2 else write_v3)(random, path, truth, "0")
    unit = str(random.choice(list(UNITS_UM)))
    scale = [float(n) for n in random.choice([0.25, 0.5, 2], len(axes))]
    if "c" in axes:
        scale[axes.index("c")] = 1.0
    more = [float(n) for n in random.choice([1, 2], len(axes))] if random.integers(2) else None
    short = more is not None and random.integers(4) == 0
    about = multiscales(axes, unit, (scale, more[1:] if short else more))
    if version == 2:
        group.attrs["multiscales"] = [dict(about[0], version="0.4")]
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": about}
    both = np.array(scale) * (more or 1)
    scale_um = {a: both[axes.index(a)] * UNITS_UM[unit] for a in axes if a in "zyx"}
    return Case(path, axes, truth, f"NGFF {axes} {unit} {scale} {more} {how}",
                scale_um={} if short else scale_um)


def array(random, folder):
    """An array alone, its axes said by hand where it has no names."""
    axes = draw_axes(random)
    truth = coordinates(draw_shape(random, axes), random.choice(DTYPES))
    version = int(random.choice([2, 3]))
    how = (write_v2 if version == 2 else write_v3)(random, folder, truth, "array.zarr")
    return Case(folder / "array.zarr", axes, truth, f"array {axes} {how}",
                ["--set", f"source.axes={axes}"])


LAYOUTS = [image, image, array]


def draw(random, folder):
    return LAYOUTS[random.integers(len(LAYOUTS))](random, folder)
