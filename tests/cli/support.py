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
import zlib

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


def png(pixels, width=3, height=2):
    """8 bits; `pixels`: one value (grey), or r, g, b."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if len(pixels) == 3 else 0, 0, 0, 0)
    rows = (b"\0" + bytes(pixels) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def png_rows(path):
    """Pixels of an 8-bit grey or RGB PNG, by row: numbers, or (r, g, b)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, pixels, texts = 8, b"", {}
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + chunk)
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            assert depth == 8 and colour in (0, 2) and not interlace
        elif kind == b"IDAT":
            pixels += chunk
        at += 12 + length
    samples = 3 if colour == 2 else 1
    line, above, rows = width * samples, bytes(width * samples), []
    pixels = zlib.decompress(pixels)
    for y in range(height):
        kind, row = pixels[y * (line + 1)], bytearray(pixels[y * (line + 1) + 1:(y + 1) * (line + 1)])
        assert kind in (0, 2), kind  # as the command filters them
        if kind == 2:
            row = bytearray((a + b) & 255 for a, b in zip(row, above))
        above = row
        rows.append(list(row) if samples == 1 else
                    [tuple(row[i:i + 3]) for i in range(0, line, 3)])
    return rows


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
