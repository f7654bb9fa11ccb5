"""A drawn pipeline as a plain value: what files there are, the pipeline file, and how it is run."""

import copy
import json
from dataclasses import asdict, dataclass, field


@dataclass
class Pipeline:
    seed: int
    source: dict                                  # as in the pipeline file
    inputs: list = field(default_factory=list)    # files to be made: see inputs.py
    steps: list = field(default_factory=list)     # as in the pipeline file, each with id, op, from
    sinks: list = field(default_factory=list)
    on_error: str = "stop"
    runs: list = field(default_factory=list)      # [{memory: smallest|"40MiB"|large, threads}]

    def document(self, taps=()):
        return {"parfocal": 1, "on_error": self.on_error, "source": self.source,
                "steps": self.steps, "sinks": self.sinks + list(taps)}

    def yaml(self, taps=()):
        """JSON is YAML: one step or sink a line, to be read by people, too."""
        lines = []
        for key, value in self.document(taps).items():
            if isinstance(value, list):
                lines.append(f"{key}:" + ("" if value else " []"))
                lines += [f"  - {json.dumps(one, ensure_ascii=False)}" for one in value]
            else:
                lines.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
        return "\n".join(lines) + "\n"

    @property
    def is_live(self):
        return self.source["type"] == "push"

    def copy(self):
        return copy.deepcopy(self)

    def line(self):
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def of(line):
        return Pipeline(**json.loads(line))


def references(pipeline):
    """Every (step or sink, key, step that it reads) of a pipeline."""
    ids = {"source"} | {step["id"] for step in pipeline.steps}
    for node in pipeline.steps + pipeline.sinks:
        for key, value in node.items():
            if key == "labels":
                yield from ((node, key, name) for name in value.values())
            elif isinstance(value, str) and key not in ("id", "op", "type", "path"):
                if value.split(".")[0] in ids:
                    yield node, key, value.split(".")[0]
