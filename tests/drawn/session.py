"""Draws, runs and judges many pipelines; shrinks what fails."""

import pathlib
import shutil
import tempfile
from dataclasses import dataclass, field

from . import catalogue
from .command import Command
from .coverage import Coverage
from .draw import Drawer
from .shrink import shrink
from .trial import Planner, Trial


# The end of an unbounded stream whose last frames were lost: the camera does not say how many it sent,
# and nobody asks. test_pipelines.py has it as a test that is expected to fail.
KNOWN = {"tail"}


@dataclass
class Verdict:
    pipeline: object
    failures: list
    refused: str = None
    trial: object = field(default=None, repr=False)


class Session:
    """`ignored`: kinds of failures that are not looked at."""

    def __init__(self, ignored=KNOWN):
        self.command = Command()
        self.ignored = set(ignored)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="drawn-")) / "empty"
        folder.mkdir()
        self.operators = catalogue.operators(self.command, folder)
        shutil.rmtree(folder.parent)
        self.planner = Planner(self.command, self.operators)
        self.drawer = Drawer(self.operators, self.planner)
        self.coverage = Coverage()

    def draw(self, seed):
        return self.drawer.draw(seed)

    def judge(self, pipeline, keep=None):
        """Runs one pipeline in a folder that is removed, unless `keep` names it."""
        folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="drawn-"))
        folder.mkdir(parents=True, exist_ok=True)
        trial = Trial(pipeline, self.command, self.operators, self.planner, folder)
        try:
            trial.go()
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)
        failures = [f for f in trial.failures if f.kind not in self.ignored]
        return Verdict(pipeline, failures, trial.refused, trial)

    def attempt(self, seed):
        """Draws and judges one seed."""
        pipeline = self.draw(seed)
        verdict = self.judge(pipeline)
        self.coverage.add(verdict)
        return verdict

    def shrunk(self, verdict, most=60):
        """The smallest pipeline found that fails in the same way, and its failures."""
        kind = verdict.failures[0].kind

        def fails(candidate):
            again = self.judge(candidate)
            return again if any(f.kind == kind for f in again.failures) else None
        return shrink(verdict, fails, most)

    def close(self):
        self.planner.close()
        self.command.close()


def report(verdict):
    """What failed, and lines to paste that show it."""
    pipeline = verdict.pipeline
    lines = [f"seed {pipeline.seed}:"] + [f"  {failure}" for failure in verdict.failures[:12]]
    lines += ["pipeline:"] + ["  " + line for line in pipeline.yaml().splitlines()]
    if pipeline.inputs:
        lines += ["inputs (written by tests/drawn/inputs.py):"] + [f"  {spec}" for spec in pipeline.inputs]
    lines += [f"runs: {pipeline.runs}", f"again: python -m tests.drawn --replay '{pipeline.line()}' --keep DIR"]
    return "\n".join(lines)
