"""Draws a whole pipeline: a source, a graph of steps with forks, joins and folds, sinks, and how it
is run. What fits where is asked of `parfocal plan`: a step that it refuses is drawn again."""

import random

from . import catalogue
from .draw_source import draw_source
from .pipeline import Pipeline

TRIES = 8  # of a step, before the graph stays as it is
# Themes: how often images are large, and what is tried more often (1 where not named).
THEMES = {
    "objects": (0.15, {"label": 4, "median": 2, "fill_holes": 2, "remove_small": 2, "clear_border": 2, "measure": 4, "count": 3, "threshold": 4, "gaussian": 2,
                       "background_sparse_median": 0.3, "flow_features": 0.3}),
    # What can be swept by bands: one step that needs whole frames, and there are none.
    "bands": (0.75, {"reduce": 4, "gaussian": 3, "median": 3, "subtract": 2, "label": 0, "measure": 0, "count": 0,
                     "fill_holes": 0, "remove_small": 0, "clear_border": 0, "threshold": 0, "segment_below_background": 0, "flow_features": 0,
                     "background_sparse_median": 0}),
}
CODECS = ["none", "lz4", "zstd_blosc", "zstd", "gzip", "crc32c"]
# Names that nobody may take, or that break what does not look.
HOSTILE = ["run.json", "frames.csv", "o0{}/0/c/0/0/0", "o0{}/zarr.json", "o0{}/in{}", "o0{}"]
ODD = ["result{}.old", "sub/result{}.old", "with space {}", ".o{}"]  # as they are, without a suffix
AWKWARD = ["out.old{}", "sub/o{}.old", "sub/dir/o{}", "ünïcödé 図/o{}", "with space/o {}", "o#%&'{}",
           "o{}.parfocal", "frames/o{}", "probe/o{}"]
SUFFIX = {"ome_zarr": ".ome.zarr", "ome_tiff": ".ome.tif", "table": ".csv", "rtdc": ".rtdc",
          "frames": ".csv"}


class Drawer:
    """Draws pipelines; `plan(pipeline)` gives the layout of every port, or None where refused."""

    def __init__(self, operators, plan):
        self.operators, self.plan = operators, plan

    def draw(self, seed):
        """A pipeline that the planner accepts, but for the names of its sinks; None if even the
        source is refused."""
        rng = random.Random(seed)
        self.theme = rng.choice(list(THEMES))
        source, files = draw_source(rng, THEMES[self.theme][0])
        pipeline = Pipeline(seed, source, files, on_error=rng.choice(["stop", "skip"]))
        layouts = self.plan(pipeline)
        if layouts is None:
            return pipeline
        for number in range(rng.choice([0, 1, 2, 2, 3, 3, 4, 5, 7])):
            layouts = self.add_step(rng, pipeline, layouts, number)
        draw_sinks(rng, pipeline, layouts)
        pipeline.runs = draw_runs(rng)
        return pipeline

    def add_step(self, rng, pipeline, layouts, number):
        for _ in range(TRIES):
            step = self.draw_step(rng, layouts, f"s{number}")
            if step is None:
                continue
            pipeline.steps.append(step)
            accepted = self.plan(pipeline)
            if accepted is not None:
                return accepted
            pipeline.steps.pop()
        return layouts

    def draw_step(self, rng, layouts, name):
        """A step that reads ports of the right kind, or None if there are none."""
        names, weights = list(self.operators), THEMES[self.theme][1]
        operator = self.operators[rng.choices(names, [weights.get(n, 1) for n in names])[0]]
        main = pick(rng, layouts, operator.inputs[0])
        if main is None:
            return None
        step = {"id": name, "op": operator.name, "from": main}
        for port in operator.inputs[1:]:
            if port.optional and rng.random() < 0.4:
                continue
            other = pick(rng, layouts, port, beside=layouts[main])
            if other is None and not port.optional:
                return None
            if other is not None:
                step[port.name] = other
        step.update(catalogue.draw_parameters(rng, operator, layouts[main]))
        if operator.name == "reduce" and self.theme == "bands":  # over axes inside frames: whole ones
            along = [name for name in step["over"] if name in layouts[main].stream_names]
            step["over"] = along or list(layouts[main].stream_names[:1]) or step["over"]
        if operator.name in ("add", "subtract", "multiply", "divide"):  # either another step or a number
            step.pop("constant", None)
            if "by" not in step:
                step["constant"] = rng.choice([3, 0.5, 0, 1, -2, 1000, 2**33, 1e-46])
        return step


def pick(rng, layouts, port, beside=None):
    """A port that `port` can take: preferably a late one, so that graphs get deep."""
    fitting = [name for name, found in layouts.items()
               if found.is_image != port.is_table
               and (port.is_table or not port.dtypes or found.dtype in port.dtypes)
               and (beside is None or joins(beside, found))]
    if not fitting:
        return None
    chance = rng.random()
    if chance < 0.25 and fitting[0] == "source":  # siblings
        return fitting[0]
    return fitting[-1] if chance < 0.6 else rng.choice(fitting)


def joins(main, other):
    """`other` has the items of `main`, or fewer axes."""
    return (set(other.stream) <= set(main.stream) and other.item in (main.item, ())
            and (other.clock == main.clock or not other.stream))


def draw_path(rng, type_, number, others):
    suffix = SUFFIX[type_]
    if rng.random() < 0.04:
        return rng.choice(HOSTILE).format(SUFFIX[others[0]["type"]] if others else "", suffix)
    if rng.random() < 0.07:
        return rng.choice(ODD).format(number)
    if rng.random() < 0.15:
        return rng.choice(AWKWARD).format(number) + suffix
    return f"o{number}{suffix}"


def sink_types(found):
    if not found.is_image or not found.item:
        return ["table"]
    if len(found.item) < 2 or found.item_names[-2:] != ("y", "x"):
        return []
    types = ["ome_tiff"] if "p" not in found.stream_names else []
    order = [name for name in found.stream_names + found.item_names if name != "p"]
    if order == sorted(order, key="tczyx".find) and set(order) <= set("tczyx"):
        types += ["ome_zarr"] * 3
    if len(found.stream) == 1 and len(found.item) == 2 and found.dtype in ("uint8", "uint16"):
        types.append("rtdc")
    if found.dtype in ("int64", "uint64"):
        types = [name for name in types if name != "ome_tiff"]
    return types


def draw_sinks(rng, pipeline, layouts):
    ports = list(layouts)
    for number in range(rng.choice([1, 1, 2, 3, 4])):
        port = ports[-1] if number == 0 else rng.choice(ports)
        types = sink_types(layouts[port])
        if types:
            pipeline.sinks.append(draw_sink(rng, pipeline, layouts, port, rng.choice(types), number))
    if not pipeline.sinks:
        pipeline.sinks.append({"type": "frames", "from": "source", "path": "all.csv"})


def draw_sink(rng, pipeline, layouts, port, type_, number):
    sink = {"type": type_, "from": port, "path": draw_path(rng, type_, number, pipeline.sinks)}
    if type_ == "ome_zarr":
        sink["codec"] = rng.choice(CODECS)
        sink["shard"] = rng.choice(["auto", "auto", "none"])
        sink["format"] = rng.choice(["0.5", "0.5", "0.4"])
        sink["levels"] = rng.choice([0, 1, 1, 2, 3])
        labels = [name for name, found in layouts.items()
                  if found.dtype == "uint32" and found.is_image and found.item == layouts[port].item
                  and found.stream == layouts[port].stream and found.clock == layouts[port].clock]
        if labels and rng.random() < 0.5:
            sink["labels"] = {"cells": rng.choice(labels)}
    if type_ == "ome_tiff":
        sink["compression"] = rng.choice(["none", "deflate"])
    if type_ == "rtdc":
        sink.update(frame_rate=1000, zstd_level=rng.choice([0, 1, 5]))
    return sink


def draw_runs(rng):
    """Four ways to run it: from the smallest memory that is accepted to much, on 1 to 5 threads."""
    memories = ["smallest", rng.choice(["smallest", "third"]), rng.choice(["third", "half"]), "1GiB"]
    return [{"memory": memory, "threads": rng.choice([1, 2, 5])} for memory in memories]
