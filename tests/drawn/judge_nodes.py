"""Judges every node of a run whose ports were all recorded: which items there are (interpreter.py)
and what is in them (oracles.py, on the inputs that were recorded)."""

from dataclasses import dataclass

import numpy as np

from . import interpreter, layout, levels, oracles
from .expected import FAILS
from .interpreter import Stream, matching, members


@dataclass(frozen=True)
class Failure:
    kind: str
    where: str
    text: str

    def __str__(self):
        return f"{self.kind}: {self.where}: {self.text}"


class NodeJudge:
    """`recorded`: port -> Recorded, for all that can be recorded; `layouts`: port -> Layout."""

    def __init__(self, pipeline, operators, layouts, recorded):
        self.pipeline, self.operators = pipeline, operators
        self.layouts, self.recorded = layouts, recorded
        self.streams = {}      # port -> Stream, None where it is not known
        self.failing = {}      # step -> coordinates of items on which it has to fail
        self.failures = []
        self.judged = set()    # operators that an oracle has seen

    def fail(self, kind, where, text):
        self.failures.append(Failure(kind, where, text))

    def judge(self, truth):
        self.judge_source(truth)
        for step in self.pipeline.steps:
            self.judge_step(step)
        return self.failures

    # --- the source ---

    def judge_source(self, truth):
        found, stated = self.recorded.get("source"), self.layouts["source"]
        if found is None:
            self.streams["source"] = None if truth is None else Stream(
                stated.stream, {at: "missing" for at in truth.gaps})
            return
        self.streams["source"] = Stream(found.stream, dict(found.gaps))
        if truth is not None:
            self.compare_source(truth, found, stated)

    def compare_source(self, truth, found, stated):
        names = stated.stream_names + stated.item_names
        if set(names) != set(truth.axes):
            lost = [n for n in truth.axes if n not in names and truth.pixels.shape[truth.axes.index(n)] > 1]
            if lost or set(names) - set(truth.axes):
                return self.fail("shape", "source", f"axes {names} instead of {truth.axes}")
        kept = [n for n in truth.axes if n in names]
        right = truth.pixels.reshape([s for n, s in zip(truth.axes, truth.pixels.shape) if n in names])
        right = right.transpose([kept.index(n) for n in names])
        leading = right.shape[:len(stated.stream)]
        sizes = tuple(size for _, size in found.stream)
        if not self.pipeline.is_live and sizes != leading:
            return self.fail("shape", "source", f"{sizes} frames instead of {leading}")
        if not self.pipeline.is_live:
            if set(found.gaps) != truth.gaps:
                self.fail("gaps", "source", f"{sorted(found.gaps)} instead of {sorted(truth.gaps)}")
            self.compare_scales(truth, stated)
        for at, item in found.items.items():
            if wrong := oracles.mismatch(item, right[tuple(i % n for i, n in zip(at, leading))]):
                return self.fail("source", f"source {at}", wrong)

    def compare_scales(self, truth, stated):
        known = {name: (value, unit) for name, value, unit in stated.scales}
        for axis, (value, unit) in truth.scales.items():
            if axis not in known:
                continue
            got, got_unit = known[axis]
            factor = {"um": 1, "nm": 1e-3, "mm": 1e3, "s": 1, "ms": 1e-3, "min": 60}.get(got_unit)
            if factor is None or abs(got * factor - value) > 1e-6 * value:
                self.fail("scale", f"source {axis}", f"{got} {got_unit!r} instead of {value} {unit}")

    # --- steps ---

    def inputs_of(self, step):
        """Per port of the operator the name of what feeds it, or None."""
        ports = self.operators[step["op"]].inputs
        return [step.get("from" if n == 0 else port.name) for n, port in enumerate(ports)]

    def judge_step(self, step):
        names = self.inputs_of(step)
        ports = layout.ports_of(step, self.operators)
        streams = [self.streams.get(name) if name else None for name in names]
        if streams[0] is None or any(n and s is None for n, s in zip(names, streams)):
            return self.unjudged(ports)
        wanted = self.wanted(step, names, streams, ports)
        others = [s for s in streams[1:] if s is not None]
        expected = interpreter.outputs_of(step, streams[0], others, self.failing.get(step["id"], ()))
        if expected is None:
            return self.unjudged(ports)
        for n, port in enumerate(ports):
            stream = expected[n] if n < len(expected) else expected[0]
            self.streams[port] = stream
            if port in self.recorded and not self.stops(step):
                self.compare(step, port, stream, wanted.get(n) if wanted is not None else None)

    def stops(self, step):
        return self.pipeline.on_error == "stop" and bool(self.failing.get(step["id"]))

    def unjudged(self, ports):
        for port in ports:
            found = self.recorded.get(port)
            tabled = found is not None and not (self.layouts[port].is_image and self.layouts[port].item)
            self.streams[port] = Stream(found.stream, dict(found.gaps)) if found and not tabled else None

    def item(self, name, at):
        return self.recorded[name].items.get(at) if name in self.recorded else None

    def wanted(self, step, names, streams, ports):
        """{output number: function of coordinates -> what an oracle gives}; None: not judged."""
        if any(name and name not in self.recorded for name in names):
            return None
        op, main = step["op"], streams[0]
        special = {"reduce": self.want_reduced, "collect": self.want_collected,
                   "background_rolling_median": self.want_rolled, "threshold": self.want_threshold,
                   "rescale": self.want_rescaled}
        if op in special:
            return special[op](step, names[0], main, ports)
        if op == "project" and step.get("axis", "z") in main.names:
            return self.want_reduced({"over": step.get("axis", "z"), "how": step.get("how", "max")}, names[0], main, ports)
        if op == "select" and step["axis"] in main.names:
            return self.want_selected(step, names[0], main)
        if op not in oracles.MAPS:
            return None
        return self.want_mapped(step, names, streams, ports)

    def want_mapped(self, step, names, streams, ports):
        layouts = [self.layouts[name] if name else None for name in names]
        out = [self.layouts.get(port) for port in ports]
        main, results = streams[0], {}
        for number, at in enumerate(main.coordinates()):
            places = [matching(at, main, s) if s else None for s in streams]
            if any(s and not s.is_there(p) for s, p in zip(streams, places)):
                continue
            items = [self.item(n, p) if n else None for n, p in zip(names, places)]
            if any(n and i is None for n, i in zip(names, items)) and not step["op"] == "measure":
                continue
            results[at] = oracles.MAPS[step["op"]](step, items, layouts, out)
            if step["op"] == "fail_at" and number == step["sequence"]:
                results[at] = [FAILS]
        failing = {at for at, values in results.items() if values[0] is FAILS}
        if failing:
            self.failing[step["id"]] = failing
        return {n: (lambda at, n=n: results[at][n] if at in results else None) for n in range(len(ports))}

    def want_selected(self, step, name, main):
        def item(at):
            return self.item(name, members(main, at, [step["axis"]])[step["index"]])
        return {0: item}

    def want_collected(self, step, name, main, ports):
        like = np.zeros(self.layouts[name].item_shape, self.layouts[name].dtype)

        def whole(at):
            items = [self.item(name, one) for one in members(main, at, [step["over"]])]
            return oracles.collect(step, items, like)
        return {0: whole}

    def want_reduced(self, step, name, main, ports):
        over = [step["over"]] if isinstance(step["over"], str) else step["over"]
        inside = bool(set(over) & set(self.layouts[name].item_names))

        def value(at):
            items = [self.item(name, one) for one in members(main, at, over)]
            return oracles.reduce_(step["how"], [i for i in items if i is not None], inside)
        return {0: value}

    def want_rolled(self, step, name, main, ports):
        kernel, place = step.get("kernel_size", 100), main.names.index("t")
        starts = interpreter.rolling_starts(main, kernel)

        def median(at):
            window = [self.item(name, at[:place] + (t,) + at[place + 1:])
                      for t in range(starts[at], starts[at] + kernel)]
            return oracles.rolling_median([item for item in window if item is not None])
        return {0: median}

    def want_threshold(self, step, name, main, ports):
        stack = step.get("per") == "stack" and step.get("method", "otsu") != "value"
        everything = list(self.recorded[name].items.values())
        whole = np.stack(everything) if stack and everything else None

        def level(at):
            pixels = whole if stack else np.asarray(self.item(name, at))
            return None if pixels is None else levels.level_of(step, pixels, self.item(ports[1], at))

        failing = {at for at in main.coordinates() if main.is_there(at) and level(at) is FAILS}
        if failing:
            self.failing[step["id"]] = failing

        def mask(at):
            told = self.item(ports[1], at)
            return None if told is None else oracles.mask_of(step, np.asarray(self.item(name, at)), told)
        return {0: mask, 1: level}

    def want_rescaled(self, step, name, main, ports):
        stack = step.get("per") == "stack" and step.get("in_range", "image") == "image"
        everything = list(self.recorded[name].items.values())
        whole = np.stack(everything) if stack and everything else None
        return {0: lambda at: oracles.rescaled(step, np.asarray(self.item(name, at)), whole)}

    # --- comparison of one port ---

    def compare(self, step, port, stream, wanted):
        found, stated = self.recorded[port], self.layouts[port]
        where = f"{port} ({step['op']})"
        if stated.is_image:
            missing = {at for at in stream.coordinates() if at not in found.items}
            if missing != set(stream.gaps):
                self.fail("gaps", where, f"{sorted(missing)[:8]} instead of {sorted(stream.gaps)[:8]}")
            extra = set(found.items) - set(stream.coordinates())
            if extra:
                return self.fail("shape", where, f"items {sorted(extra)[:4]} that are not expected")
        if wanted is None:
            return
        self.judged.add(step["op"])
        wrong = []
        for at in stream.coordinates():
            if stream.is_there(at) and (at in found.items or not stated.is_image):
                if text := oracles.mismatch(found.items.get(at), wanted(at)):
                    wrong.append(f"item {at}: {text}")
        if wrong:
            self.fail("pixels", where, f"{len(wrong)} items: {wrong[0]}")
