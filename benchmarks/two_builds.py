"""Two builds of the command beside each other, in turn, on the same inputs: is the newer one slower?

    two_builds.py OLD/bin/parfocal NEW/bin/parfocal [--pairs 40] [--only count,store,flow] [--work DIR]

Prints, for each job, least and median wall time and CPU time of both, and the ratio new / old with a
95 % interval (bootstrap over pairs). Which of the two goes first changes from pair to pair. Run count
and store with the Python of .venv, flow with that of .venv-rtdc.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/rtdc"))

COUNT = """parfocal: 1
source: {type: files, glob: "%s/*.tif"}
steps:
  - {op: gaussian, sigma: 1 px}
  - {op: threshold, method: otsu}
  - {op: label, id: objects}
  - {op: measure, id: cells, intensity: source}
sinks: [{type: table, from: cells, path: cells.csv}]
"""
STORE = """parfocal: 1
source: {type: generator, kind: counter, size: {t: %d, y: 2048, x: 2048}, dtype: uint16}
sinks: [{type: ome_zarr, from: source, path: s.ome.zarr, codec: none, levels: 1}]
"""


def make_count(old, work):
    movie = work / "movie"
    movie.mkdir()
    text = ("parfocal: 1\nsource: {type: generator, kind: nuclei, size: {t: 40, y: 1024, x: 1024}, dtype: uint16}\n"
            "sinks: [{type: ome_tiff, from: source, path: m.ome.tif}]\n")
    (work / "make.yaml").write_text(text)
    subprocess.run([old, "run", work / "make.yaml", "--out", work / "made", "--progress", "none"], check=True,
                   capture_output=True)
    import tifffile
    for t, plane in enumerate(tifffile.imread(work / "made/m.ome.tif")):
        tifffile.imwrite(movie / f"t{t:03}.tif", plane, compression="zlib")
    (work / "count.yaml").write_text(COUNT % movie)
    return ["run", work / "count.yaml", "--out"]


def make_store(_, work):
    (work / "store.yaml").write_text(STORE % 96)  # 768 MiB
    return ["run", work / "store.yaml", "--out"]


def make_flow(_, work):
    from support import F23, repeated
    cells = repeated(F23, work / "cells.rtdc", 101)
    return ["run", HERE.parent / "examples/flow-cytometry.yaml", "--set", f"source.path={cells}", "--out"]


JOBS = {"count": make_count, "store": make_store, "flow": make_flow}


def once(command, words, out):
    """(seconds, CPU seconds) of one run into a place that is not there."""
    shutil.rmtree(out, ignore_errors=True)
    before = os.times()
    start = time.perf_counter()
    done = subprocess.run([command, *map(str, words), str(out), "--threads", "2"], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    after = os.times()
    if done.returncode:
        sys.exit(f"{done.args}: {done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, cpu


def interval(old, new):
    """Ratio of least times, of medians, and the interval of the median of the pairs' ratios."""
    ratios = new / old
    draws = np.random.default_rng(1).choice(ratios, (2000, len(ratios)))
    low, high = np.quantile(np.median(draws, 1), [0.025, 0.975])
    return f"least {new.min() / old.min():.3f}, median of pairs {np.median(ratios):.3f} [{low:.3f}, {high:.3f}]"


def compare(name, builds, words, work, pairs):
    seen = {build: [] for build in builds}
    for build in builds:
        once(build, words, work / "out")  # warm
    for pair in range(pairs):
        for build in builds if pair % 2 else reversed(builds):
            seen[build].append(once(build, words, work / "out"))
    old, new = (np.array(seen[build]) for build in builds)
    for column, what in enumerate(("wall", "CPU")):
        print(f"{name}, {what}: old {old[:, column].min():.3f} s, new {new[:, column].min():.3f} s; "
              f"new / old {interval(old[:, column], new[:, column])}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--only", default=",".join(JOBS))
    parser.add_argument("--work", type=pathlib.Path)
    options = parser.parse_args()
    builds = [str(pathlib.Path(p).resolve()) for p in (options.old, options.new)]
    for name in options.only.split(","):
        work = pathlib.Path(tempfile.mkdtemp(dir=options.work))
        try:
            compare(name, builds, JOBS[name](builds[0], work), work, options.pairs)
        finally:
            shutil.rmtree(work)


main()
