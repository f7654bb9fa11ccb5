"""Writes camera frames to Zarr by us and by others, and writes the page of results.

    store_compare.py BIN_DIR RESULTS.md [--quick] [--rounds N] [--only 'A TITLE|WORDS OF ONE']

Every contender runs once a round in a process of its own, the order rotating. Before each run the
disk has taken what was written before, and memory has been touched (see `warm_memory`). What each
contender wrote first is read back by tensorstore and compared with the frames; a time counts only
if they are equal. Our own bench is left out where BIN_DIR has no zarr_write_bench.

A line of JSON is expected of each: seconds_append (creation to the last frame taken),
seconds_close (what closing took after that), bytes, latencies_ms {p50, p99, p999, max},
peak_rss_bytes, cpu_seconds.
"""

import dataclasses
import json
import mmap
import os
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import tensorstore

import store_report
from compare import Child, machine
from store_cases import CASES, RING_FRAMES, Rings

RIVAL = os.path.join(os.path.dirname(__file__), "store_rival.py")
OURS = "zarr_write_bench"
QUICK = "--quick" in sys.argv
ROUNDS = (int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv
          else 1 if QUICK else 3)
WARM_BYTES = 1 << 30


def warm_memory():
    """Touches memory and gives it back; returns the seconds. A virtual machine that hands free
    memory to its host is slow to get it again, which would be charged to whoever runs first."""
    start = time.perf_counter()
    with mmap.mmap(-1, WARM_BYTES) as memory:
        for at in range(0, WARM_BYTES, mmap.PAGESIZE):
            memory[at] = 1
    return time.perf_counter() - start


class Contender:
    """One way to write one case, with its runs."""

    def __init__(self, name, command):
        self.name, self.command = name, command
        self.runs, self.differs, self.codecs, self.disk_bytes = [], "", "", 0

    def run(self, case, rings, out):
        os.sync()
        self.warm_seconds = warm_memory()
        self.runs.append(Child(self.command(case, rings.file(case), out), False).end())
        if len(self.runs) == 1:
            self.disk_bytes = bytes_below(out)
            if os.path.isdir(out):
                self.differs = differs(out, case, rings.ring(case))
                self.codecs = codecs_of(out)
        put_away(out)

    def median(self, value):
        return statistics.median(value(run) for run in self.runs)


def bytes_below(out):
    paths = [out] if os.path.isfile(out) else [p for p in pathlib.Path(out).rglob("*")]
    return sum(os.stat(p).st_size for p in paths if os.path.isfile(p))


def put_away(out):
    """Empties the files, and leaves them until the end: ext4 avoids inodes that were deleted in the
    last minutes, and looking for others would be charged to who makes many files next."""
    put_away.count += 1
    away = f"{out}.{put_away.count}"
    os.rename(out, away)
    for path in [away] if os.path.isfile(away) else pathlib.Path(away).rglob("*"):
        if os.path.isfile(path):
            os.truncate(path, 0)


put_away.count = 0


def level_path(out, level):
    return os.path.join(out, str(level))


def open_level(out, level):
    return tensorstore.open({"driver": "zarr3", "kvstore": f"file://{level_path(out, level)}/"},
                            read=True).result()


def differs(out, case, ring):
    """Why the stored frames are not those of the ring, or nothing."""
    levels = [open_level(out, level) for level in range(case.levels)]
    if levels[0].shape != case.shape:
        return f"shape {levels[0].shape}"
    for index, first, last in case.blocks():
        wanted = ring[np.arange(first, last) % len(ring)]
        for level, array in enumerate(levels):
            found = array[index].read().result()
            if level == 0 and not np.array_equal(found, wanted):
                return f"other pixels between frames {first} and {last}"
            if level > 0:
                y, x = 2 * found.shape[1], 2 * found.shape[2]
                mean = wanted.reshape(len(wanted), y // 2, 2, x // 2, 2).mean(axis=(2, 4))
                if np.abs(found - mean).max() > 1:  # roundings differ
                    return f"level {level} is not the mean of the level below"
            wanted = found
    return ""


def codecs_of(out):
    """The inner codecs as stored: e.g. "blosc lz4 1 shuffle"."""
    with open(os.path.join(level_path(out, 0), "zarr.json")) as f:
        codecs = json.load(f)["codecs"]
    sharded = codecs[0]["name"] == "sharding_indexed"
    inner = codecs[0]["configuration"]["codecs"] if sharded else codecs
    words = []
    for codec in inner[1:]:
        options = codec.get("configuration", {})
        words.append(" ".join(str(v) for v in (
            codec["name"], options.get("cname", ""),
            options.get("clevel", options.get("level", "")), options.get("shuffle", ""))
            if v != ""))
    return ("" if sharded else "not sharded, ") + (" + ".join(words) or "none")


def ours(binaries, ack):
    def command(case, ring, out):
        words = [os.path.join(binaries, OURS), out, "--frames", case.frames, "--size", case.side,
                 case.side, "--dtype", "uint16", "--chunk", *case.chunk, "--shard", *case.shard,
                 "--codec", case.codec, "--levels", case.levels, "--ack", ack, "--data", ring,
                 "--ring", RING_FRAMES, "--format", "sharded"]
        words += ["--rate", case.rate] if case.rate else []
        words += ["--planes", case.planes] if case.planes else []
        return [str(w) for w in words]

    return Contender(f"Parfocal, {ack}", command)


def rival(name):
    return Contender(name, lambda case, ring, out: [
        sys.executable, "-W", "ignore", RIVAL, name, json.dumps(dataclasses.asdict(case)), out,
        ring])


def raw(binaries, how, threads):
    return Contender(f"raw, {how}", lambda case, ring, out: [
        os.path.join(binaries, "raw_write_bench"), out, str(case.frames), str(case.frame_bytes),
        ring, str(RING_FRAMES), how, str(threads)])


def contenders(case, binaries):
    rows = [rival("acquire-zarr")]
    if os.path.exists(os.path.join(binaries, OURS)):
        rows += [ours(binaries, ack) for ack in case.acks]
    if case.levels == 1 and not case.planes:  # tensorstore makes no pyramid while it writes
        rows.append(rival("tensorstore"))
    if not case.rate:
        under_way = os.cpu_count() + 2  # as in our writer
        rows += [raw(binaries, "direct", under_way), raw(binaries, "durable", under_way),
                 raw(binaries, "buffered", 1)]
    return rows


def compare(case, binaries, rings, work):
    rows = contenders(case, binaries)
    for round_ in range(ROUNDS):
        turn = round_ % len(rows)
        for row in rows[turn:] + rows[:turn]:
            row.run(case, rings, os.path.join(work, "out"))
    print(f"{case.title}: done", file=sys.stderr)
    return rows


def main():
    binaries, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    cases = [case.smaller(8) if QUICK else case for case in CASES if any(words in case.title for words in only.split("|"))]
    about = machine(("numpy", "acquire-zarr", "tensorstore"))
    with tempfile.TemporaryDirectory(prefix="parfocal-bench-") as work:
        rings = Rings(work)
        done = [(case, compare(case, binaries, rings, work)) for case in cases]
    about["load_after"] = os.getloadavg()
    text = store_report.page({**about, "ring_frames": RING_FRAMES}, done, ROUNDS, WARM_BYTES)
    with open(page, "w") as f:
        f.write(text)
    print(text)
    wrong = [f"{case.title}, {row.name}: {row.differs}" for case, rows in done for row in rows
             if row.differs]
    return f"no time counts for: {'; '.join(wrong)}" if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
