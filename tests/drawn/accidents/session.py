"""Draws a scene and an accident from one seed, lets it happen, and judges."""

import pathlib
import random
import shutil
import tempfile
from dataclasses import dataclass

from ..session import Session
from . import shim
from .accident import DRAWS, FITS, befall, draw_kind
from .judge import Judge
from .scene import Scene


@dataclass
class Verdict:
    seed: int
    scene: object
    accident: object
    outcome: object
    failures: list
    only: str = None

    @property
    def again(self):
        return f"python -m tests.drawn.accidents --replay {self.seed}{f' --only {self.only}' if self.only else ''} --keep DIR"

    def line(self):
        scene, codes = self.scene, [self.outcome.process.code] + [p.code for p in [self.outcome.second] if p]
        text = f"seed {self.seed}: {scene.task.kind}{' --overwrite' if scene.overwrites else ''}, {self.accident}, " \
               f"of {scene.counts.operations}: exit {codes}{'' if self.outcome.struck else ', not struck'}"
        return " || ".join([text] + [str(f)[:300].replace("\n", " ") for f in self.failures[:3]]
                           + ([f"(and {len(self.failures) - 3} more)"] if len(self.failures) > 3 else []))

    def text(self):
        pipeline = self.scene.pipeline
        lines = [f"seed {self.seed}: {self.accident}, of {self.scene.counts}"]
        lines += [f"  {failure}" for failure in self.failures[:12]]
        lines += [f"command: {self.outcome.process.line}", f"  exit {self.outcome.process.code}: {self.outcome.process.last_words}"]
        lines += ["pipeline:"] + ["  " + line for line in pipeline.yaml().splitlines()]
        lines += [f"  {spec}" for spec in pipeline.inputs]
        return "\n".join(lines + [f"again: {self.again}"])


class AccidentSession:
    def __init__(self):
        self.session = Session()
        self.shim = shim.library()

    def attempt(self, seed, only=None, keep=None):
        folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="accident-")).absolute()
        try:
            folder.mkdir(exist_ok=True)
            rng = random.Random(seed)
            kind = only or draw_kind(rng)
            scene = Scene(seed, self.session, self.shim, folder, FITS.get(kind))
            scene.restore()
            accident = DRAWS[kind][0](rng, scene)
            outcome = befall(scene, accident)
            judge = Judge(scene, accident)
            return Verdict(seed, scene, accident, outcome, judge.judge(outcome), only)
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self):
        self.session.close()
