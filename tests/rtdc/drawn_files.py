"""Recordings as h5py can write them, drawn at random: formats, chunks, filters, types, links, attributes."""

import h5py
import hdf5plugin
import numpy as np

FORMATS = [None, "earliest", "latest", "v110", "v112", "v114", "v200", ("earliest", "v110")]
FILTERS = [  # and whether they have to be read
    ({}, True), ({"compression": "gzip", "compression_opts": 4}, True),
    (dict(hdf5plugin.Zstd(clevel=3)), True), ({"scaleoffset": 0}, True),
    ({"compression": "lzf"}, False), (dict(hdf5plugin.Blosc()), False), (dict(hdf5plugin.LZ4()), False)]
ATTRIBUTES = [
    True, np.bool_(False), 7, np.uint8(200), np.int16(-3), np.uint64(2**63), 2.5, np.float32(0.1),
    np.float16(1.5), np.longdouble(2.25), 1 + 2j, "text", "µ", "", np.bytes_("bytes"), [1, 2, 3],
    [True, False], ["a", "bc"], np.array([b"a", b"bc"]), h5py.Empty("f8"), [[1.5]],
    np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), np.array([(1, True)], [("a", "i4"), ("b", "?")])]


def enum_value():
    return np.int8(1), h5py.enum_dtype({"OFF": 0, "ON": 1}, basetype="i1")


def images_of(rng, kind):
    shape = [rng.randint(1, 30), rng.randint(1, 14), rng.randint(1, 18)]
    if rng.random() < 0.05:
        shape[0] = 0
    values = np.random.default_rng(rng.randrange(2**32)).integers(0, 200, shape)
    return (values * (300 if np.dtype(kind).itemsize > 1 else 1)).astype(kind)


def options_of(rng, shape):
    """Keyword arguments of create_dataset, and whether they have to be read."""
    options, known = {}, True
    if min(shape) == 0 or rng.random() < 0.25:
        return options, known
    options["chunks"] = tuple(rng.randint(1, size) for size in shape)
    if rng.random() < 0.5:
        options["chunks"] = (options["chunks"][0], *shape[1:])
    if rng.random() < 0.6:
        options["maxshape"] = tuple(rng.choice([None, size, size + 3]) for size in shape)
    filters, known = rng.choice(FILTERS)
    options |= filters
    options["shuffle"] = "scaleoffset" not in options and rng.random() < 0.3
    options["fletcher32"] = "scaleoffset" not in options and rng.random() < 0.5
    return options, known


def write_images(rng, path, h5, images):
    """Writes them somewhere and lets events/image lead there; whether they have to be read."""
    options, known = options_of(rng, images.shape)
    where = rng.choice(["here"] * 5 + ["soft", "hard", "file", "virtual", "pieces", "raw"])
    events = h5.require_group("events")
    if where == "raw" and images.size:
        raw = path.with_suffix(".raw")
        raw.write_bytes(images.tobytes())
        events.create_dataset("image", images.shape, images.dtype,
                              external=[(str(raw), 0, h5py.h5f.UNLIMITED)])
        return known, images
    if where == "pieces" and "chunks" in options:
        fill = rng.randrange(200)
        data = events.create_dataset("image", images.shape, images.dtype, fillvalue=fill, **options)
        first = rng.randrange(len(images))
        data[first:] = images[first:]
        return known, data[:]
    if where == "file" or where == "virtual":
        other = path.with_name(path.stem + "-other.h5")
        with h5py.File(other, "w", libver=rng.choice(FORMATS)) as far:
            far.create_dataset("data", data=images, **options)
        if where == "file":
            events["image"] = h5py.ExternalLink(other.name, "/data")
        else:
            layout = h5py.VirtualLayout(images.shape, images.dtype)
            layout[:] = h5py.VirtualSource(other.name, "data", images.shape)
            events.create_virtual_dataset("image", layout)
        return known, images
    name = "events/image" if where not in ("soft", "hard") else "elsewhere/data"
    data = h5.create_dataset(name, data=images, **options)
    if where == "soft":
        events["image"] = h5py.SoftLink("/elsewhere/data")
    if where == "hard":
        events["image"] = data
    return known, images


def write_column(rng, h5, name, values):
    """One number per frame, of any type and sometimes of another length; whether it fits."""
    kind = rng.choice(["f8", ">f8", "f4", "f8", "i4", "u2", ">i8"])
    fits = rng.random() < 0.9
    stored = np.asarray(values if fits else [*values, 1], kind)
    options, known = options_of(rng, stored.shape) if stored.dtype.kind in "iu" else ({}, True)
    h5.create_dataset("events/" + name, data=stored, **options)
    return stored, fits, known


def times_of(columns, rate, count):
    """dcnum's rule (bg_sparse_median.py); None: nobody knows."""
    if "time" in columns:
        return columns["time"] - columns["time"][0]
    if rate and "frame" in columns:
        times = columns["frame"] / rate
        return times - times[0]
    return np.linspace(0, count / rate * 1.5, count) if rate else None


def draw(rng, path):
    """A file at `path`: its images and times, whether it has to be read, its attributes."""
    kind = rng.choice(["u1"] * 6 + ["<u2", ">u2"] + ["i2", "f4"] * (rng.random() < 0.3))
    images = images_of(rng, kind)
    columns, rate = {}, rng.choice([0, 0, np.float64(2000), np.int64(1500)])
    with h5py.File(path, "w", libver=rng.choice(FORMATS)) as h5:
        must, images = write_images(rng, path, h5, images)
        must = must and len(images) > 0 and kind[-2:] in ("u1", "u2")
        h5.attrs["experiment:event count"] = len(images)
        h5.attrs["imaging:pixel size"] = rng.choice([0.34, np.float32(0.34), 1])
        if rate:
            h5.attrs["imaging:frame rate"] = rate
        for name, step in (("time", 0.25), ("frame", 3)):
            if len(images) and rng.random() < 0.5:
                values = 7 + step * np.arange(len(images))
                if rng.random() < 0.1 and len(images) > 2:
                    values[-1] = values[0]
                columns[name], fits, known = write_column(rng, h5, name, values)
                is_used = name == "time" or (rate and "time" not in columns)
                must = must and (not is_used or (fits and known))
        for i in range(rng.randint(0, 12)):
            h5.attrs[f"user:a{i}"] = rng.choice(ATTRIBUTES)
        if rng.random() < 0.3:
            value, enum = enum_value()
            h5.attrs.create("user:enum", value, dtype=enum)
        attributes = dict(h5.attrs)
    return images, lambda: times_of(columns, rate, len(images)), must, attributes
