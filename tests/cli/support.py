"""Runs the built command. Standard library only: any Python 3 may run these tests."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

PARFOCAL = os.environ["PARFOCAL"]
SOURCE_DIR = pathlib.Path(os.environ["PARFOCAL_SOURCE_DIR"])
SHARED_DIR = pathlib.Path(os.environ["PARFOCAL_SHARED_DIR"])


def default_signals():
    """A runner in the background may ignore SIGINT; the command must not inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


PIPELINE = """\
parfocal: 1
source: {type: files, glob: "*.tif", axes: tyx}
steps:
  - {id: smooth, op: gaussian, sigma: 1 px}
  - {id: mask, op: threshold, method: otsu, from: source}
  - {id: cells, op: label}
  - {id: objects, op: measure, intensity: source, properties: [area, centroid]}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
"""


def disks(width, height):
    """Bright disks of radius 5 on a dark ground, one every 20 pixels, as rows of bytes."""
    return bytes(200 if (x % 20 - 10) ** 2 + (y % 20 - 10) ** 2 <= 25 else 20
                 for y in range(height) for x in range(width))


def tiff(width=60, height=40, pages=1, description=""):
    """A little-endian TIFF whose pages all show the same pixels, so that long movies are small."""
    pixels = disks(width, height)
    pixels += b"\0" * (len(pixels) % 2)
    text = description.encode() + b"\0" * (2 - len(description) % 2) if description else b""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 4, 1, 8), (259, 4, 1, 1), (262, 4, 1, 1),
            (270, 2, len(text), 8 + len(pixels)), (273, 4, 1, 8), (277, 4, 1, 1),
            (278, 4, 1, height), (279, 4, 1, width * height)]
    tags = [tag for tag in tags if tag[2] > 0]
    length = 2 + 12 * len(tags) + 4
    first = 8 + len(pixels) + len(text)
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    links = [first + length * (page + 1) for page in range(pages - 1)] + [0]
    return (struct.pack("<2sHI", b"II", 42, first) + pixels + text
            + b"".join(directory + struct.pack("<I", link) for link in links))


def ome_xml(order="XYZCT", **sizes):
    """The description of an OME-TIFF of pages 60 x 40: ome_xml(t=3, c=2)."""
    counts = " ".join(f'Size{axis}="{sizes.get(axis.lower(), 1)}"' for axis in "ZCT")
    return ('<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
            f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint8" '
            f'SizeX="60" SizeY="40" {counts}><TiffData/></Pixels></Image></OME>')


def digest(path):
    """What a failing comparison of megabytes can print at once."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="parfocal-cli-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def write_movie(self, frames=6):
        """frame0.tif ... with two rows of three disks each, and pipeline.yaml."""
        for i in range(frames):
            (self.dir / f"frame{i}.tif").write_bytes(tiff())
        return self.write("pipeline.yaml", PIPELINE)

    def start(self, *args, **options):
        return subprocess.Popen(
            [PARFOCAL, *map(str, args)], cwd=self.dir, stdin=subprocess.DEVNULL,
            preexec_fn=default_signals, text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def run_command(self, *args, timeout=120, **options):
        process = self.start(*args, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def expect(self, code, *args, **options):
        """Runs and checks the exit code; returns (stdout, stderr)."""
        done = self.run_command(*args, **options)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def expect_json(self, code, schema, *args):
        """Exactly one JSON document of this schema on stdout."""
        out, err = self.expect(code, *args)
        document = json.loads(out)
        self.assertEqual(document["schema"], schema, err)
        return document
