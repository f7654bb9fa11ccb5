"""Runs the flow cytometry jobs beside dcnum and writes the page of results.

    flow_compare.py BIN_DIR RESULTS.md [--quick]

Ours is the time of the whole command, its start-up included; dcnum's starts when everything is
imported and its worker processes are up. Every contender runs once a round, in turn. A time counts
only if the results are equal: backgrounds byte by byte, events by number and features.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import hdf5plugin  # noqa: F401  registers the zstd filter
import numpy as np
from dcnum.read import HDF5Data

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tests/rtdc"))

import make_rtdc  # noqa: E402
import report  # noqa: E402
from compare import Child, machine  # noqa: E402
from process_tree import PeakMemory  # noqa: E402
from report import quartile_range, table, verdict  # noqa: E402
from support import F23, repeated  # noqa: E402

ROUNDS = 1 if "--quick" in sys.argv else 3
PROCESSES = 2


class Job:
    """One job on one file, done by both."""

    def __init__(self, title, rival, source, words, equal, out="ours.rtdc"):
        self.title, self.rival, self.source, self.out = title, rival, source, out
        self.words, self.equal = words, equal
        self.runs = {"Parfocal": [], "dcnum": [], "bare decode": [], "its command": []}
        self.planned_mib, self.differs = 0.0, ""

    def run_own(self, binaries, work):
        out = os.path.join(work, self.out)
        if os.path.exists(out):
            os.remove(out)
        words = [w.format(source=self.source, out=out, work=work) for w in self.words]
        command = [os.path.join(binaries, "parfocal"), *words, "--threads", str(PROCESSES), "--json"]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with PeakMemory(process.pid) as memory:
            output, errors = process.communicate()
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise RuntimeError(f"{command}: {output.decode()}{errors.decode()}")
        record = json.loads(output)
        self.planned_mib = record["planned_peak_bytes"] / 2**20
        self.runs["Parfocal"].append((seconds, memory.mib, record["cpu_seconds"]))

    def run_dcnum(self, work):
        out = os.path.join(work, "dcnum.rtdc")
        if os.path.exists(out):
            os.remove(out)
        child = Child([sys.executable, "-W", "ignore", os.path.join(HERE, "flow_rival.py"),
                       self.rival, self.source, out, str(PROCESSES)], True)
        with PeakMemory(child.process.pid) as memory:
            child.go()
            end = child.end()
        self.runs["dcnum"].append((end["seconds"], memory.mib, 0.0))

    def run_decode(self, binaries):
        command = [os.path.join(binaries, "rtdc_decode_bench"), self.source, str(PROCESSES)]
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        whole = time.perf_counter() - start
        end = json.loads(done.stdout)
        self.runs["bare decode"].append((end["seconds"], 0.0, end["cpu_seconds"]))
        self.runs["its command"].append((whole, 0.0, 0.0))

    def round(self, binaries, work, number):
        turn = [lambda: self.run_dcnum(work), lambda: self.run_own(binaries, work),
                lambda: self.run_decode(binaries)]
        for step in turn[number % 3:] + turn[:number % 3]:
            step()
        self.differs = self.equal(os.path.join(work, self.out), os.path.join(work, "dcnum.rtdc"))

    def median(self, who):
        return statistics.median(seconds for seconds, _, _ in self.runs[who])

    def least(self, who):
        return min(seconds for seconds, _, _ in self.runs[who])

    def peak(self, who):
        return max(mib for _, mib, _ in self.runs[who])


def same_backgrounds(ours, theirs):
    with HDF5Data(ours) as a, HDF5Data(theirs) as b:
        for name in ("image_bg", "bg_off"):
            if (name in a) != (name in b):
                return f"{name} is missing in one file"
            if name in a and not all(np.array_equal(a[name][i:i + 1000], b[name][i:i + 1000])
                                     for i in range(0, len(b), 1000)):
                return f"{name} differs"
    return ""


def same_events(ours, theirs):
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        names = [n for n, d in b["events"].items() if isinstance(d, h5py.Dataset) and d.ndim == 1]
        for name in names:
            if name not in a["events"]:
                return f"{name} is missing"
            x, y = a["events"][name][:], b["events"][name][:]
            if len(x) != len(y):
                return f"{len(x)} events, dcnum {len(y)}"
            if not np.allclose(x, y, rtol=2e-5, atol=1e-8, equal_nan=True):
                return f"{name} differs"
    return ""


def jobs(work):
    def made(frames):
        path = os.path.join(work, f"{frames}.rtdc")
        make_rtdc.write(make_rtdc.arguments([str(F23), path, "--frames", str(frames)]))
        return path

    cells = repeated(F23, os.path.join(work, "cells.rtdc"), 101)
    sparse = ["background", "sparse-median", "{source}", "{out}", "--overwrite"]
    rolling = ["background", "rolling-median", "{source}", "{out}", "--overwrite",
               "--kernel-size", "100"]
    whole = ["run", os.path.join(HERE, "../examples/flow-cytometry.yaml"), "--set",
             "source.path={source}", "--out", "{work}/whole", "--overwrite"]
    return [Job("sparse median, 12,000 frames", "sparse", made(12000), sparse, same_backgrounds),
            Job("sparse median, 60,000 frames", "sparse", made(60000), sparse, same_backgrounds),
            Job("rolling median of 100, 2,000 frames", "rolling", made(2000), rolling,
                same_backgrounds),
            Job("whole job with features, 4,040 frames", "job", cells, whole, same_events,
                "whole/events.rtdc")]


# Rival, target of the speed-up.
TARGETS = {"sparse": 10, "rolling": 50, "job": 15}
DECODE_TARGET = 0.7


def decode_share(job, bare, what, target):
    share = job.median(bare) / job.median("Parfocal")
    return [f"{job.title}: of the speed of reading and decompressing alone{what}", target,
            f"{share:.0%}", f"{job.least(bare) / job.least('Parfocal'):.0%}",
            verdict(share, DECODE_TARGET) if target else ""]


def claims(done):
    rows = []
    for job in done:
        factor = job.median("dcnum") / job.median("Parfocal")
        least = job.least("dcnum") / job.least("Parfocal")
        target = TARGETS[job.rival]
        rows.append([f"{job.title}: faster than dcnum", f">= {target} x", f"{factor:.1f} x",
                     f"{least:.1f} x", verdict(factor, target)])
        own, rival = job.peak("Parfocal"), job.peak("dcnum")
        rows.append([f"{job.title}: peak memory below dcnum's", f"< {rival:.0f} MiB",
                     f"{own:.0f} MiB", "", verdict(own, rival, False)])
        rows.append([f"{job.title}: peak memory within the plan", f"<= {job.planned_mib:.0f} MiB",
                     f"{own:.0f} MiB", "", verdict(own, job.planned_mib, False)])
        if job.rival == "sparse":
            rows += [decode_share(job, "bare decode", "", f">= {DECODE_TARGET:.0%}"),
                     decode_share(job, "its command", ", start and end of the program counted", "")]
    return table(["", "target", "medians", "least of each", ""], rows)


def measurements(done):
    rows = []
    for job in done:
        for who, runs in job.runs.items():
            if not runs:
                continue
            seconds = sorted(r[0] for r in runs)
            wrong = job.differs if who == "dcnum" else ""
            rows.append([job.title, who, f"does not count: {wrong}" if wrong else
                         f"{statistics.median(seconds):.2f}", f"{seconds[0]:.2f}",
                         f"{quartile_range(seconds):.2f}",
                         f"{max(r[1] for r in runs):.0f}" if runs[0][1] else "",
                         f"{statistics.median(r[2] for r in runs):.2f}" if runs[0][2] else "",
                         str(len(runs))])
    return table(["", "by", "s", "least", "IQR", "peak MiB", "CPU s", "runs"], rows)


PAGE = """# Results: flow cytometry

{facts}
{claims}
Two processes or threads each, warm page cache. Ours is the whole command from its start to its end;
dcnum's time starts when everything is imported and its worker processes are up. Memory is the peak
of the proportional shares of all processes of a contender, sampled every 20 ms. "bare decode" reads
and decompresses every chunk of the images on all processors and does nothing with them; its time
starts when its program is up, while ours counts loading and ending the program, about 15 ms. "its
command" is the same run from its start to its end, as ours is counted.

{measurements}
"""


def main():
    binaries, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    about = machine(("numpy", "h5py", "hdf5plugin", "dcnum", "numba"))
    with tempfile.TemporaryDirectory(prefix="parfocal-bench-") as work:
        done = jobs(work)
        for job in done:
            for number in range(1 if job.rival == "rolling" else ROUNDS):
                job.round(binaries, work, number)
            print(f"{job.title}: done", file=sys.stderr)
    about["load_after"] = os.getloadavg()
    text = PAGE.format(facts=report.facts(about), claims=claims(done), measurements=measurements(done))
    with open(page, "w") as f:
        f.write(text)
    print(text)
    wrong = [f"{job.title}: {job.differs}" for job in done if job.differs]
    return f"no time counts for: {'; '.join(wrong)}" if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
