"""Makes a failing pipeline smaller as long as it fails in the same way."""

from .pipeline import references


def without_step(pipeline, number):
    """The pipeline without one step: who read it reads what it read. None where that is no pipeline."""
    smaller = pipeline.copy()
    step = smaller.steps.pop(number)
    for node in smaller.steps + smaller.sinks:
        for key, value in list(node.items()):
            if isinstance(value, str) and value.split(".")[0] == step["id"] and key not in ("id", "path"):
                node[key] = step["from"]
            elif key == "labels" and step["id"] in value.values():
                del node[key]
    return smaller


def dropped_step(pipeline, number):
    """The same without all that reads the step."""
    smaller = pipeline.copy()
    gone = {smaller.steps.pop(number)["id"]}
    for _ in range(len(smaller.steps) + 1):
        readers = {node.get("id") for node, _, name in references(pipeline) if name in gone}
        gone |= {name for name in readers if name}
    smaller.steps = [s for s in smaller.steps if s["id"] not in gone]
    smaller.sinks = [s for s in smaller.sinks if s["from"].split(".")[0] not in gone
                     and not set(s.get("labels", {}).values()) & gone]
    return smaller if smaller.sinks else None


def candidates(pipeline):
    """Smaller pipelines, the boldest first."""
    for number in reversed(range(len(pipeline.sinks))):
        if len(pipeline.sinks) > 1:
            smaller = pipeline.copy()
            del smaller.sinks[number]
            yield smaller
    for number in reversed(range(len(pipeline.steps))):
        yield dropped_step(pipeline, number)
        yield without_step(pipeline, number)
    for number in range(len(pipeline.runs)):
        if len(pipeline.runs) > 1:
            smaller = pipeline.copy()
            smaller.runs = [smaller.runs[number]]
            yield smaller
    yield from smaller_sizes(pipeline)
    yield from smaller_files(pipeline)
    yield from plainer(pipeline)


def smaller_sizes(pipeline):
    generators = [s for s in (pipeline.source, pipeline.source.get("of", {})) if "size" in s]
    for number in range(len(generators)):
        for axis, size in generators[number]["size"].items():
            if size > 1:
                smaller = pipeline.copy()
                found = [s for s in (smaller.source, smaller.source.get("of", {})) if "size" in s]
                found[number]["size"][axis] = size // 2
                yield smaller


def smaller_files(pipeline):
    """Half as high or as wide."""
    for number, spec in enumerate(pipeline.inputs):
        for place, axis in enumerate(spec["axes"]):
            if axis in "yx" and spec["axes"][axis] > 1:
                smaller = pipeline.copy()
                half = smaller.inputs[number]["axes"][axis] = spec["axes"][axis] // 2
                for grid in ("chunks", "shards"):
                    if spec.get(grid) and spec[grid][place] > half:
                        smaller.inputs[number][grid][place] = half
                yield smaller


def plainer(pipeline):
    """Without one option of a sink."""
    for number, sink in enumerate(pipeline.sinks):
        for key in sink:
            if key not in ("type", "from", "path"):
                smaller = pipeline.copy()
                del smaller.sinks[number][key]
                yield smaller


def shrink(verdict, fails, most):
    """`fails(pipeline)` gives the verdict where it still fails. At most so many trials."""
    best, left, changed = verdict, most, True
    while changed and left > 0:
        changed = False
        for candidate in candidates(best.pipeline):
            if candidate is None or left <= 0:
                continue
            left -= 1
            again = fails(candidate)
            if again:
                best, changed = again, True
                break
    return best
