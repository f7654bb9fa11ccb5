"""Runs our benchmarks beside their rivals and writes the page of results.

    compare.py BIN_DIR RESULTS.md [--quick]

Every contender runs in processes of its own. Per round each runs once, and the order rotates from
round to round, so that a disturbance of the machine meets all alike. Times start after imports and
one warm-up frame (ours: after the plan). A time counts only if the contender's table equals ours.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from importlib import metadata

import numpy as np

import report

WORKER = os.path.join(os.path.dirname(__file__), "rival_worker.py")
QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 7
SLOW_ROUNDS = 1 if QUICK else 3
MOVIES = {"2048": (24, 2048, 500), "512": (200, 512, 60)}  # frames, side, nuclei at the start


class Child:
    """A process that prints one line of JSON; if it waits, only after it was told to go."""

    def __init__(self, command, waits):
        # Output goes to a file: our own binary does not wait, and a full pipe would stop it.
        self.output = tempfile.TemporaryFile()
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE if waits else subprocess.DEVNULL,
            stdout=subprocess.PIPE if waits else self.output, stderr=self.errors)
        if waits and self.process.stdout.readline().strip() != b"ready":
            self.fail()

    def fail(self):
        self.errors.seek(0)
        raise RuntimeError(f"{self.process.args}: {self.errors.read().decode()}")

    def go(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def end(self):
        if self.process.stdout:
            text = self.process.stdout.read()
        if self.process.wait() != 0:
            self.fail()
        if not self.process.stdout:
            self.output.seek(0)
            text = self.output.read()
        return json.loads(text)


class Contender:
    """One way to do the count job, with its runs."""

    def __init__(self, name, threads, frames, rounds=ROUNDS, rival=None, processes=1):
        self.name, self.threads, self.frames, self.rounds = name, threads, frames, rounds
        self.rival, self.processes = rival, processes
        self.runs, self.verdict, self.ties = [], "", (0, 0)

    def run(self, binaries, movie, work):
        if self.rival:
            self.runs.append(self.run_rival(movie, work))
        else:
            self.runs.append(self.run_own(binaries, movie, work))

    def run_own(self, binaries, movie, work):
        out = os.path.join(work, "out")
        mode = "read" if self.name == "read()" else "run"
        if mode == "run":
            shutil.rmtree(out, ignore_errors=True)
        command = [os.path.join(binaries, "count_bench"), mode, movie, str(self.threads)]
        return Child(command + ([out] if mode == "run" else []), False).end()

    def run_rival(self, movie, work):
        files = sorted(os.path.join(movie, f) for f in os.listdir(movie))
        files = files[::len(files) // self.frames][:self.frames]  # later frames have more objects
        threads = max(1, self.threads // self.processes)
        tables = [os.path.join(work, f"table{i}.npy") for i in range(self.processes)]
        children = [Child([sys.executable, "-W", "ignore", WORKER, self.rival, str(threads),
                           tables[i], *files[i::self.processes]], True)
                    for i in range(self.processes)]
        for child in children:
            child.go()
        ends = [child.end() for child in children]
        ties = [e["ties"] for e in ends]
        self.ties = (sum(n for n, _ in ties), max(far for _, far in ties))
        self.table = np.concatenate([np.load(path) for path in tables])
        return {"seconds": max(e["end"] for e in ends) - min(e["start"] for e in ends),
                "cpu_seconds": sum(e["cpu_seconds"] for e in ends),
                "peak_mb": sum(e["peak_mb"] for e in ends)}

    def values(self, key):
        scale = 1 if key == "peak_mb" else 1000 / self.frames
        return sorted(run[key] * scale for run in self.runs)

    def median(self, key):
        return statistics.median(self.values(key))


def in_order(table):
    """Rows sorted by frame, bounding box and area: rivals may number objects differently."""
    keys = [table[:, i] for i in (2, 6, 5, 4, 3, 0)]
    return table[np.lexsort(keys)]


def differs(ours, theirs, same_labels):
    """Why a rival's table is not ours, or nothing."""
    ours, theirs = in_order(ours[np.isin(ours[:, 0], theirs[:, 0])]), in_order(theirs)
    if len(ours) != len(theirs):
        return f"{len(theirs)} objects, ours {len(ours)}"
    whole = [0, 1, 2, 3, 4, 5, 6] if same_labels else [0, 2, 3, 4, 5, 6]
    wrong = int((ours[:, whole] != theirs[:, whole]).any(axis=1).sum())
    if wrong:
        return f"{wrong} objects have another label, area or box"
    far = float(np.abs(ours[:, 7:] - theirs[:, 7:]).max(initial=0))
    return f"a centroid or mean is {far:.1e} away" if far > 1e-9 else ""


def contenders(frames, small):
    """All ways to do the job on one movie; the slow ones do fewer frames, fewer times."""
    some = max(2, frames // 8)
    result = []
    for n in (1, 2):
        result += [Contender("Parfocal", n, frames),
                   Contender("scikit-image", n, frames, ROUNDS, "skimage-crosses", n),
                   Contender("NumPy by hand", n, some, SLOW_ROUNDS,
                             "by-hand", n),
                   Contender("dask, scikit-image per frame", n, frames, SLOW_ROUNDS,
                             "dask-skimage"),
                   Contender("OpenCV, tifffile", n, frames, ROUNDS, "opencv-tifffile"),
                   Contender("OpenCV, imread", n, frames, ROUNDS, "opencv-imread"),
                   Contender("read()", n, frames)]
    result += [Contender("OpenCV, tifffile", 2, frames, ROUNDS, "opencv-tifffile", 2),
               Contender("OpenCV, imread", 2, frames, ROUNDS, "opencv-imread", 2)]
    result += [Contender(f"scikit-image, {name}", 1, some, SLOW_ROUNDS, f"skimage-{rival}")
               for name, rival in (("disk not decomposed", "binary"), ("`opening`", "opening"),
                                   ("`isotropic_opening`", "isotropic"))]
    if small:  # a task for every object: 18 s for a large frame
        result += [Contender("dask-image", n, 2, SLOW_ROUNDS, "dask-image") for n in (1, 2)]
    return result


def compare_count(binaries, work):
    results = {}
    for key, (frames, side, cells) in MOVIES.items():
        movie = os.path.join(work, key)
        subprocess.run([os.path.join(binaries, "count_bench"), "movie", movie, str(frames),
                        str(side), str(cells)], check=True)
        rows = contenders(frames, key == "512")
        for round_ in range(ROUNDS):
            turn = round_ % len(rows)
            for c in rows[turn:] + rows[:turn]:
                if len(c.runs) < c.rounds:
                    c.run(binaries, movie, work)
            ours = np.loadtxt(os.path.join(work, "out", "objects.csv"), delimiter=",", skiprows=1)
        for c in rows:
            if c.rival:
                c.verdict = differs(ours, c.table, not c.rival.startswith("opencv"))
        results[key] = {"rows": rows, "objects": len(ours), "frames": frames, "side": side}
        print(f"{side} x {side}: done", file=sys.stderr)
    return results


def compare_overhead(binaries):
    frames = 20000 if QUICK else 100000
    rows = {(steps, mode, threads): [] for steps in (0, 5) for mode in ("fused", "queues")
            for threads in (1, 2) if steps or mode == "fused"}
    keys = list(rows)
    for round_ in range(ROUNDS):
        for key in keys[round_ % len(keys):] + keys[:round_ % len(keys)]:
            steps, mode, threads = key
            command = [os.path.join(binaries, "overhead_bench"), str(frames), "64", str(steps),
                       str(threads), mode]
            rows[key].append(Child(command, False).end())
    return {"frames": frames, "rows": rows}


def kernel_times(binaries):
    text = subprocess.run([os.path.join(binaries, "kernels_bench"), "--benchmark_format=json",
                           "--benchmark_repetitions=5"], check=True, capture_output=True).stdout
    return {b["run_name"]: b["cpu_time"] for b in json.loads(text)["benchmarks"]
            if b.get("aggregate_name") == "median"}


def machine(packages):
    """Where and with what the measurements are made."""
    with open("/proc/cpuinfo") as f:
        model = next(line.split(":")[1].strip() for line in f if line.startswith("model name"))
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True,
                            text=True).stdout.strip()
    versions = {name: metadata.version(name) for name in packages}
    return {"cpu": model, "cpus": len(os.sched_getaffinity(0)), "commit": commit,
            "python": platform.python_version(), "versions": versions,
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "load_before": os.getloadavg()}


def main():
    binaries, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    about = machine(("numpy", "scipy", "scikit-image", "opencv-python-headless", "dask",
                     "dask-image", "tifffile"))
    with tempfile.TemporaryDirectory(prefix="parfocal-bench-") as work:
        count = compare_count(binaries, work)
    overhead = compare_overhead(binaries)
    kernels = kernel_times(binaries)
    about["load_after"] = os.getloadavg()
    text = report.page(about, count, overhead, kernels, ROUNDS)
    with open(page, "w") as f:
        f.write(text)
    print(text)
    wrong = [c.name for r in count.values() for c in r["rows"] if c.verdict]
    return f"no time counts for: {', '.join(wrong)}" if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
