"""What is registered, as `parfocal ops --json` tells it: a new operator is drawn without a change
here. Its parameters are drawn from their declared types, choices and ranges."""

import re
from dataclasses import dataclass

DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float32", "float64"]


@dataclass(frozen=True)
class Port:
    name: str
    is_table: bool
    dtypes: tuple      # () = any
    optional: bool


def port_of(entry):
    listed = re.search(r"\(([a-z0-9, ]+)\)$", entry["what"])
    names = tuple(re.split(r", *", listed[1])) if listed else ()
    return Port(entry["name"], entry["what"].startswith("table"),
                names if set(names) <= set(DTYPES) else (), entry.get("optional", False))


@dataclass(frozen=True)
class Operator:
    name: str
    kind: str
    inputs: tuple
    outputs: tuple
    parameters: tuple  # as declared


def required(name):
    return {"name": name, "type": "special", "required": True}


ANY = (Port("in", False, (), False),)
OUT = (Port("out", False, (), False),)
NUMBERS = (Port("in", False, tuple(DTYPES[1:]), False),)
# Not listed: operators for tests of the engine, which hold items back, fail, and leave gaps.
FOR_TESTS = [
    Operator("test_add", "map", NUMBERS, OUT, (required("constant"),)),
    Operator("delay", "stream", ANY, OUT, (required("items"),)),
    Operator("gap_at", "stream", ANY, OUT, (required("sequences"),)),
    Operator("fail_at", "map", ANY, OUT, (required("sequence"), required("how"))),
]


def operators(run, folder):
    """{name: Operator} of everything that a step may name."""
    found = {operator.name: operator for operator in FOR_TESTS}
    for entry in run(folder, "ops", "--json").json()["entries"]:
        if entry["role"] == "operator":
            found[entry["name"]] = Operator(
                entry["name"], entry["kind"], tuple(map(port_of, entry["inputs"])),
                tuple(map(port_of, entry["outputs"])), tuple(entry["parameters"]))
    return found


def bounds(parameter, low, high):
    """The declared range, where it is narrower than what is worth drawing."""
    text = parameter.get("range", "")
    if found := re.fullmatch(r"([-+.e\d]+)\.\.([-+.e\d]+)", text):
        return max(low, float(found[1])), min(high, float(found[2]))
    for part in text.split(" and "):
        if found := re.fullmatch(r"(>=?|<=?) ([-+.e\d]+)", part):
            value = float(found[2])
            low, high = (max(low, value), high) if found[1][0] == ">" else (low, min(high, value))
    return low, high


# Parameters whose declared type does not say what makes sense. Each draws from the random numbers
# and the layout of the main input.
def draw_axes_over(rng, layout):
    inside = list(layout.item_names)
    stream = [name for name in layout.stream_names if rng.random() < 0.6]
    return stream + (inside if not stream or rng.random() < 0.25 else []) or inside


def draw_range(rng, layout, axis):
    size = dict(layout.item).get(axis)
    if not size:
        return None
    begin = rng.randrange(size)
    return [begin, rng.randint(begin + 1, size)]


def draw_index(rng, layout, drawn):
    sizes = dict(layout.stream + layout.item)
    return rng.randrange(max(1, sizes.get(drawn.get("axis"), 1)))


def draw_stream_axis(rng, layout, _):
    return rng.choice(layout.stream_names) if layout.stream else "t"


def draw_any_axis(rng, layout, _):
    leading = list(layout.stream_names) + list(layout.item_names[:-2])
    return rng.choice(leading or layout.item_names or ["t"])


def draw_even(rng, layout, _):
    return 2 * rng.randint(1, max(1, dict(layout.stream).get("t", 8) // 2))


METHODS = ["otsu", "otsu", "value", "li", "yen", "isodata", "triangle", "mean", "minimum"]
FOOTPRINTS = ["disk(0)", "disk(1)", "disk(1.5)", "disk(3)", "disk(7)", "square(1)", "square(3)",
              "square(5)", "rectangle(1x7)", "rectangle(5x1)", "rectangle(3x9)"]
SPECIAL = {
    ("reduce", "over"): lambda rng, layout, _: draw_axes_over(rng, layout),
    ("project", "axis"): draw_any_axis,
    ("collect", "over"): draw_stream_axis,
    ("select", "axis"): draw_any_axis,
    ("select", "index"): draw_index,
    ("select", "name"): lambda *_: None,
    ("background_rolling_median", "kernel_size"): draw_even,
    ("measure", "properties"): lambda rng, *_: rng.sample(
        ["label", "area", "bbox", "centroid", "intensity_mean", "intensity_min", "intensity_max",
         "intensity_sum"], rng.randint(1, 5)),
    ("median", "size"): lambda rng, *_: rng.choice([None, None, 1, 2, 3, 3, 5, 5, 7, [3, 5], [4, 1], 13]),
    ("median", "footprint"): lambda rng, _, drawn: None if drawn.get("size") else rng.choice(FOOTPRINTS),
    ("rescale", "in_range"): lambda rng, *_: rng.choice([None, "image", "dtype", "uint8", [0, 100], [-5, 40.5]]),
    ("rescale", "out_range"): lambda rng, *_: rng.choice([None, "dtype", "uint8", "int16", "float32", [0, 1], [-3, 500]]),
    ("remove_small", "min_size"): lambda rng, *_: rng.choice([1, 2, 5, 20, 1000]),
    # skimage's minimum takes minutes where grey levels are many.
    ("threshold", "method"): lambda rng, layout, _: rng.choice(
        METHODS[:-1] if layout.dtype.endswith("16") else METHODS),
    ("threshold", "value"): lambda rng, layout, drawn:
        draw_level(rng, layout) if drawn.get("method") == "value" else None,
    ("flow_features", "pixel_size"): lambda rng, *_: "0.34 um",
    ("flow_features", "gates"): lambda *_: None,
    ("test_add", "constant"): lambda rng, *_: rng.randint(-300, 300),
    ("delay", "items"): lambda rng, *_: rng.randint(0, 9),
    ("gap_at", "sequences"): lambda rng, *_: sorted(rng.sample(range(12), 3)),
    ("fail_at", "sequence"): lambda rng, *_: rng.randrange(12),
    ("fail_at", "how"): lambda rng, *_: rng.choice(["status", "throw"]),
}


def draw_level(rng, layout):
    if layout.dtype.startswith("float"):
        return rng.choice([0.5, 10.25, 100])
    return rng.choice([0, 5, 100, 128])


def draw_value(rng, parameter, layout):
    kind = parameter["type"]
    if parameter.get("choices"):
        return rng.choice(parameter["choices"])
    if kind == "integer":
        low, high = bounds(parameter, 1, 60)
        return rng.randint(int(low), max(int(low), int(high)))
    if kind == "number":
        low, high = bounds(parameter, -20, 20)
        return rng.choice([round(rng.uniform(low, high), 2), int(rng.uniform(low, high))])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "dtype":
        return rng.choice(DTYPES)
    if kind == "length":
        return f"{rng.choice([0.3, 0.5, 1, 1.7, 2, 5])} px"
    if kind == "list of length":
        return [draw_value(rng, {"type": "length"}, layout) for _ in range(rng.randint(1, 2))]
    if kind == "time":
        return f"{rng.choice([0.5, 1, 2, 5])} s"
    if kind == "footprint":
        return rng.choice(FOOTPRINTS)
    if kind == "[begin, end]":
        return draw_range(rng, layout, parameter["name"])
    if kind == "list of integer":
        return [draw_value(rng, {"type": "integer"}, layout)]
    return None  # free text, maps: left out


def draw_parameters(rng, operator, layout):
    """{parameter: value} for a step of `operator` whose main input has this layout."""
    drawn = {}
    for parameter in operator.parameters:
        name = parameter["name"]
        wanted = parameter["required"] or rng.random() < 0.6
        special = SPECIAL.get((operator.name, name))
        if not wanted and not special:
            continue
        value = special(rng, layout, drawn) if special else draw_value(rng, parameter, layout)
        if value is not None and not (value == [] and not parameter["required"]):
            drawn[name] = value
    return drawn
