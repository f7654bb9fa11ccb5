"""What a command is asked to make in a folder of its own (the *place*), and how its result is read."""

import json

import h5py
import numpy as np
import tifffile

from .. import recorded
from ..pipeline import Pipeline

OLD = {"parfocal": 1, "source": {"type": "generator", "kind": "noise", "size": {"t": 3, "y": 41, "x": 43},
                                 "dtype": "uint8", "seed": 7},
       "steps": [{"op": "threshold", "id": "m"}, {"op": "label", "id": "l"}, {"op": "count", "id": "n"}]}


def write_old_movie(work):
    tifffile.imwrite(work / "old.tif", np.arange(3 * 41 * 43, dtype=np.uint16).reshape(3, 41, 43))


class Run:
    """`parfocal run`: the sinks of a pipeline."""
    kind = "run"

    def __init__(self, pipeline, work, threads):
        self.pipeline, self.work, self.threads = pipeline, work, threads
        self.sinks = pipeline.sinks
        (work / "p.yaml").write_text(pipeline.yaml())
        self.old_sinks = old_sinks(pipeline)
        (work / "old.yaml").write_text(json.dumps({**OLD, "sinks": self.old_sinks}))

    def words(self, place, *more):
        return self.line("p.yaml", place, *more)

    def old_words(self, place):
        return self.line("old.yaml", place)

    def line(self, file, place, *more):
        return ["run", file, "--out", place, "--threads", self.threads, "--memory", "1GiB", "--progress", "none", *more]

    def names(self):
        return [sink["path"] for sink in self.sinks] + ["frames.csv", "run.json"]

    def contents(self, place):
        found = recorded.contents(place, self.sinks)
        found["frames.csv"] = (place / "frames.csv").read_bytes()
        found["run.json"] = recorded.record_contents(place, self.names())
        return found

    def old_contents(self, place):
        return recorded.contents(place, self.old_sinks)

    def unfinished(self, place, overwrites):
        return place / ".parfocal-new" if overwrites else place


def old_sinks(pipeline):
    """Make other results of the same names, and one more."""
    sinks = [dict(type=sink["type"], path=sink["path"], **{"from": "n" if sink["type"] == "table" else "source"})
             for sink in pipeline.sinks]
    for sink in sinks:
        if sink["type"] == "rtdc":
            sink["frame_rate"] = 1000
    sinks.append({"type": "table", "from": "n", "path": "only-old.csv"})
    return sinks


class Convert:
    """`parfocal convert` of what the pipeline reads, to a store or an OME-TIFF."""
    kind = "convert"

    def __init__(self, pipeline, work, threads, out):
        self.pipeline, self.work, self.threads, self.out = pipeline, work, threads, out
        type_ = "ome_zarr" if out.endswith(".zarr") else "ome_tiff"
        self.sinks = [{"type": type_, "from": "source", "path": out}]

    def inputs(self):
        source = self.pipeline.source
        words = [source["glob"] if "glob" in source else source["path"]]
        for key in ("axes", "sizes"):
            given = source.get(key)
            pairs = given.items() if isinstance(given, dict) else [("", given)] if given not in (None, "auto") else []
            for name, value in pairs:
                words += ["--set", f"source.{key}{'.' if name else ''}{name}={value}"]
        return words

    def words(self, place, *more):
        return self.line(self.inputs(), place, *more)

    def old_words(self, place):
        return self.line(["old.tif"], place)

    def line(self, inputs, place, *more):
        on_error = ["--on-error", "skip"] if self.pipeline.on_error == "skip" else []
        return ["convert", inputs[0], place / self.out, *inputs[1:], "--threads", self.threads, "--memory", "1GiB",
                "--progress", "none", *on_error, *more]

    def names(self):
        return [self.out]

    def contents(self, place):
        return recorded.contents(place, self.sinks)

    old_contents = contents

    def unfinished(self, place, _):
        return place / f".{self.out}.parfocal"


class Background:
    """`parfocal background` of a recording."""
    kind = "background"

    def __init__(self, pipeline, work, threads, method):
        self.pipeline, self.work, self.threads, self.method = pipeline, work, threads, method
        self.out, self.sinks = "b.rtdc", []

    def words(self, place, *more):
        return self.line(self.method, place, *more)

    def old_words(self, place):
        return self.line({"rolling-median": "sparse-median"}.get(self.method, "rolling-median"), place)

    def line(self, method, place, *more):
        return ["background", method, "in/m.rtdc", place / self.out, "--threads", self.threads, "--memory", "1GiB",
                "--progress", "none", "--kernel-size", "5", *more]

    def names(self):
        return [self.out]

    def contents(self, place):
        found = {}
        with h5py.File(place / self.out) as h5:
            h5.visititems(lambda name, data: found.update({name: recorded.digest(data[...])})
                          if isinstance(data, h5py.Dataset) and not name.startswith("logs/") and data.dtype.kind != "O" else None)
        return found

    old_contents = contents

    def unfinished(self, place, _):
        return place / f".{self.out}.parfocal"


def task_of(rng, pipeline, work):
    """The command that a pipeline is drawn for: mostly `run`; others where its source has files."""
    threads = rng.choice([1, 2, 5])
    kind = pipeline.source["type"]
    if kind == "rtdc" and rng.random() < 0.6:
        return Background(pipeline, work, threads, rng.choice(["rolling-median", "sparse-median"]))
    if kind in ("files", "ome_zarr", "rtdc") and rng.random() < 0.4:
        return Convert(pipeline, work, threads, rng.choice(["c.ome.zarr", "c.ome.zarr", "c.ome.tif"]))
    return Run(pipeline, work, threads)
