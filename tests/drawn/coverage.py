"""Which pairs were met: operator x sibling, operator x sink, operator x mode; and how tight plans are."""

from collections import Counter

import numpy as np


class Coverage:
    def __init__(self):
        self.pairs = {"operators": Counter(), "siblings": Counter(), "sinks": Counter(),
                      "modes": Counter(), "whole": Counter(), "sources": Counter(),
                      "refusals": Counter()}
        self.judged = set()
        self.ratios = []
        self.trials = self.refused = 0

    def add(self, verdict):
        pipeline, trial = verdict.pipeline, verdict.trial
        self.trials += 1
        if verdict.refused:
            self.refused += 1
            self.pairs["refusals"][first_words(verdict.refused)] += 1
            return
        self.judged |= trial.judged
        self.ratios += [planned / peak for planned, peak in trial.bounds]
        kind = pipeline.inputs[0]["kind"] if pipeline.inputs else ""
        self.pairs["sources"][" ".join([pipeline.source["type"], kind]).strip()] += 1
        modes = trial.modes or {"live"}
        sinks = {s["type"] for s in pipeline.sinks}
        for step in pipeline.steps:
            op = step["op"]
            self.pairs["operators"][op] += 1
            siblings = {s["op"] for s in pipeline.steps if s is not step and s["from"] == step["from"]} or {"-"}
            self.pairs["siblings"].update((op, other) for other in siblings)
            self.pairs["sinks"].update((op, sink) for sink in sinks)
            self.pairs["modes"].update((op, mode) for mode in modes)
            self.pairs["whole"].update((op, other, sink, mode) for other in siblings for sink in sinks for mode in modes)

    def text(self):
        lines = [f"{self.trials} pipelines, {self.refused} refused",
                 "sources: " + listed(self.pairs["sources"]),
                 "operators: " + listed(self.pairs["operators"]),
                 "judged by an oracle: " + ", ".join(sorted(self.judged))]
        for name in ("siblings", "sinks", "modes", "whole"):
            lines.append(f"pairs of operator and {name}: {len(self.pairs[name])} different")
        lines.append("refusals: " + listed(self.pairs["refusals"], 12))
        if self.ratios:
            lines.append("planned / peak memory: median {:.2f}, 90 % below {:.2f}".format(
                np.median(self.ratios), np.quantile(self.ratios, 0.9)))
        return "\n".join(lines)


def first_words(text):
    line = next((line for line in text.splitlines() if line.startswith("error")), text.splitlines()[0])
    return line[:90]


def listed(counter, most=60):
    return ", ".join(f"{name} {count}" for name, count in counter.most_common(most))
