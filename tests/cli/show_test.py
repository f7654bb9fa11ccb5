"""`parfocal show`, and the sink `picture` in a run."""

import re
import shlex
import unittest

from support import CommandTest, digest, disks, png_rows, tiff

PICTURES = """\
parfocal: 1
source: {type: files, glob: "*.tif", axes: tyx, scale: {y: 0.5 um, x: 0.5 um}}
steps:
  - {id: mask, op: threshold, method: otsu}
  - {id: cells, op: label}
  - {id: objects, op: measure, intensity: source, properties: [area]}
sinks:
  - {type: picture, from: source, path: pictures, labels: {cells: cells}, every: 2, zoom: 1,
     window: [0, 255], scale_bar: none}
  - {type: picture, from: mask, path: first.png, at: {t: 0}, zoom: 1, scale_bar: none}
"""
BACKGROUND = """\
parfocal: 1
source: {type: files, glob: "*.tif", axes: tyx}
steps:
  - {id: mean, op: reduce, over: [t], how: mean}
  - {id: bright, op: subtract, from: source, by: mean}
sinks:
  - {type: ome_zarr, from: bright, path: bright.ome.zarr}
"""


def shrunk(rows, zoom):
    return [row[::zoom] for row in rows[::zoom]]


DISKS = [list(disks(60, 40)[60 * y:60 * (y + 1)]) for y in range(40)]
MASK = [[255 if value == 200 else 0 for value in row] for row in DISKS]


class Show(CommandTest):
    def show(self, *args):
        """Rows of the picture, at the size of the image."""
        out, _ = self.expect(0, "show", "pipeline.yaml", *args)
        rows = png_rows(self.dir / out.strip())
        self.assertEqual((len(rows), len(rows[0])), (200, 300))  # enlarged five times
        return shrunk(rows, 5)

    def test_a_mask_is_black_and_white_and_named_by_step_and_item(self):
        self.write_movie()
        out, err = self.expect(0, "show", "pipeline.yaml", "--step", "mask", "--at", "t=3")
        self.assertEqual(out, "pipeline-mask-t3.png\n")
        self.assertEqual(shrunk(png_rows(self.dir / out.strip()), 5), MASK)
        self.assertFalse((self.dir / "pipeline-out").exists())

    def test_without_a_step_it_is_the_last_image_and_its_objects_have_colours(self):
        self.write_movie()
        rows = self.show()
        self.assertTrue((self.dir / "pipeline-cells-t0.png").exists())
        colours = {row[x] for row in rows for x in range(60)}
        self.assertEqual(len(colours), 1 + 6)
        self.assertEqual([[pixel != (0, 0, 0) for pixel in row] for row in rows],
                         [[value == 255 for value in row] for row in MASK])

    def test_several_steps_stand_side_by_side(self):
        self.write_movie()
        out, _ = self.expect(0, "show", "pipeline.yaml", "--steps", "source,mask", "--step", "cells")
        self.assertEqual(out, "pipeline-source-mask-cells-t0.png\n")
        rows = png_rows(self.dir / out.strip())
        self.assertEqual(len(rows[0]), 8 + 3 * (300 + 8))
        mask = [row[8 + 308:8 + 308 + 300] for row in rows[-208:-8]]
        self.assertEqual([[pixel[0] for pixel in row] for row in shrunk(mask, 5)], MASK)

    def test_reads_nothing_but_the_item(self):
        self.write_movie()
        for broken in (1, 4):
            (self.dir / f"frame{broken}.tif").write_bytes(tiff()[:-200] + bytes(200))
        self.show("--step", "mask", "--at", "t=3")
        _, err = self.expect(4, "show", "pipeline.yaml", "--step", "mask", "--at", "t=1")
        self.assertIn("frame1.tif", err)

    def test_a_changed_parameter_changes_the_picture(self):
        self.write_movie()
        before = self.show("--step", "smooth")
        self.assertNotEqual(self.show("--step", "smooth", "--set", "smooth.sigma=3 px"), before)

    def test_a_step_over_all_frames_takes_all_of_them(self):
        self.write("pipeline.yaml", BACKGROUND)
        dark = tiff().replace(bytes([200]) * 9, bytes([20]) * 9)
        for i in range(4):
            (self.dir / f"frame{i}.tif").write_bytes(tiff() if i == 2 else dark)
        bright = self.show("--step", "bright", "--at", "t=2")
        dim = self.show("--step", "bright", "--at", "t=1")
        self.assertEqual(bright[10][10], 255)
        self.assertEqual(dim[10][10], 0)
        # (200 + 3 * 20) / 4 = 65 in a window of 20..200.
        self.assertEqual(self.show("--step", "mean")[10][10], 64)
        self.assertTrue((self.dir / "pipeline-mean.png").exists())
        self.expect(2, "show", "pipeline.yaml", "--step", "mean", "--at", "t=2")

    def test_the_next_line_works(self):
        self.write_movie()
        for args in (["--step", "mask", "--at", "t=3", "--set", "mask.method=li"], ["--steps", "source,mask"],
                     ["--step", "source", "--at", "t=1"]):
            _, err = self.expect(0, "show", "pipeline.yaml", *args)
            line = re.search(r"(?m)^next: (parfocal .*)$", err).group(1)
            self.expect(0, *shlex.split(line)[1:])

    def test_what_is_no_image_is_told_with_the_steps_that_are(self):
        self.write_movie()
        for args, told in [(["--step", "objects"], "smooth, mask, cells"),
                           (["--step", "mask.level"], "has no output"),
                           (["--step", "maks"], "did you mean 'mask'"),
                           (["--at", "z=1"], "no axis 'z'"), (["--at", "t=6"], "0..5"),
                           (["--at", "3"], "--at t=3"), (["--out", "a.jpg"], "--out a.png")]:
            _, err = self.expect(2, "show", "pipeline.yaml", *args)
            self.assertIn(told, err)
        self.assertEqual(list(self.dir.glob("*.png")), [])

    def test_replaces_its_own_pictures_and_no_others(self):
        self.write_movie()
        self.show("--out", "mask.png")
        self.show("--step", "mask", "--out", "mask.png")
        (self.dir / "mine.png").write_bytes(b"\x89PNG\r\n\x1a\nmine")
        before = digest(self.dir / "mine.png")
        _, err = self.expect(8, "show", "pipeline.yaml", "--out", "mine.png")
        self.assertEqual(digest(self.dir / "mine.png"), before)
        line = re.search(r"(?m)^ +(\S*parfocal show .*)$", err).group(1)
        self.expect(0, *shlex.split(line)[1:])

    def test_json(self):
        self.write_movie()
        document = self.expect_json(0, "parfocal.show/1", "show", "pipeline.yaml", "--json")
        self.assertTrue((self.dir / document["path"]).exists())
        self.assertEqual(document["steps"], ["cells"])


class Pictures(CommandTest):
    def test_a_run_writes_them_with_outlines(self):
        self.write_movie(frames=11)
        self.write("pipeline.yaml", PICTURES)
        self.expect(0, "run", "pipeline.yaml", "--out", "out")
        names = sorted(p.name for p in (self.dir / "out/pictures").iterdir())
        self.assertEqual(names, [f"t{t:02d}.png" for t in range(0, 11, 2)])
        self.assertEqual(png_rows(self.dir / "out/first.png"), MASK)
        rows = png_rows(self.dir / "out/pictures/t00.png")
        for y in range(40):
            for x in range(60):
                beside = [(y + dy, x + dx) for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))]
                edge = DISKS[y][x] == 200 and any(
                    0 <= v < 40 and 0 <= u < 60 and DISKS[v][u] != 200 for v, u in beside)
                self.assertEqual(rows[y][x] == (DISKS[y][x],) * 3, not edge, (y, x))

    def test_overwrite_replaces_pictures_and_nothing_else(self):
        self.write_movie()
        self.write("pipeline.yaml", PICTURES)
        self.expect(0, "run", "pipeline.yaml", "--out", "out")
        self.expect(8, "run", "pipeline.yaml", "--out", "out")
        self.expect(0, "run", "pipeline.yaml", "--out", "out", "--overwrite",
                    "--set", "mask.method=li")
        for name, text in [("notes.txt", b"mine"), ("drawn.png", b"\x89PNG\r\n\x1a\nmine")]:
            note = self.dir / "out/pictures" / name
            note.write_bytes(text)
            _, err = self.expect(8, "run", "pipeline.yaml", "--out", "out", "--overwrite")
            self.assertIn(name, err)
            self.assertEqual(note.read_bytes(), text)
            note.unlink()

    def test_a_frame_that_cannot_be_read_is_a_picture_that_says_so(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(b"")
        self.write("pipeline.yaml", PICTURES)
        self.expect(6, "run", "pipeline.yaml", "--out", "out", "--on-error", "skip")
        rows = png_rows(self.dir / "out/pictures/t2.png")
        self.assertEqual(rows[0][0], 96)
        self.assertIn(255, [value for row in rows for value in row])


if __name__ == "__main__":
    unittest.main()
