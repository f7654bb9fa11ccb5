"""Draws where the frames come from."""

DTYPES = ["uint8", "uint8", "uint16", "uint16", "float32", "int16", "uint32", "float64", "bool",
          "int8", "int32"]


def draw_sides(rng, large):
    """Height and width: tiny and odd, a pixel, long, or (how often, says `large`) such that bands pay."""
    if rng.random() < large:
        return rng.randint(200, 1200), rng.randint(100, 900)
    kind = rng.random()
    if kind < 0.12:
        return 1, 1
    if kind < 0.24:
        return rng.choice([(1, 999), (2000, 1), (1, 7), (300, 2), (3, 2049)])
    return rng.choice([2, 3, 5, 16, 31, 64, 97]), rng.choice([2, 3, 7, 17, 33, 64, 101])


def draw_axes(rng, large, leading=("t", "c", "z"), most_pixels=4_000_000):
    """{axis: size}: some leading axes in this order, then y x."""
    height, width = draw_sides(rng, large)
    chosen = [name for name in leading if name == "t" and rng.random() < 0.9 or rng.random() < 0.3]
    if not chosen:
        chosen = [rng.choice(leading)]
    sizes = {name: rng.choice([1, 2, 3, 5, 8, 13, 20] if name == "t" else [1, 2, 3, 4])
             for name in chosen}
    while height * width * product(sizes.values()) > most_pixels and max(sizes.values()) > 1:
        longest = max(sizes, key=sizes.get)
        sizes[longest] = max(1, sizes[longest] // 2)
    return {**sizes, "y": height, "x": width}


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def file_of(rng, large, kind, path):
    return {"kind": kind, "path": path, "content": rng.choice(["coordinates", "noise", "blobs"]),
            "dtype": rng.choice(DTYPES), "seed": rng.randrange(1000), "axes": draw_axes(rng, large)}


def no_bool(spec, rng):
    if spec["dtype"] == "bool":
        spec["dtype"] = "uint8"
    return spec


def draw_generator(rng, large):
    source = {"type": "generator", "kind": rng.choice(["noise", "gradient", "counter", "sequence", "nuclei"]),
              "size": draw_axes(rng, large, rng.choice([("t", "c", "z"), ("t", "p", "c", "z"), ("p", "t", "c")])),
              "dtype": rng.choice(DTYPES), "seed": rng.randrange(100)}
    if source["kind"] == "nuclei":
        source["radius_px"] = rng.choice([2, 3, 5])
        source["dtype"] = rng.choice(["uint8", "uint16"])
    if rng.random() < 0.3:
        source["scale"] = {"y": "0.65 um", "x": rng.choice(["0.65 um", "500 nm"])}
    return source, []


def draw_pages(rng, large):
    spec = no_bool(file_of(rng, large, "pages", "in/f{}.tif"), rng)
    if rng.random() < 0.3:
        spec["axes"] = in_any_order(rng, spec["axes"])
    leading = list(spec["axes"])[:-2]
    frames = product(list(spec["axes"].values())[:-2])
    spec["files"] = rng.choice([1, spec["axes"][leading[0]], frames])
    spec["first"] = rng.choice([0, 1, 8, 98])  # natural order: f9 before f10
    spec["compression"] = rng.choice([None, None, "zlib", "lzw", "packbits"])
    if spec["compression"] in ("zlib", "lzw") and spec["dtype"][0] in "ui" and rng.random() < 0.4:
        spec["predictor"] = True
    if rng.random() < 0.3:
        spec["tile"] = rng.choice([[16, 16], [32, 16], [64, 64]])
    elif rng.random() < 0.5:
        spec["rowsperstrip"] = rng.choice([1, 3, 16])
    spec["bigtiff"] = rng.random() < 0.3
    spec["byteorder"] = rng.choice("<>")
    source = {"type": "files", "glob": "in/f*.tif", "axes": "".join(spec["axes"])}
    sizes = {name: spec["axes"][name] for name in leading[1:]}
    if sizes:
        source["sizes"] = sizes
    return source, [spec]


def draw_imagej(rng, large):
    spec = file_of(rng, large, "imagej", "in/ij.tif")
    spec["dtype"] = rng.choice(["uint8", "uint16", "float32"])
    sizes = spec["axes"]
    sizes.update(y=max(2, sizes["y"]), x=max(2, sizes["x"]))  # tifffile takes single columns for colours
    spec["axes"] = {name: sizes[name] for name in "tzcyx" if name in sizes}  # ImageJ's only order
    if rng.random() < 0.5:
        spec["scale_um"] = rng.choice([0.5, 0.125, 2.0])
    return {"type": "files", "glob": "in/ij.tif", "axes": "auto"}, [spec]


def draw_ome(rng, large):
    spec = no_bool(file_of(rng, large, "ome", "in/a.ome.tif"), rng)
    spec["axes"] = in_any_order(rng, spec["axes"])
    if rng.random() < 0.5:
        spec["scale_um"], spec["unit"] = rng.choice([0.5, 0.125, 2.0]), rng.choice(["µm", "nm", "mm"])
    spec["compression"] = rng.choice([None, "zlib"])
    spec["byteorder"] = rng.choice("<>")
    return {"type": "files", "glob": "in/a.ome.tif", "axes": "auto"}, [spec]


def in_any_order(rng, axes):
    leading = list(axes)[:-2]
    rng.shuffle(leading)
    return {name: axes[name] for name in leading + ["y", "x"]}


def draw_ome_set(rng, large):
    spec = no_bool(file_of(rng, large, "ome_set", "in/s{}.ome.tif"), rng)
    spec["dtype"] = rng.choice(["uint8", "uint16", "float32"])
    spec["axes"] = in_any_order(rng, draw_axes(rng, large, most_pixels=500_000))
    spec["by"] = rng.choice(list(spec["axes"])[:-2])
    spec["first"] = rng.choice([0, 8])
    return {"type": "files", "glob": "in/s*.ome.tif", "axes": "auto"}, [spec]


def draw_zarr(rng, large):
    spec = file_of(rng, large, "zarr", "in/a.zarr")
    spec["format"] = rng.choice([2, 3, 3])
    spec["ngff"] = rng.random() < 0.7
    shape = list(spec["axes"].values())
    spec["chunks"] = [rng.choice([1, n, max(1, n // 2), max(1, n // 3 + 1)]) for n in shape]
    while product(-(-n // c) for n, c in zip(shape, spec["chunks"])) > 400:
        a = max(range(len(shape)), key=lambda a: shape[a] // spec["chunks"][a])
        spec["chunks"][a] = min(shape[a], 2 * spec["chunks"][a])
    spec["codec"] = rng.choice([None, "zstd", "gzip", "blosc"])
    spec["fill"] = 1 if rng.random() < 0.2 else 0
    spec["hole"] = rng.random() < 0.2
    if rng.random() < 0.4:
        spec["scales"] = {"t": 2.5, "y": 0.5, "x": 0.25}
    if spec["format"] == 2:
        spec.update(order=rng.choice("CF"), byteorder=rng.choice("<>"), separator=rng.choice("./"))
        spec["unstated"] = spec["separator"] == "/" and rng.random() < 0.15
    elif rng.random() < 0.4:
        spec["shards"] = [c * rng.choice([1, 2]) for c in spec["chunks"]]
    if spec["ngff"] and rng.random() < 0.35:
        frames = product(shape[:-2])
        spec["missing"] = sorted(rng.sample(range(frames), rng.randint(1, min(3, frames))))
    source = {"type": "ome_zarr", "path": "in/a.zarr" if spec["ngff"] else "in/a.zarr/0"}
    if not spec["ngff"]:
        source["axes"] = "".join(spec["axes"])
    return source, [spec]


def draw_rtdc(rng, large):
    spec = file_of(rng, large, "rtdc", "in/m.rtdc")
    height, width = rng.choice([(17, 33), (64, 97), (80, 320)])
    spec["axes"] = {"t": rng.choice([2, 9, 30]), "y": height, "x": width}
    spec["dtype"] = "uint8"
    spec["chunk"] = rng.choice([1, 4, 7, 100])
    return {"type": "rtdc", "path": "in/m.rtdc"}, [spec]


def draw_push(rng, large):
    """A camera: with losses, or such that waits."""
    inner, files = draw_generator(rng, large) if rng.random() < 0.7 else draw_zarr(rng, large)
    if inner["type"] == "generator":
        inner["size"] = draw_axes(rng, large, ("t",), 2_000_000)
        most = max(1, 20_000_000 // (inner["size"]["y"] * inner["size"]["x"]))  # each run leaves all of its ports
        inner["size"]["t"] = min(most, rng.choice([1, 7, 40, 150]))
    source = {"type": "push", "of": inner, "overflow": rng.choice(["drop", "wait"]),
              "ring": rng.choice([1, 2, 5, 64]), "fps": rng.choice([0, 0, 500, 3000])}
    if rng.random() < 0.35:
        source["unbounded"] = True
    if rng.random() < 0.2:
        source["jitter_ms"] = 1
    if inner["type"] == "generator" and rng.random() < 0.2:
        source["repeat"] = 2
    return source, files


SOURCES = {draw_generator: 24, draw_pages: 16, draw_imagej: 6, draw_ome: 8, draw_ome_set: 6,
           draw_zarr: 22, draw_rtdc: 6, draw_push: 12}


def draw_source(rng, large):
    """(source of the pipeline file, files to be written)"""
    return rng.choices(list(SOURCES), list(SOURCES.values()))[0](rng, large)
