"""What befalls a command, and where: drawn over what the undisturbed command did, then done to it."""

import os
import shutil
import signal
from dataclasses import asdict, dataclass, field

import numpy as np
import tifffile

from .process import Setting

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@dataclass
class Accident:
    kind: str
    at: int = 0                               # before which operation on files (or write, sync, rename)
    what: dict = field(default_factory=dict)  # what else was drawn

    def __str__(self):
        return f"{self.kind} at {self.at} {self.what or ''}".strip()

    def plain(self):
        return asdict(self)


@dataclass
class Outcome:
    """Of the command that it befell, and of the other one where there were two."""
    process: object
    second: object = None
    struck: bool = True      # the moment came
    ran_at: int = 0          # operations done when it struck


# --- drawn ---

def moment(rng, scene):
    """Of all operations; the first and the last ones, where things begin and end, more often."""
    whole = scene.counts.operations
    chance = rng.random()
    if chance < 0.2:
        return rng.randint(1, min(whole, 12))
    if chance < 0.45:
        return rng.randint(max(1, whole - 25), whole)
    return rng.randint(1, whole)


def draw_kill(rng, scene):
    return Accident("kill", moment(rng, scene), {"recovery_killed_at": rng.choice([0, 0, rng.randint(1, 30)])})


def draw_signal(rng, scene):
    one, two = rng.choice(SIGNALS), rng.choice(SIGNALS)
    return Accident("signal", moment(rng, scene), {"signal": int(one), "again": int(two) if rng.random() < 0.35 else 0,
                                                   "after": rng.randint(1, 12)})


def draw_pipe(rng, scene):
    return Accident("pipe", rng.choice([0, moment(rng, scene)]), {"json": rng.random() < 0.5})


def draw_enospc(rng, scene):
    whole = max(1, scene.counts.written)
    return Accident("enospc", rng.choice([0, rng.randint(0, min(whole, 4000)), rng.randint(0, whole), rng.randint(0, whole),
                                          max(0, whole - rng.randint(1, 3000))]))


def draw_eio_write(rng, scene):
    whole = max(1, scene.counts.writes)
    return Accident("eio_write", rng.choice([rng.randint(1, whole), max(1, whole - rng.randint(0, 8))]))


def draw_eio_sync(rng, scene):
    return Accident("eio_sync", rng.randint(1, max(1, scene.counts.syncs)))


def draw_folder(rng, scene):
    return Accident("folder", moment(rng, scene), {"deed": rng.choice(["deleted", "swapped", "moved"])})


def draw_input(rng, scene):
    return Accident("input", moment(rng, scene), {"deed": rng.choice(["cut", "replaced", "written", "deleted"]),
                                                  "which": rng.random()})


def draw_closed(rng, scene):
    closed = [fd for fd in (0, 1, 2) if rng.random() < 0.6]
    full = [fd for fd in (1, 2) if fd not in closed and rng.random() < 0.3]
    return Accident("closed", 0, {"closed": closed, "full": full, "json": rng.random() < 0.5})


def draw_limit(rng, scene):
    name = rng.choice("vunf")
    value = {"v": rng.choice([20, 40, 60, 80, 100, 130, 160, 200, 300, 400, 600, 800, 1200]) * 2**20,
             "u": rng.choice([1, 2, 3, 4, 5, 6, 8, 12]), "n": rng.choice([5, 6, 7, 8, 10, 12, 16, 24, 40, 64]),
             "f": rng.choice([0, 1, 300, 4096, 20_000, 100_000, rng.randint(0, max(1, scene.counts.written))])}[name]
    return Accident("limit", 0, {"name": name, "value": value})


SECONDS = ["run", "overwrite", "convert", "background", "recover", "info", "other"]


def draw_second(rng, scene):
    return Accident("second", moment(rng, scene), {"command": rng.choice(SECONDS), "end": rng.choice(["goes on", "goes on", "killed"])})


def draw_swap(rng, scene):
    return Accident("swap", rng.randint(1, max(1, scene.counts.renames)),
                    {"next": rng.choice(["info", "recover", "again", "overwrite"])})


DRAWS = {"kill": (draw_kill, 16), "signal": (draw_signal, 12), "pipe": (draw_pipe, 3), "enospc": (draw_enospc, 10),
         "eio_write": (draw_eio_write, 7), "eio_sync": (draw_eio_sync, 4), "folder": (draw_folder, 7),
         "input": (draw_input, 8), "closed": (draw_closed, 5), "limit": (draw_limit, 10), "second": (draw_second, 11),
         "swap": (draw_swap, 7)}
FITS = {"input": lambda scene: bool(scene.pipeline.inputs) and not scene.is_live,
        "swap": lambda scene: scene.overwrites}


def draw_kind(rng):
    return rng.choices(list(DRAWS), [weight for _, weight in DRAWS.values()])[0]


# --- done ---

def befall(scene, accident):
    return BEFALL.get(accident.kind, befall_shim)(scene, accident)


def befall_shim(scene, accident):
    """What the shim does alone."""
    at, what = accident.at, accident.what
    shim = {"kill": lambda: {"signals": f"{at}:9"}, "swap": lambda: {"signals": f"r{at}:9"},
            "signal": lambda: {"signals": f"{at}:{what['signal']}" + (f",{at + what['after']}:{what['again']}" if what["again"] else "")},
            "enospc": lambda: {"enospc": at}, "eio_write": lambda: {"eio_write": at},
            "eio_sync": lambda: {"eio_sync": at}}[accident.kind]()
    return Outcome(scene.run(scene.words, Setting(scene.accident(**shim))))


def stopped(scene, at, words=None, setting=None):
    """(the command, stopped before an operation; whether it came there)"""
    setting = setting or Setting()
    setting.environment = scene.accident(signals=f"{at}:{int(signal.SIGSTOP)}")
    process = scene.start(words or scene.words, setting)
    return process, process.wait()


def befall_pipe(scene, accident):
    words = scene.words + (["--json"] if accident.what["json"] else [])
    if not accident.at:  # nobody reads from the start
        process, there = scene.start(words, Setting(piped=True)), True
    else:
        process, there = stopped(scene, accident.at, words, Setting(piped=True))
    process.close_readers()
    if there and accident.at:
        process.go_on()
    if there:
        process.finish()
    return Outcome(process, struck=there)


def befall_folder(scene, accident):
    process, there = stopped(scene, accident.at)
    if there:
        aside, struck = scene.folder / "aside", scene.folder / "struck"
        shutil.copytree(scene.place, struck, symlinks=True)
        if accident.what["deed"] == "deleted":
            shutil.rmtree(scene.place)
        else:
            os.rename(scene.place, aside)
        if accident.what["deed"] == "swapped":
            scene.place.mkdir()
            (scene.place / "my-notes.txt").write_text("others")
        process.go_on()
        process.finish()
    return Outcome(process, struck=there)


def befall_input(scene, accident):
    process, there = stopped(scene, accident.at)
    if there:
        change_input(scene, accident)
        process.go_on()
        process.finish()
    return Outcome(process, struck=there)


def change_input(scene, accident):
    files = sorted(path for path in (scene.work / "in").rglob("*") if path.is_file())
    path = files[int(accident.what["which"] * len(files))]
    data, deed = path.read_bytes(), accident.what["deed"]
    if deed == "cut":
        os.truncate(path, len(data) // 2)
    elif deed == "deleted":
        path.unlink()
    elif deed == "written":  # by another program, where it is: the pixels of a plain file
        path.write_bytes(data[:len(data) // 3] + bytes(255 - b for b in data[len(data) // 3:]))
    else:
        other = path.with_name("other.tmp")
        if path.suffix == ".tif":
            tifffile.imwrite(other, np.full((3, 11, 9), 9, np.uint16), photometric="minisblack")
        else:
            other.write_bytes(data[::-1])
        os.replace(other, path)


def befall_closed(scene, accident):
    what = accident.what
    words = scene.words + (["--json"] if what["json"] else [])
    return Outcome(scene.run(words, Setting(closed=tuple(what["closed"]), full=tuple(what["full"]))))


def befall_limit(scene, accident):
    what = accident.what
    if what["name"] == "u" and os.getuid() == 0:
        open_to_all(scene.folder)
    return Outcome(scene.run(scene.words, Setting(limits={what["name"]: what["value"]})))


def open_to_all(folder):
    for place, folders, files in os.walk(folder):
        os.chmod(place, 0o777)
        for name in files:
            os.chmod(os.path.join(place, name), 0o666)


def second_words(scene, command):
    task = scene.task
    if command == "run":
        return task.words(scene.place)
    if command == "overwrite":
        return task.words(scene.place, "--overwrite")
    if command == "other":  # something else, to the same names
        return task.old_words(scene.place) + ["--overwrite"]
    output = scene.place / (task.names()[0])
    if command in ("convert", "background"):
        words = ["convert", "old.tif", output] if command == "convert" else ["background", "copy", "in/m.rtdc", output]
        return words + ["--overwrite"]
    return [command, scene.place if scene.is_run else output]


def befall_second(scene, accident):
    process, there = stopped(scene, accident.at)
    second = None
    if there:
        second = scene.run(second_words(scene, accident.what["command"]))
        if accident.what["end"] == "killed":
            process.kill()
        else:
            process.go_on()
            process.finish()
    return Outcome(process, second, there)


BEFALL = {"pipe": befall_pipe, "folder": befall_folder, "input": befall_input, "closed": befall_closed,
          "limit": befall_limit, "second": befall_second}
