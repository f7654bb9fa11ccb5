"""TIFF files by tifffile and Pillow in the layouts that instruments and programs write."""

import itertools

import numpy as np
import PIL.Image
import tifffile

from .case import ORDER, Case, coordinates, draw_shape, moved

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
CODECS = [None, "zlib", "lzw", "packbits", "deflate"]
OTHER_CODECS = ["zstd", "lzma", "lerc", "jpeg", "webp"]
FILE_NAMES = [
    lambda i, n: f"frame_{i:04d}.tif",
    lambda i, n: f"frame_{i}.tif",
    lambda i, n: f"{i}.tif",
    lambda i, n: f"img {i + 95} é.tif",
    lambda i, n: f"T{i // 2}_{i % 2:02d}.tiff",
]


def options(random, plane):
    """How the pixels of a page lie in its file."""
    chosen = {"compression": random.choice(CODECS)}
    if chosen["compression"] in ("zlib", "lzw", "deflate", "packbits"):
        chosen["predictor"] = bool(random.integers(2))
    if random.integers(3) == 0:
        chosen["tile"] = (16, 32)
    elif random.integers(2):
        chosen["rowsperstrip"] = int(random.integers(1, plane[0] + 1))
    return chosen


def is_read(how):
    """libtiff undoes predictors of some codecs only: others are refused."""
    return not (how.get("predictor") and how["compression"] == "packbits")


def container(random):
    return {"bigtiff": bool(random.integers(2)), "byteorder": str(random.choice(["<", ">"]))}


def plain(random, folder):
    """Pages and no description: taken as t."""
    shape = draw_shape(random, "tyx", 7)
    truth = coordinates(shape, random.choice(DTYPES))
    path, how = folder / "plain.tif", options(random, shape[1:])
    with tifffile.TiffWriter(path, **container(random)) as file:
        for page in truth:
            file.write(page, metadata=None, photometric="minisblack", contiguous=False, **how)
    return Case(path, "tyx", truth, f"tifffile, pages, {how}", readable=is_read(how))


def stated(random, folder):
    """The same, the order of its pages said by hand."""
    order = "".join(random.permutation(list("tcz")))
    sizes = dict(zip(order, (int(n) for n in random.integers(1, 5, 3))))
    y, x = draw_shape(random, "yx")
    written = coordinates((*sizes.values(), y, x), "uint16")
    path = folder / "stated.tif"
    tifffile.imwrite(path, written, photometric="minisblack", metadata=None)
    said = [f"source.axes={order}yx"] + [f"source.sizes.{a}={sizes[a]}" for a in order[1:]]
    arguments = [word for one in said for word in ("--set", one)]
    to = "".join(a for a in ORDER if a in order) + "yx"
    return Case(path, to, moved(written, order + "yx", to), f"pages {sizes} {' '.join(said)}",
                arguments, readable=True)


def imagej(random, folder):
    shape = draw_shape(random, "tzcyx")
    written = coordinates(shape, random.choice(["uint8", "uint16", "float32"]))
    unit, um = [("um", 1), ("micron", 1), ("nm", 1e-3), ("mm", 1e3), ("cm", 1e4), ("pm", 1e-6),
                ("inch", 25400)][random.integers(7)]
    x_um, z = float(random.choice([0.25, 0.5, 2])), float(random.choice([0.5, 3]))
    path = folder / "imagej.tif"
    tifffile.imwrite(path, written, imagej=True, byteorder=str(random.choice(["<", ">"])),
                     resolution=(1 / x_um, 1 / x_um),
                     metadata={"axes": "TZCYX", "unit": unit, "spacing": z, "finterval": 1.5})
    return Case(path, "tczyx", moved(written, "tzcyx", "tczyx"), f"ImageJ TZCYX {shape} {unit}",
                scale_um={"x": x_um * um, "y": x_um * um, "z": z * um}, step_s=1.5, readable=True)


def imagej_ordered(random, folder):
    """Micro-Manager and others: pages in an order that ImageJ's description names."""
    order = "".join(random.permutation(list("czt")))
    sizes = dict(zip("czt", (int(n) for n in random.integers(1, 5, 3))))
    y, x = draw_shape(random, "yx")
    slow_first = order[::-1]
    written = coordinates((*(sizes[a] for a in slow_first), y, x), "uint16")
    pages = written.reshape(-1, y, x)
    text = (f"ImageJ=1.53t\nimages={len(pages)}\nchannels={sizes['c']}\nslices={sizes['z']}\n"
            f"frames={sizes['t']}\nhyperstack=true\norder={'xy' * int(random.integers(2))}{order}\n")
    path = folder / "ordered.tif"
    with tifffile.TiffWriter(path) as file:
        for i, page in enumerate(pages):
            file.write(page, metadata=None, photometric="minisblack", contiguous=False,
                       description=text if i == 0 else None)
    return Case(path, "tczyx", moved(written, slow_first + "yx", "tczyx"), f"ImageJ order={order}")


def ome(random, folder):
    order = "".join(random.permutation(list("TCZ"))) + "YX"
    shape = draw_shape(random, order.lower())
    written = coordinates(shape, random.choice(DTYPES))
    unit, um = [("µm", 1), ("nm", 1e-3), ("mm", 1e3), ("cm", 1e4), ("Å", 1e-4), ("pm", 1e-6),
                ("in", 25400), ("m", 1e6)][random.integers(8)]
    step = float(random.choice([0.25, 0.125, 3]))
    channels = shape[order.index("C")]
    names = [f"{random.choice(['DAPI', 'GFP', 'x'])}" for _ in range(channels)]
    metadata = {"axes": order, "Channel": {"Name": names}}
    for axis in "XYZ":
        metadata |= {f"PhysicalSize{axis}": step, f"PhysicalSize{axis}Unit": unit}
    path, how = folder / "one.ome.tif", options(random, shape[-2:])
    tifffile.imwrite(path, written, metadata=metadata, photometric="minisblack", **container(random),
                     **how)
    return Case(path, "tczyx", moved(written, order.lower(), "tczyx"), f"OME {order} {unit} {how}",
                scale_um={a: step * um for a in "xyz"}, names=names, readable=is_read(how))


def ome_set(random, folder):
    """A file for each index of some axes, all described in each of them; read by any of them."""
    order = "".join(random.permutation(list("TCZ")))
    sizes = dict(zip("TCZ", (int(n) for n in random.integers(1, 4, 3))))
    apart = [a for a in "TCZ" if random.integers(2)] or ["C"]
    y, x = draw_shape(random, "yx")
    truth = coordinates((sizes["T"], sizes["C"], sizes["Z"], y, x), "uint16")
    name = {}
    planes = {}  # of each file, in the order of its pages
    for index in itertools.product(*(range(sizes[a]) for a in order[::-1])):
        at = dict(zip(order[::-1], index))
        key = tuple(at[a] for a in apart)
        name.setdefault(key, "s_" + "_".join(f"{a}{at[a]}" for a in apart) + ".ome.tif")
        planes.setdefault(key, []).append(at)
    data = "".join(
        f'<TiffData FirstT="{at["T"]}" FirstC="{at["C"]}" FirstZ="{at["Z"]}" IFD="{page}" '
        f'PlaneCount="1"><UUID FileName="{name[key]}">urn:uuid:{number:08d}-0000-0000-0000-'
        f'000000000000</UUID></TiffData>'
        for number, key in enumerate(planes) for page, at in enumerate(planes[key]))
    channels = "".join(f'<Channel ID="Channel:0:{c}" SamplesPerPixel="1"/>'
                       for c in range(sizes["C"]))
    for number, key in enumerate(planes):
        text = (f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
                f' UUID="urn:uuid:{number:08d}-0000-0000-0000-000000000000"><Image ID="Image:0">'
                f'<Pixels ID="Pixels:0" DimensionOrder="XY{order}" Type="uint16" SizeX="{x}" '
                f'SizeY="{y}" SizeZ="{sizes["Z"]}" SizeC="{sizes["C"]}" SizeT="{sizes["T"]}" '
                f'BigEndian="false">{channels}{data}</Pixels></Image></OME>')
        with tifffile.TiffWriter(folder / name[key]) as file:
            for page, at in enumerate(planes[key]):
                file.write(truth[at["T"], at["C"], at["Z"]], metadata=None, contiguous=False,
                           photometric="minisblack", description=text if page == 0 else None)
    path = folder if random.integers(2) else folder / str(random.choice(list(name.values())))
    return Case(path, "tczyx", truth, f"OME set, XY{order}, {sizes}, a file per {''.join(apart)}")


def numbered(random, folder):
    """A folder of files, a page or a stack in each."""
    count, pages = int(random.integers(1, 13)), int(random.choice([1, 1, 3]))
    y, x = draw_shape(random, "yx")
    truth = coordinates((count, pages, y, x), "uint16")
    naming = FILE_NAMES[random.integers(len(FILE_NAMES))]
    for i in random.permutation(count):
        tifffile.imwrite(folder / naming(int(i), count), truth[i], metadata=None,
                         photometric="minisblack", **options(random, (y, x)))
    return Case(folder, "tyx", truth.reshape(-1, y, x), f"{count} files of {pages}, "
                f"{naming(0, count)!r}")


def uneven(random, folder):
    """Stacks of different lengths in one folder: no plane may move into another stack."""
    lengths = [int(n) for n in random.integers(2, 6, 3)]
    y, x = draw_shape(random, "yx")
    truth = coordinates((sum(lengths), y, x), "uint16")
    described = bool(random.integers(2))
    first = 0
    for i, length in enumerate(lengths):
        stack = truth[first:first + length]
        first += length
        how = {"imagej": True, "metadata": {"axes": "ZYX"}} if described else {"metadata": None, "photometric": "minisblack"}
        tifffile.imwrite(folder / f"cell{i}.tif", stack, **how)
    if described and len(set(lengths)) == 1:
        truth = truth.reshape(len(lengths), -1, y, x)
        return Case(folder, "tzyx", truth, f"stacks of {lengths}")
    # Pages without a word are a movie in pieces. Stacks of z are refused unless they are alike.
    return Case(folder, "tyx" if not described else "", truth, f"stacks of {lengths}, "
                f"{'ImageJ z' if described else 'plain'}")


def shaped(random, folder):
    """tifffile's own description, also of a series behind one directory."""
    axes = str(random.choice(["TYX", "ZYX", "CYX", "TZYX", "TCYX", "QYX", ""]))
    truth = coordinates(draw_shape(random, (axes or "TYX").lower()), "uint16")
    path = folder / "shaped.tif"
    truncate = bool(random.integers(2))
    metadata = {"axes": axes} if axes else {}
    tifffile.imwrite(path, truth, metadata=metadata, truncate=truncate, photometric="minisblack")
    # Axes of this description are tifffile's own; read as t is allowed, the order is not free.
    return Case(path, "", truth, f"shaped {axes} {truth.shape}, truncate={truncate}")


def behind_one_directory(random, folder):
    truth = coordinates(draw_shape(random, "zyx", 9), "uint16")
    path, which = folder / "one.tif", int(random.integers(3))
    if which == 0:
        tifffile.imwrite(path, truth, imagej=True, truncate=True)
    elif which == 1:
        tifffile.imwrite(path, truth, volumetric=True, metadata=None, photometric="minisblack")
    else:
        depth = len(truth)
        tifffile.imwrite(path, truth[0], metadata=None, photometric="minisblack", extratags=[
            (33629, 5, depth, (1, 1) * depth, False), (33628, 4, 2, (5, depth), False)])
        with open(path, "ab") as file:
            file.write(truth[1:].tobytes())
    return Case(path, "", truth, ("ImageJ contiguous", "ImageDepth", "MetaMorph")[which])


def reduced(random, folder):
    """Small copies between the pages, or below them."""
    truth = coordinates(draw_shape(random, "tyx"), "uint16")
    path, below = folder / "reduced.tif", bool(random.integers(2))
    with tifffile.TiffWriter(path) as file:
        for page in truth:
            file.write(page, metadata=None, photometric="minisblack", subifds=int(below))
            file.write(page[::2, ::2].copy(), metadata=None, photometric="minisblack", subfiletype=1)
    return Case(path, "tyx", truth, f"reduced images {'below' if below else 'between'} pages")


def by_pillow(random, folder):
    truth = coordinates(draw_shape(random, "tyx", 6), random.choice(["uint8", "uint16"]))
    path = folder / "pillow.tif"
    pages = [PIL.Image.fromarray(page) for page in truth]
    codec = random.choice([None, "tiff_lzw", "tiff_deflate", "packbits"])
    pages[0].save(path, save_all=True, append_images=pages[1:], compression=codec)
    return Case(path, "tyx", truth, f"Pillow {codec}", readable=True)


def other_codec(random, folder):
    """Codecs that need not be read, but named."""
    codec = str(random.choice(OTHER_CODECS))
    truth = coordinates((3, 32, 32), "uint8")
    path = folder / "codec.tif"
    try:
        tifffile.imwrite(path, truth, photometric="minisblack", metadata=None, compression=codec)
        truth = tifffile.imread(path)  # some of them lose
    except Exception:  # a codec that does not take such pages
        return plain(random, folder)
    return Case(path, "tyx", truth.reshape(-1, 32, 32), f"codec {codec}")


NAMES = {2: None, 3: ["r", "g", "b"], 4: ["r", "g", "b", "a"], 5: ["0", "1", "2", "3", "4"]}


def samples_first(array, planar):
    """Samples before y x, as channels come out."""
    return array if planar else np.moveaxis(array, -1, -3)


def colour_options(random, plane, dtype):
    """How the samples of a pixel lie in its file, and whether that is in planes."""
    planar = bool(random.integers(2))
    chosen = options(random, plane) | {"planarconfig": "separate" if planar else "contig"}
    if np.dtype(dtype).itemsize == 8 or chosen["compression"] == "packbits":
        chosen.pop("predictor", None)
    return chosen, planar


def drawn_samples(random, shape, samples, dtype, planar):
    """Pixels of which no two samples are alike, in the shape that tifffile takes."""
    values = coordinates((*shape[:-2], samples, *shape[-2:]), dtype)
    return np.ascontiguousarray(values if planar else np.moveaxis(values, -3, -1))


def colours(random, folder):
    """Pages of several samples, without a word."""
    shape, samples = draw_shape(random, "tyx", 5), int(random.integers(2, 6))
    dtype = random.choice(DTYPES + ["uint64"])
    how, planar = colour_options(random, shape[-2:], dtype)
    rgb = samples > 2 and bool(random.integers(4))
    path = folder / "colours.tif"
    with tifffile.TiffWriter(path, **container(random)) as file:
        for page in drawn_samples(random, shape, samples, dtype, planar):
            file.write(page, metadata=None, contiguous=False,
                       photometric="rgb" if rgb else "minisblack", **how)
    with tifffile.TiffFile(path) as file:
        truth = np.stack([samples_first(page.asarray(), planar) for page in file.pages])
    names = NAMES[samples] if rgb else None
    return Case(path, "tcyx", truth, f"{samples} samples, {how}", names=names, readable=True)


def jpeg_colours(random, folder):
    """What another decoder makes of the same JPEGs."""
    count, planar = int(random.integers(1, 4)), not random.integers(4)
    y, x = (int(n) for n in random.integers(8, 60, 2))
    how = {"compression": "jpeg", "photometric": "rgb"}
    if planar:
        how["planarconfig"] = "separate"
    elif random.integers(3):
        how |= {"photometric": "ycbcr", "subsampling": [(1, 1), (2, 1), (2, 2)][random.integers(3)]}
    if random.integers(2):
        how["tile"] = (16, 32)
    path = folder / "jpeg.tif"
    with tifffile.TiffWriter(path) as file:
        for page in drawn_samples(random, (count, y, x), 3, "uint8", planar):
            file.write(page, metadata=None, contiguous=False, **how)
    with tifffile.TiffFile(path) as file:
        truth = np.stack([samples_first(page.asarray(), planar) for page in file.pages])
    return Case(path, "tcyx", truth, f"JPEG, {how}", names=NAMES[3], readable=True)


def palette(random, folder):
    """Places in a palette of bytes (twice, or above zeros), or of words."""
    shape, dtype = draw_shape(random, "tyx", 3), np.dtype(random.choice(["uint8", "uint16"]))
    places, kind = 256 ** dtype.itemsize, int(random.integers(3))
    if kind == 2:
        table = random.integers(0, 65536, (3, places)).astype("uint16")
    else:
        table = (random.integers(0, 256, (3, places)) * (257, 256)[kind]).astype("uint16")
    numbers = random.integers(0, places, shape).astype(dtype)
    path, how = folder / "palette.tif", options(random, shape[-2:])
    how.pop("predictor", None)
    with tifffile.TiffWriter(path, **container(random)) as file:
        for page in numbers:
            file.write(page, metadata=None, photometric="palette", colormap=table, contiguous=False,
                       **how)
    colour = table[:, numbers].swapaxes(0, 1)
    truth = colour if kind == 2 else (colour >> 8).astype("uint8")
    return Case(path, "tcyx", truth, f"palette {dtype} {kind} {how}", names=NAMES[3], readable=True)


def described_colours(random, folder):
    """OME-TIFF of RGB, channels of colours, too; ImageJ; tifffile's own shape."""
    kind = str(random.choice(["OME", "OME of channels", "ImageJ", "shaped"]))
    planar = kind != "ImageJ" and bool(random.integers(2))
    dtype = "uint8" if kind == "ImageJ" else random.choice(["uint8", "uint16"])
    axes = "TCZ" if kind == "OME of channels" else "TZ"
    shape = draw_shape(random, axes.lower() + "yx")
    written = drawn_samples(random, shape, 3, dtype, planar)
    path = folder / ("a.ome.tif" if kind.startswith("OME") else "a.tif")
    how = {} if kind == "ImageJ" else {"planarconfig": "separate" if planar else "contig"}
    metadata = {"axes": axes + ("SYX" if planar else "YXS")}
    tifffile.imwrite(path, written, imagej=kind == "ImageJ", photometric="rgb", metadata=metadata,
                     **how)
    truth = samples_first(written, planar)  # t (c) z s y x
    if "C" in axes:
        t, c, z, s, y, x = truth.shape
        truth = truth.swapaxes(2, 3).reshape(t, c * s, z, y, x)
    else:
        truth = truth.swapaxes(1, 2)
    names = NAMES[3] if "C" not in axes else None
    return Case(path, "tczyx", truth, f"{kind} {axes} {shape} planar={planar}", names=names)


def colours_by_pillow(random, folder):
    """Modes of Pillow; CMYK and the like need not be read, but named."""
    mode = str(random.choice(["RGB", "RGBA", "LA", "CMYK", "LAB"]))
    y, x = draw_shape(random, "yx")
    pixels = random.integers(0, 256, (y, x, {"LA": 2, "RGB": 3, "LAB": 3}.get(mode, 4)))
    picture = PIL.Image.fromarray(pixels.astype("uint8"), mode)
    codec = random.choice([None, "tiff_lzw", "tiff_deflate", "packbits"])
    path = folder / "pillow.tif"
    picture.save(path, compression=codec)
    truth = np.moveaxis(np.asarray(picture), -1, 0)
    names = {"LA": ["grey", "a"], "RGB": NAMES[3], "RGBA": NAMES[4]}.get(mode)
    return Case(path, "cyx", truth, f"Pillow {mode} {codec}", names=names, readable=bool(names))


LAYOUTS = [plain, stated, imagej, imagej_ordered, ome, ome_set, numbered, uneven, shaped,
           behind_one_directory, reduced, by_pillow, other_codec,
           colours, jpeg_colours, palette, described_colours, colours_by_pillow]


def draw(random, folder):
    return LAYOUTS[random.integers(len(LAYOUTS))](random, folder)
