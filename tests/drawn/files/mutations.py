"""Structural damage: links, counts, tags and descriptions that disagree with the rest."""

import dataclasses
import json
import signal
import struct

import numpy as np
import tifffile
import zarr


def directories(data):
    """Of a classic TIFF: (place of the count, tags, place of the link) of each directory."""
    order = "<" if data[:2] == b"II" else ">"
    at, found = struct.unpack(order + "I", data[4:8])[0], []
    while at and at not in [d[0] for d in found]:
        tags = struct.unpack(order + "H", data[at:at + 2])[0]
        link = at + 2 + 12 * tags
        found.append((at, tags, link))
        at = struct.unpack(order + "I", data[link:link + 4])[0]
    return order, found


def loop(random, data):
    order, found = directories(data)
    last, to = random.integers(len(found)), random.integers(len(found))
    data[found[last][2]:found[last][2] + 4] = struct.pack(order + "I", found[to][0])
    return f"the link of directory {last} leads to {to}"


def cut_chain(random, data):
    order, found = directories(data)
    last = random.integers(len(found))
    data[found[last][2]:found[last][2] + 4] = bytes(4)
    return f"the chain ends after directory {last}"


def cut_file(random, data):
    length = int(random.integers(8, len(data)))
    del data[length:]
    return f"cut to {length} bytes"


def change_tag(random, data):
    order, found = directories(data)
    at, tags, _ = found[random.integers(len(found))]
    entry = at + 2 + 12 * int(random.integers(tags))
    field = int(random.integers(3))
    place, size, code = [(entry + 2, 2, "H"), (entry + 4, 4, "I"), (entry + 8, 4, "I")][field]
    old = struct.unpack(order + code, data[place:place + size])[0]
    new = int(random.choice([0, 1, 2, old + 1, max(old - 1, 0), old * 2, 2 ** 31]))
    data[place:place + size] = struct.pack(order + code, new % 2 ** (8 * size))
    name = tifffile.TIFF.TAGS.get(struct.unpack(order + "H", data[entry:entry + 2])[0], "?")
    return f"{('type', 'count', 'value')[field]} of {name}: {old} -> {new}"


def change_count(random, data):
    """A number in the description that counts planes."""
    text = bytes(data)
    words = [b"images=", b"frames=", b"slices=", b"channels=", b'SizeT="', b'SizeZ="', b'SizeC="',
             b'IFD="', b'FirstT="', b'FirstZ="', b'SizeX="']
    places = [text.index(w) + len(w) for w in words if w in text]
    if not places:
        return cut_chain(random, data)
    place = int(random.choice(places))
    new = int(random.choice([0, 1, 2, 3, 5, 9]))
    data[place:place + 1] = str(new).encode()
    return f"{text[place - 10:place + 1]!r} -> {new}"


TIFF = [loop, cut_chain, cut_file, change_tag, change_tag, change_count]


def damage_tiff(random, case):
    """`case` with one of its files damaged, or the case as it is where it is not one TIFF file."""
    if not case.path.is_file() or tifffile.TiffFile(case.path).is_bigtiff:
        return case
    data = bytearray(case.path.read_bytes())
    how = TIFF[random.integers(len(TIFF))](random, data)
    case.path.write_bytes(data)
    return dataclasses.replace(case, how=f"{case.how}; {how}", damaged=True, readable=False)


def leaves(node, path=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    yield from [path] if path else []
    for key, value in items:
        yield from leaves(value, (*path, key))


def damage_json(random, file):
    text = json.loads(file.read_text())
    paths = list(leaves(text))
    if not paths:
        file.write_text("{")
        return "an object without its end"
    *to, last = paths[random.integers(len(paths))]
    node = text
    for key in to:
        node = node[key]
    old = node[last]
    new = [None, 0, 1, -1, "x", [], {}, 2 ** 40, [1], old * 2 if isinstance(old, (int, list)) else 3][
        random.integers(10)]
    if random.integers(4) == 0:
        del node[last]
        new = "nothing"
    else:
        node[last] = new
    file.write_text(json.dumps(text))
    return f"{'/'.join(map(str, (*to, last)))}: {json.dumps(old)[:60]} -> {json.dumps(new)}"


def damage_zarr(random, case):
    files = sorted(p for p in case.path.rglob("*") if p.is_file())
    abouts = [p for p in files if p.name in ("zarr.json", ".zarray", ".zattrs", ".zgroup")]
    chunks = [p for p in files if p not in abouts]
    if chunks and random.integers(3) == 0:
        file = chunks[random.integers(len(chunks))]
        data = file.read_bytes()
        file.write_bytes(data[:int(random.integers(len(data)))])
        how = f"{file.relative_to(case.path)} is cut"
    else:
        file = abouts[random.integers(len(abouts))]
        how = f"{file.relative_to(case.path)}: {damage_json(random, file)}"
    return dataclasses.replace(case, how=f"{case.how}; {how}", damaged=True, readable=False)


MOST_PIXELS = 10 ** 6  # damage may state sizes that take a reader for ever


ORDER = "TPCSZYX"  # as results of conversions have it


def opened(case):
    """What another reader would read, with a shape and a way to its pixels."""
    if case.path.is_dir():
        node = zarr.open(case.path, mode="r")
        array = node["0"] if isinstance(node, zarr.Group) else node
        return array.shape, lambda: array[...]
    series = tifffile.TiffFile(case.path).series[0]
    return series.shape, series.asarray


def planes_of(page):
    """The page, its samples as planes."""
    image = page.asarray()
    return np.moveaxis(image, -1, 0) if page.axes == "YXS" else image


class GivenUp(BaseException):
    """Not an Exception: the readers catch these, and go on."""


def other_reader(case):
    """Planes as tifffile or zarr-python reads them, in its order of axes, in that of results, and page by page;
    [] where they do not in 5 s."""
    def give_up(*_):
        raise GivenUp

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(5)
    try:
        shape, read = opened(case)
        if np.prod(shape, dtype=float) > MOST_PIXELS:
            return []
        pixels = np.asarray(read())
        orders = [pixels]
        if case.path.is_file():
            file = tifffile.TiffFile(case.path)
            axes = file.series[0].axes
            orders.append(pixels.transpose(sorted(range(len(axes)), key=lambda a: ORDER.find(axes[a]))))
            if len({page.shape for page in file.pages}) == 1:  # all that there is, in the order of the file
                orders.append(np.stack([planes_of(page) for page in file.pages]))
        return [one.reshape(-1, *one.shape[-2:]) for one in orders]
    except (Exception, GivenUp):  # whatever it is: it does not read it
        return []
    finally:
        signal.alarm(0)
