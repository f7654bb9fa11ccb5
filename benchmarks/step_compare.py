"""Runs single steps beside those of other libraries and writes the page of results.

    step_compare.py BIN_DIR RESULTS.md [--quick]

Each runs in a process of its own, one thread, on the same frame in memory, once a round, the order
rotating. A time counts only if the pixels are ours: all of them, but for OpenCV those that do not
see its other border."""

import json
import os
import statistics
import sys
import tempfile

import numpy as np

import report
from compare import Child, machine

RIVAL = os.path.join(os.path.dirname(__file__), "step_rival.py")
QUICK = "--quick" in sys.argv
ROUNDS, SIDE = (2, 256) if QUICK else (3, 2048)
NOISE, OBJECTS = "noise", "objects"


def median(size, dtype, rivals, targets=()):
    return {"op": "median", "size": size}, dtype, NOISE, rivals, dict(targets)


def of_mask(step, rival):
    return step, "bool", OBJECTS, (rival,), {}


# Step, dtype, what is in the frame, rivals, times as fast as each that we aim at. OpenCV has no
# medians of float32 or uint16 above 5.
CASES = [median(3, "uint8", ("OpenCV", "SciPy")), median(3, "uint16", ("OpenCV", "SciPy")),
         median(5, "uint8", ("OpenCV", "SciPy"), {"OpenCV": 1, "SciPy": 20}),
         median(5, "uint16", ("OpenCV", "SciPy"), {"OpenCV": 1, "SciPy": 20}),
         median(5, "float32", ("OpenCV", "SciPy")), median(7, "uint8", ("OpenCV", "SciPy")),
         median(15, "uint8", ("OpenCV",)),
         of_mask({"op": "fill_holes"}, "SciPy"), of_mask({"op": "clear_border"}, "scikit-image"),
         of_mask({"op": "remove_small", "min_size": 50}, "scikit-image"),
         of_mask({"op": "invert"}, "scikit-image")]


def frame_of(kind, dtype):
    random = np.random.default_rng(1)
    if kind == NOISE:
        photons = 400 + random.poisson(60, (SIDE, SIDE)) * 3
        return np.clip(photons // (8 if dtype == "uint8" else 1), 0, None).astype(dtype)
    y, x = np.mgrid[:SIDE, :SIDE]
    waves = np.sin(x / 9) * np.sin(y / 11) + 0.4 * random.standard_normal((SIDE, SIDE))
    return waves > 0.3


def command(name, binaries, step, dtype, frame, runs, out):
    if name == "Parfocal":
        words = ", ".join(f"{key}: {value}" for key, value in step.items())
        return [os.path.join(binaries, "step_bench"), f"{{{words}}}", dtype, str(SIDE), frame,
                str(runs), out]
    return [sys.executable, "-W", "ignore", RIVAL, name, json.dumps(step), dtype, str(SIDE), frame,
            str(runs), out]


def same(ours, theirs, step, rival):
    inside = step.get("size", 0) // 2 if rival == "OpenCV" else 0
    shape = np.s_[inside:SIDE - inside, inside:SIDE - inside]
    return np.array_equal(ours[shape], theirs[shape])


def compare(case, binaries, work):
    """{name: (median seconds, least, peak MiB, whether its pixels are ours)}"""
    step, dtype, kind, rivals, _ = case
    frame = os.path.join(work, "frame.raw")
    frame_of(kind, dtype).tofile(frame)
    names, ends = ["Parfocal", *rivals], {}
    for round_ in range(ROUNDS):
        turn = round_ % len(names)
        for name in names[turn:] + names[:turn]:
            runs = 1 if name != "Parfocal" and name != "OpenCV" else 8
            out = os.path.join(work, f"{name}.raw")
            ends.setdefault(name, []).append(
                Child(command(name, binaries, step, dtype, frame, runs, out), False).end())
    pixels = {name: np.fromfile(os.path.join(work, f"{name}.raw"), dtype).reshape(SIDE, SIDE)
              for name in names}
    return {name: (statistics.median(e["seconds"] for e in runs), min(e["seconds"] for e in runs),
                   max(e["peak_mb"] for e in runs),
                   same(pixels["Parfocal"], pixels[name], step, name))
            for name, runs in ends.items()}


def title(step, dtype):
    rest = ", ".join(f"{key} {value}" for key, value in step.items() if key != "op")
    return f"{step['op']}{' ' + rest if rest else ''}, {dtype}"


def page(about, done):
    rows, claims = [], []
    for (step, dtype, _, rivals, targets), found in done:
        ours = found["Parfocal"]
        rows.append([title(step, dtype), "**Parfocal**", f"{1000 * ours[0]:.2f}",
                     f"{1000 * ours[1]:.2f}", f"{ours[2]:.0f}", "1.00"])
        for rival in rivals:
            took, least, peak, equal = found[rival]
            factor = took / ours[0]
            rows.append(["", rival, f"{1000 * took:.2f}", f"{1000 * least:.2f}", f"{peak:.0f}",
                         f"{factor:.2f}" if equal else "other pixels"])
            if rival in targets:
                claims.append([f"{title(step, dtype)}: as fast as {rival}", f">= {targets[rival]} x",
                               f"{factor:.2f} x", f"{least / ours[1]:.2f} x",
                               report.verdict(factor, targets[rival])])
    return f"""# Results: single steps

{report.facts(about)}
{report.table(["", "target", "medians", "least of each", ""], claims)}
One frame of {SIDE} x {SIDE} in memory, one thread; {ROUNDS} processes each, one a round, the order rotating, each
after a run to warm up. Medians are of photon noise, the other steps of a mask with some ten thousand
objects. A factor above 1 is slower than we are. Memory is that of the whole process, with the
libraries of Python where it is one.

{report.table(["", "by", "ms", "least", "peak MiB", "x ours"], rows)}"""


def main():
    binaries, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    about = machine(("numpy", "scipy", "scikit-image", "opencv-python-headless"))
    with tempfile.TemporaryDirectory(prefix="parfocal-bench-") as work:
        done = [(case, compare(case, binaries, work)) for case in CASES]
    about["load_after"] = os.getloadavg()
    text = page(about, done)
    with open(path, "w") as f:
        f.write(text)
    print(text)
    wrong = [f"{title(case[0], case[1])}, {name}" for case, found in done
             for name, (*_, equal) in found.items() if not equal]
    return f"no time counts for: {'; '.join(wrong)}" if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
