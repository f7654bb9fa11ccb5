"""Runs the lesson beside scripts of other libraries and writes the page of results.

    lesson_compare.py BIN_DIR RESULTS.md [--quick]

All times are of whole commands, from the shell's point of view: start-up, imports, reading, computing
and tables. Each contender runs once a round, in turn. A time counts only if the counts are ours, but for
OpenCV's: its median sees another border; how many images it counts otherwise is told.
"""

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import tifffile
from PIL import Image

from compare import machine
from process_tree import PeakMemory
from report import facts, table, verdict

RIVAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lesson_rival.py")
QUICK = "--quick" in sys.argv
ROUNDS, IMAGES, SIDE, JPEGS, SMALL = (1, 40, 256, 40, 30) if QUICK else (3, 1000, 512, 844, 30)
PROCESSORS = 2

STEPS = """parfocal: 1
source: {type: files, glob: "%s/*.tif", channel: red}
steps:
  - {op: median, size: 3}
  - {op: threshold, method: otsu}
  - {op: open, footprint: disk(3)}
  - {id: cells, op: label}
  - {id: number, op: count, from: cells}
"""
LESSON = STEPS + """sinks:
  - {type: table, from: number, path: count.csv}
"""
MEAN = """parfocal: 1
source: {type: files, glob: "%s/*.jpg"}
steps:
  - {id: mean, op: reduce, over: t, how: mean}
sinks:
  - {type: ome_zarr, from: mean, path: mean.ome.zarr}
"""
SMALL_LESSON = STEPS + """sinks:
  - {type: picture, from: cells, path: cells}
  - {type: report, path: report.html}
"""


def colour_image(random, side):
    """Round bright cells in red, others in green, noise in all."""
    y, x = np.mgrid[:side, :side]
    image = random.poisson(18, (side, side, 3)).astype(np.float64)
    for channel, cells in ((0, 40), (1, 25)):
        for _ in range(cells * side * side // 512 ** 2):
            at, radius = random.uniform(0, side, 2), random.uniform(6, 14)
            box = tuple(slice(max(0, int(a - 20)), int(a + 20)) for a in at)
            inside = (y[box] - at[0]) ** 2 + (x[box] - at[1]) ** 2 < radius ** 2
            image[(*box, channel)] += inside * random.uniform(80, 160)
    return np.clip(image, 0, 255).astype(np.uint8)


def make_images(work):
    """Of a few dozen different images, as many files as are wanted."""
    random = np.random.default_rng(1)
    images = [colour_image(random, SIDE) for _ in range(20)]
    for folder in ("colour", "jpeg", "small"):
        os.mkdir(os.path.join(work, folder))
    for i in range(IMAGES):
        tifffile.imwrite(os.path.join(work, "colour", f"image{i:04}.tif"), images[i % 20],
                         photometric="rgb")
    large = [np.tile(image, (2, 2, 1))[:2 * SIDE * 3 // 4] for image in images]
    for i in range(JPEGS):
        Image.fromarray(large[i % 20]).save(os.path.join(work, "jpeg", f"image{i:04}.jpg"), quality=90)
    for i in range(SMALL):
        tifffile.imwrite(os.path.join(work, "small", f"image{i:02}.tif"),
                         np.ascontiguousarray(images[i % 20][:200, :200]), photometric="rgb")


class Contender:
    def __init__(self, name, command):
        self.name, self.command, self.runs = name, command, []

    def run(self, work):
        shutil.rmtree(os.path.join(work, "out"), ignore_errors=True)
        start = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work)
        with PeakMemory(process.pid) as memory:
            output, errors = process.communicate()
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise RuntimeError(f"{self.command[:8]}: {output.decode()}{errors.decode()}")
        self.runs.append((seconds, memory.mib))
        return output

    def median(self):
        return statistics.median(seconds for seconds, _ in self.runs)

    def least(self):
        return min(seconds for seconds, _ in self.runs)

    def peak(self):
        return max(mib for _, mib in self.runs)


def files_in(work, folder):
    return sorted(os.path.join(work, folder, name) for name in os.listdir(os.path.join(work, folder)))


def own(binaries, work, name, text):
    with open(os.path.join(work, f"{name}.yaml"), "w") as file:
        file.write(text)
    return Contender("Parfocal", [os.path.join(binaries, "parfocal"), "run", f"{name}.yaml", "--out", "out",
                                  "--threads", str(PROCESSORS), "--progress", "none"])


def rival(name, job, library, out, files):
    return Contender(name, [sys.executable, "-W", "ignore", RIVAL, job, library, str(PROCESSORS), out, *files])


def rounds(work, contenders, after):
    for number in range(ROUNDS):
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            output = contender.run(work)
            after(contender, output)


def counts_of(path):
    with open(path, newline="") as file:
        return [int(row["count"]) for row in csv.DictReader(file)]


def lesson(binaries, work):
    """Contenders, and how many images each counts otherwise than we do."""
    files = files_in(work, "colour")
    contenders = [own(binaries, work, "lesson", LESSON % "colour"),
                  rival("scikit-image", "count", "skimage", "skimage.csv", files),
                  rival("OpenCV", "count", "opencv", "opencv.csv", files)]
    counts = {}

    def after(contender, _):
        path = {"Parfocal": "out/frames.csv", "scikit-image": "skimage.csv", "OpenCV": "opencv.csv"}[contender.name]
        counts[contender.name] = counts_of(os.path.join(work, path))

    rounds(work, contenders, after)
    ours = counts["Parfocal"]
    return contenders, {name: sum(a != b for a, b in zip(ours, theirs, strict=True))
                        for name, theirs in counts.items()}


def mean(binaries, work):
    """Contenders, how far the means of Pillow and ours are apart, and seconds of the bare decode."""
    files, bare = files_in(work, "jpeg"), []
    decode = Contender("bare decode", [os.path.join(binaries, "jpeg_decode_bench"), str(PROCESSORS), *files])
    contenders = [own(binaries, work, "mean", MEAN % "jpeg"), decode,
                  rival("Pillow, NumPy", "mean", "pillow", "mean.npy", files)]

    def after(contender, output):
        if contender is decode:
            bare.append(json.loads(output)["seconds"])
        elif contender.name == "Parfocal":
            import zarr
            ours.append(np.asarray(zarr.open_group(os.path.join(work, "out/mean.ome.zarr"), mode="r")["0"]))

    ours = []
    rounds(work, contenders, after)
    theirs = np.load(os.path.join(work, "mean.npy")).transpose(2, 0, 1)
    return contenders, float(np.abs(ours[-1] - theirs).max()), statistics.median(bare)


def rows_of(contenders):
    ours = contenders[0]
    return [[f"**{c.name}**" if c is ours else c.name, f"{c.median():.2f}", f"{c.least():.2f}", f"{c.peak():.0f}",
             f"{c.median() / ours.median():.2f}"] for c in contenders]


def page(about, counted, otherwise, averaged, far, bare, small):
    ours, skimage, opencv = (c.median() for c in counted)
    factor = averaged[0].median() / bare
    claims = [["the lesson beside scikit-image", ">= 20 x", f"{skimage / ours:.1f} x", verdict(skimage / ours, 20)],
              ["the lesson beside OpenCV", ">= 3 x", f"{opencv / ours:.1f} x", verdict(opencv / ours, 3)],
              [f"mean of {JPEGS} JPEGs beside the bare decode", "<= 1.2 x", f"{factor:.2f} x", verdict(factor, 1.2, False)],
              [f"{SMALL} small images with pictures and report", "< 1 s", f"{small.median():.2f} s", verdict(small.median(), 1, False)]]
    header = ["", "s", "least", "peak MiB", "x ours"]
    return f"""# Results: the lesson

{facts(about)}
{table(["", "target", "medians", ""], claims)}
Whole commands from start to end, {PROCESSORS} processors each, {ROUNDS} rounds, the order rotating. Rivals spread the
images over {PROCESSORS} processes. Memory is that of all processes, what they share counted once.

## Counting cells in {IMAGES} colour images of {SIDE} x {SIDE}

The red channel of each RGB TIFF, median 3 x 3, Otsu, opening by disk(3), labels, one count an image as a table.
scikit-image counts {otherwise["scikit-image"]} images otherwise than we do; OpenCV {otherwise["OpenCV"]}, since its median sees another border.

{table(header, rows_of(counted))}
## The mean of {JPEGS} colour JPEGs of {SIDE * 3 // 2} x {2 * SIDE}

Mean over all images, per pixel and colour. Pillow's and ours are {far:.1e} grey levels apart at most. The bare decode is
libjpeg alone on as many threads, in {bare:.2f} s without its start.

{table(header, rows_of(averaged))}"""


def main():
    binaries, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    about = machine(("numpy", "scipy", "scikit-image", "opencv-python-headless", "tifffile", "pillow"))
    with tempfile.TemporaryDirectory(prefix="parfocal-bench-") as work:
        make_images(work)
        counted, otherwise = lesson(binaries, work)
        averaged, far, bare = mean(binaries, work)
        small = own(binaries, work, "small", SMALL_LESSON % "small")
        for _ in range(ROUNDS + 2):
            small.run(work)
    about["load_after"] = os.getloadavg()
    text = page(about, counted, otherwise, averaged, far, bare, small)
    with open(path, "w") as f:
        f.write(text)
    print(text)
    return "scikit-image counts otherwise" if otherwise["scikit-image"] else 0


if __name__ == "__main__":
    sys.exit(main())
