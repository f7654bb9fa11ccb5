"""A drawn command and its place, prepared again and again: foreign files, perhaps old results; and
what the command makes there when nothing happens to it."""

import pathlib
import random
import shutil

from .. import inputs
from ..draw import THEMES
from ..draw_source import draw_source, product
from ..trial import hashed
from . import shim as shims
from .process import Process, Setting
from .task import Run, task_of, write_old_movie

COMPLETE = (0, 6, 7)
FOREIGN = ("my-notes.txt", "zz.old", "mine.csv", "mine.ome.tif", "mine.rtdc.part")
NOTE = "mine, without an end of the line"
MOST_PIXELS = 500_000
TRIES = 40


def is_hidden(name):
    """Of what a command makes for itself, not for its user."""
    parts = pathlib.PurePath(name).parts
    if parts[-1] in FOREIGN:
        return False
    if any(part.startswith(".parfocal") or part.startswith(".") and part.endswith(".parfocal") for part in parts):
        return True
    return name.endswith((".part", ".part.journal")) or "__parfocal" in parts and parts[-1] != "store.json"


def names_of(place):
    """All that lies in a place: (what its user sees, what is hidden)."""
    names = [str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()] if place.exists() else []
    return {n for n in names if not is_hidden(n)}, {n for n in names if is_hidden(n)}


class Scene:
    """`fits` (optional): whether a drawn pipeline can have the accident that is asked for."""

    def __init__(self, seed, session, shim, folder, fits=None):
        self.seed, self.session, self.shim, self.folder = seed, session, shim, folder
        self.rng = random.Random(seed)
        self.work, self.place = folder / "w", folder / "w/o"
        self.started = 0
        if not any(self.set_up(seed + 1_000_003 * n, fits) for n in range(TRIES)):
            raise RuntimeError(f"seed {seed}: no pipeline that can be run")

    # --- drawing ---

    def set_up(self, seed, fits):
        if size_of(*source_of(seed)) > MOST_PIXELS:
            return False  # before more is drawn of it
        pipeline = self.session.draw(seed)
        if size_of(pipeline.source, pipeline.inputs) * (1 + len(pipeline.steps) / 4) > MOST_PIXELS:
            return False
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.pipeline = pipeline
        for spec in pipeline.inputs:
            inputs.write(self.work, spec)
        write_old_movie(self.work)
        self.layouts = self.session.planner(pipeline)
        if self.layouts is None:
            return False
        if pipeline.is_live and any(step["op"] == "fail_at" for step in pipeline.steps):
            return False  # it fails by what the camera happens to lose
        self.task = task_of(self.rng, pipeline, self.work)
        self.overwrites = self.rng.random() < 0.4
        if fits and not fits(self):
            return False
        return self.prepare() and self.undisturbed()

    @property
    def is_live(self):
        return self.pipeline.is_live

    @property
    def words(self):
        """The command that an accident befalls."""
        return self.task.words(self.place, *(["--overwrite"] if self.overwrites else []))

    def prepare(self):
        """Old results, if they are to be replaced, and notes of the user wherever outputs will lie."""
        self.place.mkdir()
        if self.overwrites and self.run(self.task.old_words(self.place)).code not in COMPLETE:
            return False
        folders = {self.place} | {(self.place / name).parent for name in self.task.names()}
        self.foreign = {}
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FOREIGN:
                (folder / name).write_text(NOTE)
                self.foreign[str((folder / name).relative_to(self.place))] = NOTE
        self.before = self.folder / "before"
        shutil.rmtree(self.before, ignore_errors=True)
        shutil.copytree(self.place, self.before, symlinks=True)
        self.old = hashed(self.place)
        self.inputs = hashed(self.work, but=("o",))
        return True

    def undisturbed(self):
        count = self.folder / "count"
        count.unlink(missing_ok=True)
        process = self.run(self.words, Setting(shims.environment(self.shim, self.place, count)))
        self.code, self.counts = process.code, shims.Counts.read(count)
        if self.code not in COMPLETE or self.counts.operations == 0:
            return False
        self.right = self.task.contents(self.place)
        self.after = self.folder / "after"
        shutil.rmtree(self.after, ignore_errors=True)
        shutil.copytree(self.place, self.after, symlinks=True)
        self.names, self.hidden = names_of(self.place)
        return True

    def restore(self):
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.before, self.place, symlinks=True)

    # --- commands ---

    def start(self, words, setting=Setting()):
        self.started += 1
        logs = self.folder / f"logs{self.started}"
        logs.mkdir()
        return Process(words, self.work, logs, setting)

    def run(self, words, setting=Setting()):
        process = self.start(words, setting)
        process.finish()
        return process

    def accident(self, **shim):
        return shims.environment(self.shim, self.place, **shim)

    @property
    def is_run(self):
        return isinstance(self.task, Run)


def source_of(seed):
    """(source, files) that Drawer.draw() begins with."""
    rng = random.Random(seed)
    return draw_source(rng, THEMES[rng.choice(list(THEMES))][0])


def size_of(source, files):
    """Pixels; those that come at a camera's speed are as many as it takes to be too long."""
    if source.get("fps"):
        return 2 * MOST_PIXELS
    return product((files[0]["axes"] if files else source.get("of", source)["size"]).values())
