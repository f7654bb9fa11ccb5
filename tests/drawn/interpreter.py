"""Which items there are, which of them are gaps, and which items belong together: worked out item by
item from the rules of docs/design.md (gaps, joins, keys, orders). Imports nothing of Parfocal's.

A stream is its axes ((name, size), ...) and, for each coordinate in C order, None where the item is
there or the reason why not."""

import itertools
from dataclasses import dataclass


@dataclass
class Stream:
    axes: tuple      # ((name, size), ...)
    gaps: dict       # coordinates -> reason; what is not named is there

    @property
    def names(self):
        return [name for name, _ in self.axes]

    def coordinates(self):
        """C order: the last axis is fastest."""
        return itertools.product(*(range(size) for _, size in self.axes))

    def is_there(self, at):
        return at not in self.gaps


def matching(at, of, other):
    """Coordinates of the item of `other` that is joined with the item `at` of stream `of`: by name
    of axis, repeated along the axes that it lacks."""
    place = dict(zip(of.names, at))
    return tuple(place[name] for name in other.names)


def without(stream, over):
    return tuple(axis for axis in stream.axes if axis[0] not in over)


def members(stream, at, over):
    """The items of `stream` that one item `at` of what is folded over `over` is made of, in order."""
    place = dict(zip([axis[0] for axis in without(stream, over)], at))
    ranges = [[place[name]] if name in place else range(size) for name, size in stream.axes]
    return list(itertools.product(*ranges))


def mapped(main, others, failed=()):
    """A map: a gap on one input is a gap of the output, and so is an item on which it fails."""
    gaps = dict(main.gaps)
    for at in main.coordinates():
        for other in others:
            found = matching(at, main, other)
            if at not in gaps and not other.is_there(found):
                gaps[at] = other.gaps[found]
        if at not in gaps and at in failed:
            gaps[at] = "failed"
    return Stream(main.axes, gaps)


def folded(main, over):
    """A fold leaves gaps out; where nothing is left, its value is a gap."""
    out = Stream(without(main, over), {})
    for at in out.coordinates():
        if not any(main.is_there(item) for item in members(main, at, over)):
            out.gaps[at] = "failed"
    return out


def collected(main, over, gap):
    """One missing item makes the whole a gap, unless gaps are ignored."""
    out = Stream(without(main, [over]), {})
    for at in out.coordinates():
        missing = [item for item in members(main, at, [over]) if not main.is_there(item)]
        if missing and gap == "propagate":
            out.gaps[at] = main.gaps[missing[-1]]
    return out


def selected(main, axis, index):
    out = Stream(without(main, [axis]), {})
    for at in out.coordinates():
        item = members(main, at, [axis])[index]
        if not main.is_there(item):
            out.gaps[at] = main.gaps[item]
    return out


def rolling_starts(main, kernel):
    """{item: first index along t of the window that its median is taken of}: the last `kernel`
    items share one."""
    length = dict(main.axes)["t"]
    place = main.names.index("t")
    return {at: min(at[place], max(0, length - kernel - 1)) for at in main.coordinates()}


def rolled(main, kernel):
    """A missing frame has no background; nor has one whose window holds no frame."""
    out, place = Stream(main.axes, dict(main.gaps)), main.names.index("t")
    for at, start in rolling_starts(main, kernel).items():
        window = [at[:place] + (t,) + at[place + 1:] for t in range(start, start + kernel)]
        if at not in out.gaps and not any(main.is_there(item) for item in window):
            out.gaps[at] = "failed"
    return out


def punched(main, sequences):
    """gap_at: items by number."""
    out = Stream(main.axes, dict(main.gaps))
    for number, at in enumerate(main.coordinates()):
        if number in sequences:
            out.gaps.setdefault(at, "skipped")
    return out


def outputs_of(step, main, others, failed):
    """The streams of the outputs of one step; `failed` = items that its oracle says must fail. What
    is not listed here is a map, and so is a fold over axes inside the items."""
    op = step["op"]
    if op == "reduce":
        over = [step["over"]] if isinstance(step["over"], str) else step["over"]
        along = [name for name in over if name in main.names]
        return [folded(main, along) if along else mapped(main, others, failed)]
    if op == "project" and step.get("axis", "z") in main.names:
        return [folded(main, [step.get("axis", "z")])]
    if op == "collect":
        return [collected(main, step["over"], step.get("gap", "propagate"))]
    if op == "select" and step["axis"] in main.names:
        return [selected(main, step["axis"], step["index"])]
    if op == "background_rolling_median":
        return [rolled(main, step.get("kernel_size", 100))]
    if op == "gap_at":
        return [punched(main, step["sequences"])]
    if op == "threshold":
        return thresholds(step, main, failed)
    if op == "rescale" and step.get("per") == "stack" and step.get("in_range", "image") == "image":
        return [mapped(main, [folded(main, main.names)])]
    return None if op in UNKNOWN else [mapped(main, others, failed)]


def thresholds(step, main, failed):
    """The level of the stack is told for each of its items; where it has none, all fail."""
    if step.get("method", "otsu") != "value" and step.get("per") == "stack":
        level = folded(main, main.names)
        if failed:
            level.gaps.update({at: "failed" for at in level.coordinates()})
        out = mapped(main, [level])
        return [out, out]
    return [mapped(main, [], failed), mapped(main, [], failed)]


# Streams whose gaps are judged by tests/rtdc, beside dcnum.
UNKNOWN = {"background_sparse_median"}


def expected_rows(stream):
    """(coordinates, reason or None) of what frames.csv says, in order."""
    return [(at, stream.gaps.get(at)) for at in stream.coordinates()]
