"""Judges what an accident left: at once, after `recover`, and after the next commands."""

import json
import re
import shutil
import signal

from .. import recorded
from ..judge_nodes import Failure
from ..trial import hashed
from . import states
from .process import Setting
from .scene import COMPLETE, is_hidden, names_of

CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 129, 130, 143}
# Codes that an accident may end in, beside those of a whole result.
MAY = {"kill": {-9}, "swap": {-9}, "signal": {129, 130, 143}, "pipe": set(), "enospc": {1}, "eio_write": {1},
       "eio_sync": {1}, "folder": {1, 4, 8}, "input": {1, 4}, "closed": {1}, "limit": {1, 4, 5}, "second": {-9, 1, 8}}
UNTOUCHED_PLACE = {"folder"}


class Judge:
    def __init__(self, scene, accident):
        self.scene, self.accident, self.failures = scene, accident, []

    def fail(self, kind, where, text):
        self.failures.append(Failure(kind, str(where), str(text)))

    def guarded(self, what, function):
        """Whatever a reader says of an output is a failure of it."""
        try:
            return function()
        except Exception as error:
            self.fail("unreadable", what, f"{type(error).__name__}: {str(error)[:300]}")
            return None

    # --- what holds of every end ---

    def judge(self, outcome):
        scene, kind = self.scene, self.accident.kind
        if kind == "limit" and outcome.process.code == 127 and "loading shared libraries" in outcome.process.text():
            return self.failures  # the system could not start it
        whole = {scene.code} if scene.code in COMPLETE else set()
        if scene.is_live and whole:  # a camera loses frames, or not
            whole = set(COMPLETE)
        # What cannot be read of a damaged input, or with so few open files, is a gap.
        skips = kind in ("input", "limit") and "skip" in scene.words
        self.judge_process(outcome.process, MAY[kind] | whole | ({6} if skips else set()))
        if outcome.second:
            return self.judge_two(outcome)
        self.judge_outside()
        if kind == "folder" and outcome.struck:
            return self.judge_folder(outcome)
        self.judge_foreign()
        if skips and outcome.process.code == 6 and scene.code != 6:
            self.judge_partial(scene.place, self.record_in(scene.place), outcome.process.line)
            return self.failures
        if outcome.process.code in COMPLETE or kind == "closed" and 1 in self.accident.what["full"]:
            self.judge_whole(outcome.process)
            return self.failures
        self.judge_unfinished(outcome.process)
        self.go_on(outcome.process)
        return self.failures

    def judge_process(self, process, codes):
        if process.timed_out:
            self.fail("hang", process.line, f"no end: {process.last_words}")
        elif process.code < 0 and process.code not in codes:
            self.fail("crash", process.line, f"signal {-process.code}: {process.last_words}")
        elif process.code not in codes:
            self.fail("exit", process.line, f"exit {process.code}: {process.last_words}")
        elif process.code > 0 and process.code not in (*COMPLETE, 129, 130, 143) and not self.is_silent and not process.last_words:
            self.fail("exit", process.line, f"exit {process.code} without a word")

    @property
    def is_silent(self):
        return self.accident.kind in ("pipe", "closed") or self.accident.what.get("name") == "f"

    def judge_outside(self):
        if self.accident.kind == "input":
            return
        now = hashed(self.scene.work, but=("o",))
        for name in {n for n, _ in now.items() ^ self.scene.inputs.items()}:
            self.fail("outside", name, "was made, changed or removed outside its place")

    def judge_foreign(self):
        for name, text in self.scene.foreign.items():
            path = self.scene.place / name
            if not path.exists() or path.read_text() != text:
                self.fail("foreign", name, "a file of the user is gone or changed")

    # --- a result that is called whole ---

    def judge_whole(self, process, words=None):
        scene = self.scene
        where = process.line
        if process.code != scene.code and process.code in COMPLETE and not scene.is_live:
            self.fail("exit", where, f"exit {process.code}, undisturbed {scene.code}: {process.last_words}")
        got = self.guarded(where, lambda: scene.task.contents(scene.place))
        if got is not None and not scene.is_live:
            for text in differences(got, scene.right)[:4]:
                self.fail("mixture" if scene.overwrites else "whole", where, f"exit {process.code}, but {text}")
        names, hidden = names_of(scene.place)
        if not scene.is_live and names - {"run.json.part"} != scene.names:
            self.fail("names", where, f"exit {process.code}, but there: {sorted(names ^ scene.names)[:8]}")
        self.judge_no_hidden(where)

    def judge_no_hidden(self, where):
        hidden = names_of(self.scene.place)[1]
        folders = [str(p.relative_to(self.scene.place)) for p in self.scene.place.rglob("*")
                   if p.is_dir() and is_hidden(str(p.relative_to(self.scene.place))) and p.name != "__parfocal"]
        for name in sorted(hidden | set(folders))[:4]:
            self.fail("hidden", name, f"stays after {where}")

    # --- a result that did not come to its end ---

    def judge_unfinished(self, process):
        scene = self.scene
        if scene.overwrites and self.accident.kind != "swap" and process.code != -9:
            # A sync that fails last leaves the new results, and a word that they may not be safe.
            if self.accident.kind != "eio_sync" or not self.is_whole(scene.place):
                self.judge_old(process.line)
        if not scene.is_run:
            if not scene.overwrites and process.code != -9 and (scene.place / scene.task.out).exists():
                self.fail("whole", process.line, f"exit {process.code}, and there is a {scene.task.out}")
            return
        folder = scene.task.unfinished(scene.place, scene.overwrites)
        record = self.record_in(folder)
        if record and process.code > 0 and not self.is_starved and record["exit_code"] != process.code:
            self.fail("record", process.line, f"exit {process.code}, recorded {record['exit_code']}")
        clean = process.code in (129, 130, 143) and not (self.accident.what or {}).get("again")
        if clean:
            self.judge_partial(folder, record, process.line)
            if not scene.overwrites:
                self.judge_no_hidden(process.line)

    @property
    def is_starved(self):
        """Of room on the disk, or of files: then the record may say that it runs."""
        return self.accident.kind in ("enospc", "eio_write", "eio_sync", "limit", "second")

    def judge_old(self, where):
        now = hashed(self.scene.place)
        lost = [name for name, digest in self.scene.old.items() if now.get(name) != digest]
        new = [name for name in names_of(self.scene.place)[0] if name not in self.scene.old]
        if lost or new:
            self.fail("mixture", where, f"old results changed: {sorted(lost)[:5]}, new beside them: {sorted(new)[:5]}")

    def record_in(self, folder):
        try:
            return json.loads((folder / "run.json").read_text())
        except (OSError, ValueError):
            return None

    def judge_partial(self, folder, record, where):
        """Each sink by itself: what it has is right, and as many items as the record says."""
        edges = {e["edge"].split(" -> ")[-1]: e for e in (record or {}).get("edges", [])}
        for edge in edges.values():
            if edge["expected"] >= 0 and edge["received"] + edge["missing"] != edge["expected"]:
                self.fail("record", edge["edge"], f"{edge['received']} + {edge['missing']} are not {edge['expected']} ({where})")
        for sink in self.scene.task.sinks:
            if states.is_begun(folder / sink["path"]):
                self.guarded(f"{sink['path']} after {where}", lambda sink=sink: self.judge_sink(folder, sink, edges, where))
        if self.scene.is_run and (folder / "frames.csv").exists():
            self.guarded(f"frames.csv after {where}", lambda: self.judge_table(folder, "frames.csv", 0, where, "status"))

    def judge_sink(self, folder, sink, edges, where):
        scene, path = self.scene, sink["path"]
        if scene.is_live and sink["from"] != "source":
            return
        if sink["type"] == "rtdc" and not scene.is_live:
            if wrong := states.wrong_columns(folder / path, scene.after / path):
                self.fail("wrong", path, f"{wrong} ({where})")
        if sink["type"] == "table" and not scene.is_live:
            self.judge_table(folder, path, len(scene.layouts[sink["from"]].stream_names), where)
        if sink["type"] not in states.READ:
            return
        layout = scene.layouts[sink["from"]]
        got, right = states.items_of(folder, sink, layout), states.items_of(scene.after, sink, layout)
        # An OME-TIFF whose writer was killed does not know which of its frames are gaps: frames.csv does.
        # A camera loses other frames each time.
        tells_gaps = not scene.is_live and (sink["type"] == "ome_zarr" or not where.startswith("recover"))
        wrong = states.wrong_items(got, right, tells_gaps)
        if not scene.is_live:
            wrong = wrong or states.wrong_labels(folder, scene.after, sink, got)
        if wrong:
            self.fail("wrong", path, f"{wrong} ({where})")
        edge = edges.get(f"{sink['type']} {path}")
        # Where writing failed, the record tells the frames before it; recovery finds what came after it, too.
        found = len(got.items)
        if edge and (found < edge["received"] or found > edge["received"] and not where.startswith("recover")):
            self.fail("record", path, f"{edge['received']} items received by the record, {found} valid ({where})")
        if sink["type"] == "ome_zarr" and len(got.items) == len(right.items):  # of the rest some levels are fill
            for text in recorded.wrong_levels(folder / path, layout):
                self.fail("pyramid", path, f"{text} ({where})")

    def judge_table(self, folder, name, coordinates, where, status=None):
        if self.scene.is_live:
            return
        text, whole = ((f / name).read_text() for f in (folder, self.scene.after))
        if wrong := states.wrong_rows(text, whole, coordinates, status):
            self.fail("wrong", name, f"{wrong} ({where})")

    # --- what the next commands make of it ---

    def go_on(self, process):
        """`recover` where something was saved, then the same command, then the line that it advises."""
        scene = self.scene
        if self.accident.kind == "input":  # what was made of two inputs is nobody's result
            return
        if self.accident.kind == "swap":
            self.after_swap()
        elif scene.is_run:
            self.recover(process)
        words, ran = scene.words, None
        if not scene.overwrites:
            ran = scene.run(words)
            if ran.code == 8:
                self.judge_refusal(ran)
                words = words + [self.cure()]
        if ran is None or ran.code == 8:
            ran = scene.run(words)
        if ran.code not in COMPLETE:
            return self.fail("again", ran.line, f"exit {ran.code}: {ran.last_words}")
        self.judge_whole(ran)
        self.judge_foreign()

    def cure(self):
        if self.scene.task.kind != "convert":
            return "--overwrite"
        return "--resume" if self.accident.at % 2 and self.scene.task.out.endswith(".zarr") else "--overwrite"

    def judge_refusal(self, ran):
        if not re.search(r"(?m)^ +(parfocal|\S*/parfocal) ", ran.text()):
            self.fail("again", ran.line, f"refused without a line to copy: {ran.last_words}")

    def published(self, folder):
        """Items that any reader finds, before anything is recovered."""
        found = {}
        for sink in self.scene.task.sinks:
            if sink["type"] == "ome_zarr" and states.is_begun(folder / sink["path"]) and not self.scene.is_live:
                got = self.guarded(f"{sink['path']} before it is recovered",
                                   lambda sink=sink: states.items_of(folder, sink, self.scene.layouts[sink["from"]]))
                if got is not None:
                    found[sink["path"]] = set(got.items)
        return found

    def recover(self, process):
        scene = self.scene
        folder = scene.task.unfinished(scene.place, scene.overwrites)
        if not (folder / "run.json").exists():
            return
        before = {} if process.code != -9 else self.published(folder)
        words = ["recover", folder]
        young = any((folder / f"{sink['path']}.part").exists() for sink in scene.task.sinks)  # before its first checkpoint
        if at := self.accident.what.get("recovery_killed_at"):
            killed = scene.run(words, Setting(scene.accident(signals=f"{at}:{int(signal.SIGKILL)}")))
            self.judge_process(killed, {0, -9, 4} | ({1} if young else set()))
        ran = scene.run(words)
        self.judge_process(ran, {0, 4} if self.record_in(folder) is None else {0, 1} if young else {0})
        if ran.code != 0:
            return
        self.judge_partial(folder, self.record_in(folder), f"recover, after exit {process.code}")
        for sink in scene.task.sinks:
            if sink["path"] not in before or not (folder / sink["path"]).exists():
                continue
            got = self.guarded(sink["path"], lambda sink=sink: states.items_of(folder, sink, scene.layouts[sink["from"]]))
            if got is not None and (lost := before[sink["path"]] - set(got.items)):
                self.fail("lost", sink["path"], f"items {sorted(lost)[:5]} were published, and are gone after recover")
        self.judge_foreign()
        begun = [sink["path"] for sink in scene.task.sinks if states.is_begun(folder / sink["path"])]
        hidden = [n for n in names_of(folder)[1] if any(n.startswith(name) for name in begun)]
        if not scene.overwrites and hidden:
            self.fail("hidden", sorted(hidden)[:4], "stays after recover")

    def after_swap(self):
        """A swap that was cut short is finished or undone by the next command, whichever it is."""
        scene, step = self.scene, self.accident.what["next"]
        if step in ("again", "overwrite"):
            return
        place = scene.place if scene.is_run else scene.place / scene.task.out
        ran = scene.run([step, place])
        self.judge_process(ran, {0})
        now = hashed(scene.place)
        visible = {name for name in now if not is_hidden(name)}
        if visible == set(scene.old) and all(now[n] == d for n, d in scene.old.items()):
            return
        got = self.guarded("after the swap", lambda: scene.task.contents(scene.place))
        different = got is None or (not scene.is_live and differences(got, scene.right))
        if different or not scene.is_live and visible != scene.names:
            self.fail("mixture", ran.line, f"neither the old nor the new result: {different and different[:2]}, "
                      f"{sorted(visible ^ scene.names)[:6]} {sorted(visible ^ set(scene.old))[:6]}")

    # --- special ends ---

    def judge_folder(self, outcome):
        """Its place was deleted, moved away or swapped for one of others: never exit 0 unless all is there,
        and nothing of it in what is not its own."""
        scene, process = self.scene, outcome.process
        swapped = self.accident.what["deed"] == "swapped"
        if process.code in COMPLETE:
            if not self.is_whole(scene.place) and not self.is_whole(scene.folder / "struck"):
                self.fail("whole", process.line, f"exit {process.code}, and its results are not there")
            return self.failures
        if swapped:
            text = (scene.place / "my-notes.txt").read_text() if (scene.place / "my-notes.txt").exists() else None
            if text != "others":
                self.fail("foreign", "my-notes.txt", "of the folder that was put there is gone or changed")
        moved = scene.folder / "aside"
        if self.accident.what["deed"] != "deleted":
            for name in scene.foreign:
                if not (moved / name).exists():
                    self.fail("foreign", name, "is gone from the folder that was moved away")
        return self.failures

    def is_whole(self, place):
        try:
            got = self.scene.task.contents(place)
        except Exception:  # whatever a reader says
            return False
        return self.scene.is_live or not differences(got, self.scene.right)

    def judge_two(self, outcome):
        """Two commands in one place: each says the truth, one of the results is there, whole."""
        scene, first, second = self.scene, outcome.process, outcome.second
        command, harmless = self.accident.what["command"], ("info", "recover")
        self.judge_process(second, CODES)
        self.judge_foreign()
        done = second.code in COMPLETE and command not in harmless
        if first.code in COMPLETE:
            self.judge_whole(first)
            # Behind its last operation but one a command has nothing to defend but its empty folder.
            if done and not scene.overwrites and self.accident.at < scene.counts.operations - 1:
                self.fail("two", second.line, f"exit {second.code}, and its result was replaced without a word")
        elif done:
            self.judge_other(second, command)
        elif first.code == -9:
            self.judge_unfinished(first)
            self.go_on(first)
        else:
            self.fail("two", first.line, f"exit {first.code}: {first.last_words} || beside {second.line}, exit {second.code}")
        return self.failures

    def judge_other(self, second, command):
        """The second command had the place to itself: its result is there, whole."""
        scene = self.scene
        if command in ("run", "overwrite"):
            self.judge_whole(second)
        if command == "other":
            ref = scene.folder / "ref"
            ref.mkdir(exist_ok=True)
            scene.run(scene.task.old_words(ref))
            self.guarded(second.line, lambda: self.judge_equal(ref, second))

    def judge_equal(self, ref, second):
        task = self.scene.task
        for text in differences(*(task.old_contents(f) for f in (self.scene.place, ref)))[:4]:
            self.fail("mixture", second.line, f"exit {second.code}, but {text}")


def differences(one, other):
    """As recorded.differences(), with the places in metadata that differ."""
    one, other = without_omero(one), without_omero(other)
    return [f"{name}: {leaf}" for name in one if isinstance(one[name], dict) and isinstance(other.get(name), dict)
            for leaf in leaves(one[name], other[name])] + [
        text for text in recorded.differences(one, other) if not isinstance(one.get(text.split(": {")[0]), dict)]


def leaves(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        return [leaf for key in {**one, **other} for leaf in leaves(one.get(key), other.get(key), f"{path}.{key}")]
    return [] if one == other else [f"{path} {str(one)[:200]} | {str(other)[:200]}"]


def without_omero(contents):
    """A conversion that went on has the contrast of the frames that were left and those that came."""
    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k != "omero"}
        return [plain(v) for v in value] if isinstance(value, list) else value
    return {name: plain(value) for name, value in contents.items()}


def keep(scene, folder):
    shutil.copytree(scene.folder, folder, dirs_exist_ok=True, symlinks=True)
