"""Kills writers of Zarr at random moments and counts what of the acknowledged frames can be read.

    kill_writers.py [--writer acquire-zarr] [--writer parfocal] [--bin BIN_DIR] [--kills 25]
                    [--seed 1] [--page PAGE.md]

A writer is a process that appends frames which tell their number in every pixel, and writes the
number to OUT.receipts when a frame was acknowledged. It gets SIGKILL at a random moment after its
first receipt. Ours (BIN_DIR/zarr_write_probe) is followed by `parfocal recover OUT`; acquire-zarr
has nothing of the kind. Then every acknowledged frame is read by tensorstore and by zarr-python;
it counts as readable if either gives its pixels. Exits 1 if we lost one, or more than the queue
holds of those that were acknowledged as `queued`.
"""

import argparse
import dataclasses
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import numpy as np
import tensorstore
import zarr

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "benchmarks"))

from numbered import numbered_frame  # noqa: E402
from report import table  # noqa: E402
from store_cases import tiled  # noqa: E402

BURST_SECONDS, RATED_SECONDS = 0.6, 4.5  # the last moment of a kill
QUEUE_FRAMES = 10  # that our probe has in memory: 8, and one for each of two threads
CASES = [
    tiled("as fast as it takes them, 64 frames a shard", 1024, 100000, 256, 1, 4, 64),
    tiled("33 frames/s, 64 frames a shard", 1024, 1000, 256, 1, 4, 64, rate=33),
    tiled("33 frames/s, 16 frames a shard, pyramid", 1024, 1000, 256, 1, 4, 16, rate=33, levels=3),
    tiled("33 frames/s, 16 frames a chunk, LZ4", 1024, 1000, 256, 16, 4, 1, rate=33, codec="lz4"),
]


class AcquireZarr:
    name = "acquire-zarr"

    def command(self, case, out):
        return [sys.executable, str(HERE / "acquire_zarr_probe.py"),
                json.dumps(dataclasses.asdict(case)), str(out)]

    def recover(self, out):
        return 0.0


class Parfocal:
    def __init__(self, binaries, ack):
        self.binaries, self.ack, self.name = binaries, ack, f"Parfocal, {ack}"

    def command(self, case, out):
        options = {"frames": case.frames, "height": case.side, "width": case.side,
                   "chunk": ",".join(map(str, case.chunk)), "shard": ",".join(map(str, case.shard)),
                   "codec": case.codec, "levels": case.levels, "ack": self.ack, "rate": case.rate}
        words = [self.binaries / "zarr_write_probe", out, f"{out}.receipts"]
        for name, value in options.items():
            words += [f"--{name}", value]
        return [str(word) for word in words]

    def recover(self, out):
        start = time.monotonic()
        subprocess.run([self.binaries / "parfocal", "recover", out], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - start


@dataclasses.dataclass
class Kill:
    """What was left of one run."""

    acknowledged: int
    lost: int
    wrong: int  # frames of the array, not known to be missing, that read as other pixels
    opens: bool  # as an image of OME-Zarr: with the metadata that names its levels
    recover_seconds: float


def kill_at_random(writer, case, out, draw):
    """Runs the writer until it is killed; returns the acknowledged numbers."""
    receipts = pathlib.Path(f"{out}.receipts")
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(writer.command(case, out), stdout=subprocess.DEVNULL,
                                   stderr=errors)
        try:
            while not (receipts.exists() and receipts.stat().st_size):
                time.sleep(0.001)
                if process.poll() is not None:
                    errors.seek(0)
                    raise RuntimeError(f"{process.args}: {errors.read().decode()}")
            time.sleep(draw.uniform(0, RATED_SECONDS if case.rate else BURST_SECONDS))
            if process.poll() is not None:
                raise RuntimeError(f"{writer.name} ended before it was killed: {process.args}")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return np.fromfile(receipts, "<u8")


def opened(out):
    """How to read one frame, by each reader that can open the array; and its number of frames."""
    reads, frames = [], 0
    try:
        array = tensorstore.open({"driver": "zarr3", "kvstore": f"file://{out}/0/"},
                                 read=True).result()
        reads.append(lambda number: array[number].read().result())
        frames = array.shape[0]
    except ValueError:
        pass
    try:
        other = zarr.open_array(out / "0", mode="r", zarr_format=3)
        reads.append(lambda number: other[number])
        frames = max(frames, other.shape[0])
    except (FileNotFoundError, ValueError):
        pass
    return reads, frames


def judge(number, side, reads):
    """"readable", "wrong" (read without an error as other pixels) or "unreadable"."""
    wanted, verdict = numbered_frame(number, side), "unreadable"
    for read in reads:
        try:
            pixels = read(number)
        except Exception:  # each reader has its own errors for a torn shard
            continue
        if np.array_equal(pixels, wanted):
            return "readable"
        verdict = "wrong"
    return verdict


def opens_as_image(out):
    try:
        attributes = json.loads((out / "zarr.json").read_text())["attributes"]
        return attributes["ome"]["multiscales"][0]["datasets"][0]["path"] == "0"
    except (OSError, ValueError, LookupError):
        return False


def known_missing(out):
    """Frames that the store itself says are missing: 0 in the column `valid`."""
    try:
        valid = zarr.open_array(out / "frames/valid", mode="r", zarr_format=3)[...]
    except (FileNotFoundError, ValueError):
        return set()
    return set(np.flatnonzero(valid == 0))


def examine(out, side, acknowledged, recover_seconds):
    reads, frames = opened(out)
    inside = {n: judge(n, side, reads) for n in range(frames)}
    lost = sum(inside.get(int(n)) != "readable" for n in acknowledged)
    missing = known_missing(out)
    wrong = sum(verdict == "wrong" and n not in missing for n, verdict in inside.items())
    return Kill(len(acknowledged), lost, wrong, opens_as_image(out), recover_seconds)


def run(writer, case, kills, seed):
    draw, found = random.Random(seed), []
    for _ in range(kills):
        with tempfile.TemporaryDirectory(prefix="parfocal-kill-") as work:
            out = pathlib.Path(work) / "out.ome.zarr"
            acknowledged = kill_at_random(writer, case, out, draw)
            found.append(examine(out, case.side, acknowledged, writer.recover(out)))
            shutil.rmtree(out, ignore_errors=True)
    print(f"{case.title}, {writer.name}: done", file=sys.stderr)
    return found


def row(case, writer, found):
    acknowledged, lost = (sum(getattr(k, key) for k in found) for key in ("acknowledged", "lost"))
    slowest = max(k.recover_seconds for k in found)
    return [case.title, writer.name, str(len(found)), str(acknowledged), str(lost),
            f"{lost / acknowledged:.1%}", str(sum(k.lost > 0 for k in found)),
            str(max(k.lost for k in found)), str(sum(k.wrong for k in found)),
            str(sum(k.opens for k in found)), f"{slowest:.2f}" if slowest else ""]


HEADER = ["1024 x 1024 uint16", "by", "kills", "acknowledged", "lost", "", "kills that lost some",
          "most in one", "read as other pixels", "opens as OME-Zarr", "s to recover, at most"]


def page(rows, seed):
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in (
        "acquire-zarr", "tensorstore", "zarr"))
    return f"""# Results: writers that are killed

Written by `tests/crash/kill_writers.py`; do not edit. {versions}; seed {seed}.

A process appends frames and notes the number of each when it was acknowledged: when acquire-zarr's
`append` has returned, when we acknowledge at the level named. It gets SIGKILL at a random moment up
to {RATED_SECONDS} s ({BURST_SECONDS} s where it writes as fast as it can) after the first
acknowledgement. Then `parfocal recover` runs on our store; acquire-zarr has no such tool. What we
acknowledge as `queued` is in memory: at most {QUEUE_FRAMES} frames may be lost at once. A frame
is lost if neither tensorstore nor zarr-python reads its pixels. "read as other pixels": frames
within the array's shape that read without an error as something else, and of which no
`frames/valid` says that they are missing. "opens as OME-Zarr": kills after which the group's
metadata is there.

{table(HEADER, rows)}"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writer", action="append", choices=("acquire-zarr", "parfocal"))
    parser.add_argument("--bin", type=pathlib.Path, default=HERE.parents[1] / "build/release/bin")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=pathlib.Path)
    return parser.parse_args()


def main():
    args = arguments()
    names = args.writer or ["acquire-zarr", "parfocal"]
    writers = [AcquireZarr()] if "acquire-zarr" in names else []
    if "parfocal" in names:
        writers += [Parfocal(args.bin.resolve(), ack) for ack in ("queued", "kernel", "durable")]
    rows, own_losses = [], 0
    for case in CASES:
        for writer in writers:
            found = run(writer, case, args.kills, args.seed)
            rows.append(row(case, writer, found))
            if isinstance(writer, Parfocal):
                most = QUEUE_FRAMES if writer.ack == "queued" else 0
                own_losses += sum(max(0, kill.lost - most) + kill.wrong for kill in found)
    text = page(rows, args.seed)
    if args.page:
        args.page.write_text(text)
    print(text)
    return 1 if own_losses else 0


if __name__ == "__main__":
    sys.exit(main())
