"""Writes the files of a drawn source by other people's writers, and tells what is in them."""

import itertools
from dataclasses import dataclass, field

import h5py
import hdf5plugin
import numpy as np
import tifffile
import zarr

from . import content


@dataclass
class Truth:
    """What a source has to give: pixels by the names of their axes, gaps, scales."""
    axes: tuple                  # names, the last two y x
    pixels: np.ndarray
    gaps: set = field(default_factory=set)     # coordinates along the stream axes
    scales: dict = field(default_factory=dict) # axis -> (value, unit), where the files state it

    def in_order(self, names):
        """Pixels with the axes in this order."""
        return self.pixels.transpose([self.axes.index(name) for name in names])


def write(folder, spec):
    """Writes the files of `spec` below `folder`."""
    truth = Truth(tuple(spec["axes"]), content.pixels(spec))
    (folder / spec["path"]).parent.mkdir(parents=True, exist_ok=True)
    return WRITERS[spec["kind"]](folder, spec, truth)


# --- TIFF ---

def page_options(spec):
    options = {"photometric": "minisblack", "metadata": None}
    for key in ("compression", "predictor", "rowsperstrip", "tile"):
        if spec.get(key):
            options[key] = spec[key]
    return options


def tiff_writer(path, spec):
    return tifffile.TiffWriter(path, bigtiff=spec.get("bigtiff", False),
                               byteorder=spec.get("byteorder", "<"))


def write_pages(folder, spec, truth):
    """Plain files: {path: "in/f{}.tif", files: n}: pages in C order, dealt to so many files."""
    planes = truth.pixels.reshape((-1,) + truth.pixels.shape[-2:])
    each = len(planes) // spec["files"]
    for number in range(spec["files"]):
        with tiff_writer(folder / spec["path"].format(number + spec.get("first", 0)), spec) as out:
            for plane in planes[number * each:(number + 1) * each]:
                out.write(plane, contiguous=False, **page_options(spec))
    return truth


def write_imagej(folder, spec, truth):
    metadata = {"axes": "".join(truth.axes).upper()}
    resolution = None
    if scale := spec.get("scale_um"):
        metadata["unit"] = "um"
        resolution = (1 / scale, 1 / scale)
        truth.scales = {"y": (scale, "um"), "x": (scale, "um")}
    tifffile.imwrite(folder / spec["path"], truth.pixels, imagej=True, metadata=metadata,
                     resolution=resolution)
    return truth


def write_ome(folder, spec, truth):
    metadata = {"axes": "".join(truth.axes).upper()}
    if scale := spec.get("scale_um"):
        unit, factor = spec.get("unit", "µm"), {"µm": 1, "nm": 1000, "mm": 1e-3}
        for axis in "YX":
            metadata[f"PhysicalSize{axis}"] = scale * factor[unit]
            metadata[f"PhysicalSize{axis}Unit"] = unit
            truth.scales[axis.lower()] = (scale, "um")
    options = {key: spec[key] for key in ("compression", "tile") if spec.get(key)}
    tifffile.imwrite(folder / spec["path"], truth.pixels, ome=True, metadata=metadata,
                     photometric="minisblack", byteorder=spec.get("byteorder", "<"), **options)
    return truth


OME_XML = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{own}">
<Image ID="Image:0" Name="set"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="{dtype}"
SizeX="{x}" SizeY="{y}" SizeC="{c}" SizeZ="{z}" SizeT="{t}">{channels}{blocks}</Pixels></Image></OME>
"""


def uuid_of(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def write_ome_set(folder, spec, truth):
    """One image in several files, each with the whole description: {by: "t"}: a file a step of t."""
    leading = truth.axes[:-2]
    sizes = dict(zip(truth.axes, truth.pixels.shape))
    groups = {}
    for at in itertools.product(*(range(sizes[name]) for name in leading)):
        groups.setdefault(at[leading.index(spec["by"])], []).append(at)
    blocks = ""
    for number, members in groups.items():
        name = spec["path"].format(number + spec.get("first", 0)).split("/")[-1]
        for page, at in enumerate(members):
            first = " ".join(f'First{n.upper()}="{i}"' for n, i in zip(leading, at))
            blocks += (f'<TiffData IFD="{page}" PlaneCount="1" {first}><UUID FileName="{name}">'
                       f"urn:uuid:{uuid_of(number)}</UUID></TiffData>")
    order = "XY" + "".join(n.upper() for n in reversed(leading))
    order += "".join(n for n in "CZT" if n not in order)
    dtype = {"float32": "float", "float64": "double"}.get(spec["dtype"], spec["dtype"])
    channels = "".join(f'<Channel ID="Channel:0:{i}" SamplesPerPixel="1"/>' for i in range(sizes.get("c", 1)))
    for number, members in groups.items():
        xml = OME_XML.format(own=uuid_of(number), order=order, dtype=dtype, channels=channels,
                             blocks=blocks, x=sizes["x"], y=sizes["y"],
                             **{n: sizes.get(n, 1) for n in "czt"})
        with tiff_writer(folder / spec["path"].format(number + spec.get("first", 0)), spec) as out:
            for page, at in enumerate(members):
                out.write(truth.pixels[at], contiguous=False, photometric="minisblack",
                          metadata=None, description=xml.encode() if page == 0 else None)
    return truth


# --- Zarr ---

UNITS = {"y": "micrometer", "x": "micrometer", "z": "micrometer", "t": "second"}


def ngff(spec, axes, version):
    described = [{"name": name, "type": {"t": "time", "c": "channel"}.get(name, "space")}
                 for name in axes]
    scales = [spec.get("scales", {}).get(name, 1.0) for name in axes]
    for axis in described:
        if axis["name"] in UNITS:
            axis["unit"] = UNITS[axis["name"]]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scales}]}]
    multiscales = [{"axes": described, "datasets": levels, "name": "drawn"}]
    if version == "0.5":
        return {"ome": {"version": "0.5", "multiscales": multiscales}}
    multiscales[0]["version"] = "0.4"
    return {"multiscales": multiscales}


def compressor_of(spec):
    v2, name = spec["format"] == 2, spec.get("codec")
    if not name:
        return None
    if v2:
        import numcodecs
        return {"zstd": numcodecs.Zstd(), "gzip": numcodecs.GZip(), "blosc": numcodecs.Blosc()}[name]
    return {"zstd": zarr.codecs.ZstdCodec(), "gzip": zarr.codecs.GzipCodec(),
            "blosc": zarr.codecs.BloscCodec(typesize=np.dtype(spec["dtype"]).itemsize)}[name]


def write_zarr(folder, spec, truth):
    """{format: 2 | 3, ngff: bool, chunks, shards, codec, order, separator, hole, missing}"""
    root = zarr.open_group(folder / spec["path"], mode="w", zarr_format=spec["format"])
    if spec["ngff"]:
        root.attrs.update(ngff(spec, truth.axes, "0.4" if spec["format"] == 2 else "0.5"))
        truth.scales = {name: (value, "s" if name == "t" else "um")
                        for name, value in spec.get("scales", {}).items() if name != "c"}
    dtype = np.dtype(spec["dtype"])
    options = {"shape": truth.pixels.shape, "chunks": tuple(spec["chunks"]), "dtype": dtype,
               "compressors": compressor_of(spec), "fill_value": spec.get("fill", 0)}
    if spec["format"] == 2:
        options["order"] = spec.get("order", "C")
        options["dtype"] = dtype.newbyteorder(spec.get("byteorder", "<"))
        options["chunk_key_encoding"] = {"name": "v2", "separator": spec.get("separator", "/")}
    else:
        options["dimension_names"] = list(truth.axes)
        if spec.get("shards"):
            options["shards"] = tuple(spec["shards"])
    if spec.get("hole"):  # the first step of the first axis is never written
        truth.pixels[0] = spec.get("fill", 0)
    array = root.create_array("0", **options)
    array[...] = truth.pixels
    if spec.get("unstated"):  # chunks in folders, and .zarray does not say so
        metadata = folder / spec["path"] / "0/.zarray"
        metadata.write_text(metadata.read_text().replace('"dimension_separator": "/",', ""))
    if spec.get("missing"):
        write_validity(root, spec, truth)
    return truth


def write_validity(root, spec, truth):
    """Which frames are there, as Parfocal's own stores record it."""
    leading, sizes = list(truth.axes[:-2]), truth.pixels.shape[:-2]
    rows = root.create_group("frames")
    rows.attrs["parfocal"] = {"row": "frame", "row_axes": leading}
    valid = np.ones(int(np.prod(sizes)), np.uint8)
    valid[[i for i in spec["missing"] if i < len(valid)]] = 0
    rows.create_array("valid", shape=valid.shape, chunks=valid.shape, dtype="uint8")[...] = valid
    truth.gaps = {tuple(map(int, np.unravel_index(i, sizes))) for i in np.flatnonzero(valid == 0)}


# --- .rtdc ---

def write_rtdc(folder, spec, truth):
    count, height, width = truth.pixels.shape
    with h5py.File(folder / spec["path"], "w", libver=("earliest", "v110")) as h5:
        h5.attrs["experiment:event count"] = count
        h5.attrs["imaging:pixel size"] = 0.34
        h5.attrs["imaging:roi size x"] = width
        h5.attrs["imaging:roi size y"] = height
        h5.attrs["imaging:frame rate"] = 1000.0
        h5.create_dataset("events/image", data=truth.pixels, fletcher32=True,
                          chunks=(min(count, spec["chunk"]), height, width),
                          **hdf5plugin.Zstd(clevel=5))
        h5["events/time"] = np.arange(count) * 1e-3
        h5["events/frame"] = np.arange(1, count + 1, dtype=float)
    return truth


WRITERS = {"pages": write_pages, "imagej": write_imagej, "ome": write_ome,
           "ome_set": write_ome_set, "zarr": write_zarr, "rtdc": write_rtdc}


# --- no files: Parfocal's generator, by its own formula ---

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(v):
    v = np.asarray(v, np.uint64)
    v = (v ^ (v >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    v = (v ^ (v >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return v ^ (v >> np.uint64(31))


def generated_noise(shape, dtype, seed, frame):
    key = mixed(mixed(np.uint64(seed) + GOLDEN) ^ (np.uint64(frame) * GOLDEN + np.uint64(1)))
    count = int(np.prod(shape))
    if dtype.kind == "f":
        bits = mixed(key + np.arange(count, dtype=np.uint64) * GOLDEN)
        if dtype.itemsize == 4:
            return ((bits >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)).reshape(shape)
        return ((bits >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)
    words = mixed(key + np.arange(count // (8 // dtype.itemsize) + 1, dtype=np.uint64) * GOLDEN)
    if dtype.kind == "b":
        words &= np.uint64(0x0101010101010101)
    return words.view(dtype)[:count].reshape(shape)


def generated(source):
    """Truth of {type: generator}; None for its nuclei."""
    size, dtype, kind = source["size"], np.dtype(source.get("dtype", "uint16")), source["kind"]
    if kind == "nuclei":
        return None
    shape = tuple(size.values())
    height, width = shape[-2:]
    rows, columns = np.indices((height, width), dtype=np.uint64)
    frames = []
    with np.errstate(over="ignore"):
        for frame in range(int(np.prod(shape[:-2]))):
            if kind == "noise":
                frames.append(generated_noise((height, width), dtype, source.get("seed", 1), frame))
                continue
            value = {"counter": np.uint64(frame * height * width) + rows * np.uint64(width) + columns,
                     "gradient": np.uint64(frame) + rows + columns,
                     "sequence": np.full((height, width), frame, np.uint64)}[kind]
            frames.append((value & np.uint64(1)).astype(bool) if dtype.kind == "b" else value.astype(dtype))
    return Truth(tuple(size), np.stack(frames).reshape(shape))
