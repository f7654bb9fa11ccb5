"""Stops a run at a moment and compares what it left with the run that was never stopped."""

import json
import pathlib
import signal
import time

import numpy as np

from outputs import frames, gaps, image, table

PIPELINE = """\
parfocal: 1
source: {{type: generator, kind: nuclei, size: {{t: {frames}, y: {size}, x: {size}}}, dtype: uint8}}
steps:
  - {{id: smooth, op: gaussian, sigma: 2 px}}
  - {{id: slow, op: jitter, us: {jitter_us}}}
  - {{id: mask, op: threshold, method: otsu, from: source}}
  - {{id: cells, op: label}}
  - {{id: number, op: count}}
  - {{id: objects, op: measure, from: cells, intensity: source, properties: [area, centroid]}}
sinks:
  - {{type: ome_zarr, from: slow, path: smooth.ome.zarr, labels: {{cells: cells}}}}
  - {{type: ome_zarr, from: slow, path: shards.ome.zarr, labels: {{cells: cells}}, codec: lz4, levels: 2}}
  - {{type: table, from: objects, path: objects.csv}}
"""
IMAGES = ("smooth.ome.zarr", "smooth.ome.zarr/labels/cells", "shards.ome.zarr",
          "shards.ome.zarr/labels/cells")


def first_frames(process):
    """Waits until a frame was read; fails with what was said if the run ended before."""
    said = ""
    for line in process.stderr:
        if line.startswith("{") and json.loads(line).get("items_done", 0) > 0:
            return
        said += line
    raise AssertionError(f"the run ended ({process.wait()}) before it could be stopped: {said}")


def blocks_sigint(process):
    """The command has taken over SIGINT; before that, the shell's own rules hold."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")]
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)


def stop(process):
    """Sends SIGINT; returns (exit code, seconds until the prompt is back)."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode, time.monotonic() - began


class Reference:
    """The outputs of the uninterrupted run, read once."""

    def __init__(self, folder):
        self.images = {name: image(folder, name) for name in IMAGES}
        self.frames = frames(folder)
        self.objects = table(folder, "objects.csv")

    def check(self, folder):
        """Every output holds the same frames, each equal to ours. Returns how many."""
        rows = frames(folder)
        assert len(rows) == len(self.frames)
        kept = sum(row["status"] == "ok" for row in rows)
        assert rows[:kept] == self.frames[:kept]
        for row in rows[kept:]:
            assert (row["status"], row["count"]) == ("gap", "")
            assert row["reason"].startswith("stopped")
        assert table(folder, "objects.csv") == [
            row for row in self.objects if int(row["t"]) < kept]
        for name, whole in self.images.items():
            stored = image(folder, name)
            assert stored.shape == (kept, *whole.shape[1:]), "frames that never came"
            np.testing.assert_array_equal(stored, whole[:kept])
            stopped = range(kept, len(whole))
            assert gaps(folder, name) == {t: "stopped" for t in stopped}, f"{kept} in frames.csv"
        return kept

