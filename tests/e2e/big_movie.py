"""A movie larger than the budget, stored three ways, and what numpy and scipy make of it."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import scipy.ndimage
import tifffile
import zarr

from conftest import command
from outputs import assert_within, frames, image, record

PIPELINE = """\
parfocal: 1
source: {source}
steps:
  - {{id: mean, op: reduce, over: t, how: mean, from: source}}
  - {{id: clean, op: subtract, from: source, by: mean}}
  - {{id: smooth, op: gaussian, sigma: 2 px}}
{extra}  - {{id: brightest, op: reduce, over: t, how: max}}
sinks:
  - {{type: ome_zarr, from: mean, path: mean.ome.zarr}}
  - {{type: ome_zarr, from: brightest, path: brightest.ome.zarr}}
"""
LAYOUTS = ("tiff_one_strip", "tiff_64_row_strips", "zarr_256_chunks")
MIB = 1 << 20
LAUNCHER = pathlib.Path(__file__).with_name("launch_measured.py")


def pipeline(source, extra=""):
    return PIPELINE.format(source=source, extra=extra)


def generated(frames, height, width):
    return (f"{{type: generator, kind: noise, size: {{t: {frames}, y: {height}, x: {width}}}, "
            "dtype: uint16}")


class Movie:
    """Frames of noise with a bright edge that moves; made again from the seed, never kept."""

    def __init__(self, frames, size):
        self.frames, self.size = frames, size

    def frame(self, t):
        pixels = np.random.default_rng(t).integers(0, 60000, (self.size, self.size), dtype=np.uint16)
        pixels[:, (37 * t) % self.size] = 65535
        return pixels

    def write(self, layout, folder):
        """Returns the description of the source."""
        if layout == "zarr_256_chunks":
            return self._write_zarr(folder)
        rows = self.size if layout == "tiff_one_strip" else 64
        path = pathlib.Path(folder) / f"{layout}.tif"
        with tifffile.TiffWriter(path, bigtiff=True) as tiff:
            for t in range(self.frames):
                tiff.write(self.frame(t), rowsperstrip=rows, metadata=None, contiguous=False)
        return f'{{type: files, glob: "{path}", axes: tyx}}'

    def _write_zarr(self, folder):
        path = pathlib.Path(folder) / "movie.ome.zarr"
        axes = [{"name": "t", "type": "time"}, {"name": "y", "type": "space"},
                {"name": "x", "type": "space"}]
        level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}]}
        ome = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": [level]}]}
        group = zarr.create_group(path, zarr_format=3, attributes={"ome": ome})
        array = group.create_array(
            "0", shape=(self.frames, self.size, self.size), chunks=(1, 256, 256), dtype="uint16",
            compressors=None, dimension_names=["t", "y", "x"])
        for t in range(self.frames):
            array[t] = self.frame(t)
        return f'{{type: ome_zarr, path: "{path}"}}'

    def expected(self):
        """(mean, brightest): exact sums, then scipy on float64."""
        total = np.zeros((self.size, self.size), np.uint64)
        for t in range(self.frames):
            total += self.frame(t)
        mean = total / self.frames
        brightest = np.full(mean.shape, -np.inf)
        for t in range(self.frames):
            smooth = scipy.ndimage.gaussian_filter(self.frame(t).astype(np.float64) - mean, 2)
            np.maximum(brightest, smooth, out=brightest)
        return mean, brightest


@contextlib.contextmanager
def scratch_folder():
    """Beside the build, not in a /tmp that may live in memory; always removed."""
    folder = tempfile.mkdtemp(prefix="big-movie-", dir=os.environ.get("PARFOCAL_SCRATCH_DIR"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def memory_cgroup(limit_bytes):
    """A new cgroup, version 2 or 1, that may use so much memory; None where none can be made."""
    for root, limit_file in (("/sys/fs/cgroup", "memory.max"),
                             ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")):
        group = pathlib.Path(root) / f"parfocal-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit_file).exists():
                (group / limit_file).write_text(str(limit_bytes))
                yield group
                return
        finally:
            group.rmdir()
    yield None


def run_measured(arguments, folder, limit_bytes=None, cgroup=""):
    """(peak resident bytes of the command as the kernel reports it, exit code, stderr)."""
    launcher = [sys.executable, "-ISE", str(LAUNCHER), str(limit_bytes or 0), str(cgroup), command()]
    done = subprocess.run([*launcher, *map(str, arguments)], cwd=folder, text=True,
                          capture_output=True, timeout=600, check=True)
    *messages, peak, code = done.stderr.splitlines()
    return int(peak), int(code), "\n".join(messages)


def check_memory(folder, out, *options):
    """One run of p.yaml: the peak is within the plan, and the plan is no wild guess."""
    peak, code, messages = run_measured(["run", "p.yaml", *options, "--out", out], folder)
    assert code == 0, messages
    done = record(pathlib.Path(folder) / out)
    planned, base = done["planned_peak_bytes"], done["base_bytes"]
    print(f"{out}: planned {planned / MIB:.1f} MiB, VmHWM {done['peak_rss_bytes'] / MIB:.1f} MiB, "
          f"wait4 {peak / MIB:.1f} MiB, base {base / MIB:.1f} MiB, {done['seconds']:.2f} s, "
          + messages.splitlines()[0])
    assert done["peak_rss_bytes"] <= planned
    assert peak <= planned
    assert planned - base <= 1.5 * (peak - base)
    rows = frames(pathlib.Path(folder) / out)
    assert [row["t"] for row in rows] == [str(t) for t in range(len(rows))], "one row a frame"


def check_values(folder, out, mean, brightest):
    out = pathlib.Path(folder) / out
    np.testing.assert_array_equal(image(out, "mean.ome.zarr"), mean)
    stored = image(out, "brightest.ome.zarr")
    relative = 1e-6 if stored.dtype == np.float32 else 1e-14
    assert_within(stored, brightest, relative * 65535)
