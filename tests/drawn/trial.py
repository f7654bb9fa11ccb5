"""One pipeline, run in a folder of its own: the tapped baseline, then as it was drawn."""

import hashlib
import math
import os
import pathlib
import re
import shutil
import tempfile

from . import inputs, layout, recorded, taps
from .judge_nodes import Failure, NodeJudge

LARGE = "2GiB"
UNSEEN_BYTES = 1 << 20  # memory comes in pages, and a start differs from run to run
COMPARED_EXITS = (0, 6, 7)


class Planner:
    """Layouts of all ports of a pipeline, asked of `parfocal plan`; None where it is refused."""

    def __init__(self, command, operators):
        self.command, self.operators = command, operators
        self._files = None  # those of the pipeline asked for last
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="drawn-plan-")) / "p"
        self._folder.mkdir()

    def __call__(self, pipeline):
        if self._files is not pipeline.inputs:
            shutil.rmtree(self._folder)
            self._folder.mkdir()
            for spec in pipeline.inputs:
                inputs.write(self._folder, spec)
            self._files = pipeline.inputs
        (self._folder / "p.yaml").write_text(taps.probed_plan(pipeline, self.operators))
        ran = self.command(self._folder, "plan", "p.yaml", "--json", "--memory", LARGE, "--threads", 1)
        self.last = ran
        return layout.layouts_of(ran.json()) if ran.exit_code == 0 else None

    def close(self):
        shutil.rmtree(self._folder.parent)


def hashed(folder, but=()):
    """{relative name: hash} of everything below a folder, without the folders named in `but`."""
    found = {}
    for place, folders, files in os.walk(folder):
        if place == str(folder):
            folders[:] = [name for name in folders if name not in but]
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha1(file.read()).hexdigest()
    return found


def colliding(sinks):
    """Paths that two outputs would share, or that one has inside another: to be refused."""
    paths = [("run.json",), ("frames.csv",)] + [pathlib.PurePath(s["path"]).parts for s in sinks]
    for i, one in enumerate(paths):
        for j, other in enumerate(paths):
            if i != j and other[:len(one)] == one:
                return "/".join(other)
    return None


class Trial:
    def __init__(self, pipeline, command, operators, planner, folder):
        self.pipeline, self.command, self.operators = pipeline, command, operators
        self.planner, self.folder = planner, folder
        self.work = folder / "w"
        self.work.mkdir()
        self.failures, self.modes, self.judged = [], set(), set()
        self.bounds = []    # (peak planned, peak seen) of each run
        self.advised = {}   # threads -> memory
        self.refused = None # why, where the pipeline is not accepted

    def fail(self, kind, where, text):
        self.failures.append(Failure(kind, where, text))

    # --- the whole trial ---

    def go(self):
        truths = [inputs.write(self.work, spec) for spec in self.pipeline.inputs]
        self.layouts = self.planner(self.pipeline)
        if self.layouts is None:
            return self.judge_refusal(self.planner.last)
        (self.work / "p.yaml").write_text(self.pipeline.yaml())
        self.before = hashed(self.work)
        if not self.check():
            return
        self.truth = truths[0] if truths else self.generated()
        if self.pipeline.is_live:
            for number, run in enumerate(self.pipeline.runs):
                self.tapped(f"live{number}", run["threads"])
            return
        if not self.tapped("base", 1):
            return
        for number, run in enumerate(self.pipeline.runs):
            self.configured(number, run)
        self.again()
        if self.pipeline.seed % 3 == 0:
            self.starved()

    def generated(self):
        source = self.pipeline.source
        if source["type"] == "push":
            source = source["of"]
        return inputs.generated(source) if source["type"] == "generator" else None

    def judge_refusal(self, ran):
        """A source that is refused: with a code that says so, and words."""
        self.refused = ran.last_words
        if ran.exit_code not in (3, 4, 5) or not ran.last_words:
            self.fail("exit", ran.line, f"exit {ran.exit_code}: {ran.last_words}")

    def check(self):
        """Colliding outputs are refused by `check`; what it calls valid can be planned."""
        ran = self.command(self.work, "check", "p.yaml")
        bad = colliding(self.pipeline.sinks)
        if bad:
            if ran.exit_code == 0:
                self.fail("collision", "check", f"two outputs at {bad!r} are called valid")
            self.refused = "colliding outputs"
            return False
        if ran.exit_code != 0:
            self.refused = ran.last_words
            if ran.exit_code != 3:
                self.fail("exit", "check", f"exit {ran.exit_code}: {ran.last_words}")
            return False
        return True

    # --- the baseline ---

    def tapped(self, out, threads):
        """Runs with every port recorded, and judges each node; False if there is nothing to compare."""
        sinks = taps.taps_of(self.layouts)
        (self.work / "tapped.yaml").write_text(self.pipeline.yaml(sinks))
        ran = self.run("tapped.yaml", out, LARGE, threads)
        if ran.exit_code in (3, 4, 5) and not (self.work / out).exists():
            self.refused = ran.last_words
            return False
        folder = self.work / out
        self.judge_bounds(ran, folder)
        if ran.exit_code not in COMPARED_EXITS:
            if ran.exit_code != 1 or (self.pipeline.on_error != "stop" and not self.may_be_too_short()):
                self.fail("exit", ran.line, f"exit {ran.exit_code}: {ran.last_words}")
            self.stopped = ran
            return self.judge_stop(ran, folder, sinks)
        found = self.guarded("tapped", lambda: taps.read_taps(folder, sinks, self.layouts))
        if found is None:
            return False
        self.found = found
        judge = NodeJudge(self.pipeline, self.operators, self.layouts, found)
        self.failures += judge.judge(self.truth)
        self.judged |= judge.judged
        self.judge_exit(ran, judge)
        self.guarded("sinks", lambda: self.judge_sinks(folder, found))
        self.guarded("frames.csv", lambda: self.judge_frames(folder, judge, sinks))
        self.judge_record(folder, ran)
        if not self.pipeline.is_live:
            self.base = recorded.contents(folder, self.pipeline.sinks)
        return True

    def guarded(self, what, function):
        """Outputs that cannot be read are a failure of the run, not of the drawer."""
        try:
            return function()
        except Exception as error:  # whatever a reader says
            self.fail("unreadable", what, f"{type(error).__name__}: {error}")
            return None

    def judge_stop(self, ran, folder, sinks):
        """A run that an item stopped: that has to be one on which a step has to fail. The source
        alone is recorded by the time; so only steps that fail always are known."""
        allowed = {"cast", "label", "measure", "remove_small", "clear_border", "count", "threshold", "flow_features", "fail_at"} & {s["op"] for s in self.pipeline.steps}
        if not allowed and ran.exit_code == 1 and not self.may_be_too_short():
            self.fail("exit", ran.line, f"exit 1: {ran.last_words}")
        return False

    def may_be_too_short(self):
        """Of what a camera sends fewer frames may be left than a window needs."""
        windows = {"background_rolling_median", "background_sparse_median"}
        return self.pipeline.is_live and any(s["op"] in windows for s in self.pipeline.steps)

    def judge_exit(self, ran, judge):
        gaps = any(s and s.gaps for s in judge.streams.values())
        if gaps and ran.exit_code == 0 and judge.streams["source"] and judge.streams["source"].gaps:
            self.fail("exit", ran.line, "exit 0 although frames of the source are missing")
        if not gaps and ran.exit_code != 0:
            self.fail("exit", ran.line, f"exit {ran.exit_code} without a gap: {ran.last_words}")
        if any(judge.failing.values()) and ran.exit_code == 0:
            self.fail("exit", ran.line, f"exit 0 although items fail in {sorted(judge.failing)}")

    def judge_sinks(self, folder, found):
        """What a drawn sink holds is what the tap of the same port holds."""
        for sink in self.pipeline.sinks:
            if sink["from"] not in found or sink["type"] not in ("ome_zarr", "ome_tiff", "table"):
                continue
            got = taps.read(folder, sink, self.layouts[sink["from"]])
            right = found[sink["from"]]
            if sink["type"] == "ome_tiff" and not (right.items or right.gaps or got.items):
                continue  # an OME-TIFF has one step at least
            if set(got.gaps) != set(right.gaps) or set(got.items) != set(right.items):
                self.fail("sink", sink["path"], f"items or gaps differ from those of {sink['from']}")
            elif wrong := recorded.unequal(got, right):
                self.fail("sink", sink["path"], wrong)
            if sink["type"] == "ome_zarr":
                self.failures += [Failure("pyramid", sink["path"], text) for text in
                                  recorded.wrong_levels(folder / sink["path"], self.layouts[sink["from"]])]

    def judge_frames(self, folder, judge, sinks):
        """One row a frame of the source, in order; a gap where any output of its clock has one."""
        clock = self.layouts["source"]
        source = judge.streams["source"]
        ports = {s["from"] for s in sinks} | {s["from"] for s in self.pipeline.sinks}
        seen = [judge.streams[p] for p in ports if judge.streams.get(p) is not None
                and self.layouts[p].stream == clock.stream and self.layouts[p].clock == clock.clock]
        unknown = [p for p in ports if judge.streams.get(p) is None]
        if source is None or unknown:
            return
        rows = recorded.rows_of(folder / "frames.csv")
        got = [(tuple(int(row[n]) for n in clock.stream_names), row["status"] == "gap") for row in rows]
        right = [(at, any(not s.is_there(at) for s in seen)) for at in source.coordinates()]
        if got != right:
            wrong = next((pair for pair in zip(got, right) if pair[0] != pair[1]), (len(got), len(right)))
            self.fail("frames.csv", "rows", f"{wrong[0]} instead of {wrong[1]}")

    def judge_record(self, folder, ran):
        record = self.guarded("run.json", lambda: recorded.read_record(folder))
        if record is None:
            return
        for edge in record.get("edges", []):
            if edge["expected"] >= 0 and edge["received"] + edge["missing"] != edge["expected"]:
                self.fail("record", edge["edge"], f"{edge['received']} + {edge['missing']} are not {edge['expected']}")
        if self.pipeline.is_live and self.truth is not None:
            sent, told = self.sent(), max(0, record["items"])
            if told != sent:
                kind = "tail" if self.pipeline.source.get("unbounded") else "told"
                self.fail(kind, "run.json", f"tells of {told} frames, the camera sent {sent}")

    def sent(self):
        """Frames of the camera: along all its stream axes, not only the outermost."""
        sizes = dict(zip(self.truth.axes, self.truth.pixels.shape))
        names = self.layouts["source"].stream_names
        return math.prod(sizes[name] for name in names) * self.pipeline.source.get("repeat", 1)

    # --- bounds ---

    def run(self, file, out, memory, threads, *more, file_limit=0):
        ran = self.command(self.work, "run", file, "--out", out, "--memory", memory, "--threads",
                           threads, "--json", "--progress", "none", *more, file_limit=file_limit)
        if ran.timed_out:
            self.fail("hang", ran.line, f"no end after {ran.seconds:.0f} s")
        elif ran.exit_code < 0:
            self.fail("crash", ran.line, f"signal {-ran.exit_code}")
        return ran

    def judge_bounds(self, ran, folder):
        self.judge_leftovers(folder)
        after = hashed(self.work, but=(folder.name,) + tuple(self.outs()))
        for name in {n for n, _ in after.items() ^ self.before.items()} - {"tapped.yaml"}:
            self.fail("outside", name, "was made, changed or removed outside --out")
        try:
            record = ran.json()
        except ValueError:
            return
        if "planned_peak_bytes" not in record:
            return
        planned, peak = record["planned_peak_bytes"], record["peak_rss_bytes"]
        self.bounds.append((planned, max(peak, ran.peak_rss_bytes)))
        if max(peak, ran.peak_rss_bytes) > planned:
            self.fail("memory", ran.line, f"peak {max(peak, ran.peak_rss_bytes) / 2**20:.2f} MiB of "
                      f"{planned / 2**20:.2f} planned")

    def outs(self):
        return [p.name for p in self.work.iterdir() if p.name.startswith(("base", "live", "run"))]

    def judge_leftovers(self, folder):
        if not folder.exists():
            return
        named = {pathlib.PurePath(s["path"]).parts[0] for s in self.pipeline.sinks}
        named |= {"run.json", "frames.csv", "tap"}
        for path in folder.iterdir():
            if path.name not in named:
                self.fail("leftover", path.name, "is left in the output folder")
        for path in folder.rglob("*"):
            if "__parfocal" in path.parts and path.name not in ("__parfocal", "store.json"):
                self.fail("leftover", str(path.relative_to(folder)), "is left in a store")

    def judge_plan(self, folder, out, memory, threads):
        """What was stated before the run, beside what it took."""
        line = ["plan", "p.yaml", "--memory", memory, "--threads", threads, "--json", "--out", "none"]
        planned = self.command(self.work, *line) if out in ("run0", "run3") else None
        if planned is None or planned.exit_code != 0:
            return
        self.judge_disk(folder, planned.json(), planned.line)
        self.judge_own_bytes(planned.json(), planned.line)

    def judge_own_bytes(self, plan, line):
        """Memory that is planned, but for declared capacities, is used: no more than half is added.
        Of gaps nothing is touched."""
        if any(one.gaps for one in self.found.values()):
            return
        own, touched = own_bytes(plan, self.layouts), self.bounds[-1][1] - self.command.start_rss_bytes(self.work)
        if own > 1.5 * touched + UNSEEN_BYTES:
            self.fail("own", line, f"{own} bytes of queues and slots planned, {touched} touched by all")

    def judge_disk(self, folder, plan, line):
        """Blocks that images take, folders included; what tables take is not known before."""
        taken = 0
        for sink in self.pipeline.sinks:
            if sink["type"] not in ("table", "frames"):
                path = folder / sink["path"]
                taken += sum(os.lstat(p).st_blocks * 512 for p in [path, *path.rglob("*")])
        if taken > plan["disk_bytes"]:
            self.fail("disk", line, f"{taken} bytes taken, {plan['disk_bytes']} stated")

    # --- the drawn ways to run it ---

    def smallest(self, threads):
        """What a refused plan advises."""
        if threads in self.advised:
            return self.advised[threads]
        ran = self.command(self.work, "plan", "p.yaml", "--memory", "1MiB", "--threads", threads)
        found = re.search(r"--memory[ =](\S+)", ran.stderr)
        if ran.exit_code != 5 or not found:
            self.fail("advice", ran.line, f"exit {ran.exit_code}, no memory advised: {ran.last_words}")
            return None
        self.advised[threads] = found[1].strip("'\"`.,")
        return self.advised[threads]

    def configured(self, number, drawn):
        threads, memory = drawn["threads"], drawn["memory"]
        if memory != "1GiB":
            smallest = self.smallest(threads)
            if smallest is None:
                return
            factor = {"smallest": 1, "third": 1.33, "half": 1.5}.get(memory, 1)
            memory = smallest if factor == 1 else f"{int(bytes_of(smallest) * factor) >> 20}MiB"
        self.one_run(f"run{number}", memory, threads)

    def one_run(self, out, memory, threads):
        ran = self.run("p.yaml", out, memory, threads)
        folder, mode = self.work / out, mode_of(ran)
        if ran.exit_code == 5:
            return self.fail("advice", ran.line, f"exit 5: {ran.last_words}")
        self.modes.add(mode)
        if ran.exit_code not in COMPARED_EXITS:
            return self.fail("accepted", ran.line, f"was planned, then exit {ran.exit_code}: {ran.last_words}")
        self.judge_bounds(ran, folder)
        self.judge_plan(folder, out, memory, threads)
        got = self.guarded(out, lambda: recorded.contents(folder, self.pipeline.sinks))
        if got is None:
            return
        got["frames.csv"] = (folder / "frames.csv").read_bytes()
        self.base.setdefault("frames.csv", got["frames.csv"])  # the baseline's knows of more ports
        for text in recorded.differences(got, self.base):
            self.fail("differs", f"{ran.line} ({mode})", text)
        self.judge_record(folder, ran)

    def again(self):
        """The same once more: refused, or with --overwrite the same result and nothing beside it."""
        folder = self.work / "run3"
        if not folder.exists():
            return
        before = hashed(folder)
        ran = self.run("p.yaml", "run3", "1GiB", 2)
        if ran.exit_code != 8 or hashed(folder) != before:
            self.fail("again", ran.line, f"exit {ran.exit_code}, outputs changed: {hashed(folder) != before}")
        mine = self.foreign_files(folder)
        ran = self.run("p.yaml", "run3", "1GiB", 2, "--overwrite")
        for path in mine:
            if not path.exists() or path.read_text() != "mine":
                self.fail("foreign", ran.line, f"{path.relative_to(folder)}, which was there, is gone")
            path.unlink(missing_ok=True)
        if ran.exit_code not in COMPARED_EXITS:
            return self.fail("again", ran.line, f"exit {ran.exit_code}: {ran.last_words}")
        self.judge_leftovers(folder)
        got = self.guarded("run3", lambda: recorded.contents(folder, self.pipeline.sinks)) or {}
        for text in recorded.differences(got, {k: v for k, v in self.base.items() if k != "frames.csv"}):
            self.fail("again", ran.line, text)


    def foreign_files(self, folder):
        """Notes of the user in the output folder and in each folder that outputs lie in."""
        places = {folder} | {(folder / sink["path"]).parent for sink in self.pipeline.sinks}
        notes = [place / "my-notes.txt" for place in places if place.is_dir()]
        for note in notes:
            note.write_text("mine")
        return notes

    def starved(self):
        """Where no file may exceed half of the largest: the run fails, tells how many frames each sink
        has, and these are there after `recover`, and right."""
        sinks = [s for s in self.pipeline.sinks if s["type"] in ("ome_zarr", "ome_tiff") and s["from"] in self.found]
        sizes = [p.stat().st_size for s in sinks for p in (self.work / "run3" / s["path"]).rglob("*") if p.is_file()]
        sizes += [(self.work / "run3" / s["path"]).stat().st_size for s in sinks if s["type"] == "ome_tiff"]
        if not sizes or max(sizes) < 100_000:
            return
        ran = self.run("p.yaml", "runstarved", "1GiB", 2, file_limit=max(sizes) // 2)
        folder = self.work / "runstarved"
        if ran.exit_code in COMPARED_EXITS:
            return self.fail("starved", ran.line, f"exit {ran.exit_code} although writing failed")
        if (folder / "run.json").exists():
            self.command(self.work, "recover", folder)  # what was stored stays, and is found there
            edges = {e["edge"].split(" -> ")[-1]: e for e in recorded.read_record(folder).get("edges", [])}
            for sink in sinks:
                self.guarded("starved", lambda sink=sink: self.judge_starved(folder, sink, edges, ran.line))

    def judge_starved(self, folder, sink, edges, line):
        edge = edges.get(f"{sink['type']} {sink['path']}")
        if edge is None or not (folder / sink["path"]).exists():
            return
        got, right = taps.read(folder, sink, self.layouts[sink["from"]]), self.found[sink["from"]]
        # What was on its way when the run failed may be found, too.
        if len(got.items) < edge["received"]:
            self.fail("starved", sink["path"], f"{edge['received']} frames received by the record, {len(got.items)} valid ({line})")
        got.gaps = {}
        right = recorded.Recorded(right.stream, {at: item for at, item in right.items.items() if at in got.items})
        if wrong := recorded.unequal(got, right):
            self.fail("starved", sink["path"], f"{wrong} ({line})")


def own_bytes(plan, layouts):
    """Of the largest pass: queues of images, and intermediate images of workers that have an item. What
    sinks, decoders, tables, scratch and states of operators may take was declared by them."""
    tables = {port for port, layout in layouts.items() if not layout.is_image}
    queues = [r for r in plan["reservations"] if r["holder"] not in tables and r["what"].startswith("queue of")]
    return max(sum(r["bytes"] for r in queues if r["pass"] == number) + slots_in_use(plan, one["stages"])
               for number, one in enumerate(plan["passes"]))


def slots_in_use(plan, stages):
    """The n-th worker has work in the stages that see n items or more."""
    def items_of(stage):
        seen = [out for node in stage["nodes"] for i in [node, *(port[0] for port in plan["nodes"][node]["inputs"])]
                for out in plan["nodes"][i]["outputs"]]
        return max((math.prod(axis["size"] if axis["size"] > 0 else math.inf for axis in out["stream"]) for out in seen), default=math.inf)

    items = [(items_of(stage), stage["scratch_offset"]) for stage in stages]
    return sum(max((size for count, size in items if count > worker), default=0) for worker in range(plan["threads"]))


def bytes_of(text):
    number, unit = re.fullmatch(r"([\d.]+) ?(\w*)", text).groups()
    return float(number) * {"B": 1, "": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]


def mode_of(ran):
    """By bands or whole, in how many passes, as the run says at its start."""
    found = re.search(r"plan: (\d+) pass\w*( x \d+ tiles)?", ran.stderr)
    if not found:
        return "?"
    return ("bands" if found[2] else "whole") + (f", {found[1]} passes" if found[1] != "1" else "")
