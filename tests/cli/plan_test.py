"""What `plan` says to people, and what it draws."""

import re
import unittest
import xml.etree.ElementTree

from support import CommandTest

LESSON = """\
parfocal: 1
source: {type: generator, size: {t: 1000, c: 3, y: 1024, x: 1024}, dtype: uint16}
steps: [{id: smooth, op: gaussian, sigma: 1 px}]
sinks: [{type: ome_tiff, path: smooth.ome.tif}]
"""


class Plan(CommandTest):
    def test_five_lines_and_the_next_one(self):
        self.write_movie()
        out, err = self.expect(0, "plan", "pipeline.yaml", "--memory", "256MiB")
        lines = out.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["images", "memory", "disk", "reading", "results"])
        self.assertIn("6 of 40 x 60 pixels (y, x), uint8, along t: 2.3 KiB each", lines[0])
        self.assertRegex(lines[1], r"at most [0-9.]+ MiB of the 256 MiB allowed \(--memory\)")
        self.assertIn("what table objects.csv takes", lines[2])
        self.assertIn("every image once, whole (1 pass)", lines[3])
        self.assertIn("in pipeline-out: smooth.ome.zarr, objects.csv, frames.csv", lines[4])
        self.assertRegex(err, r"\Anext: \S+ run pipeline.yaml --memory 256MiB\n\Z")
        self.assertFalse((self.dir / "pipeline-out").exists())

    def test_all_of_it_is_behind_explain(self):
        self.write_movie()
        short, long = self.expect(0, "plan", "pipeline.yaml")[0], self.expect(0, "plan", "pipeline.yaml", "--explain")[0]
        for word in ("pass 1 of 1", "holder", "fuse:", "horizontal"):
            self.assertNotIn(word, short)
            self.assertIn(word, long)
        self.assertTrue(long.startswith(short.splitlines()[0]))

    def test_the_memory_exercise(self):
        self.write("p.yaml", LESSON)
        out, _ = self.expect(0, "plan", "p.yaml", "--explain", "--memory", "1GiB")
        self.assertIn("all images of a step at once (horizontal): 6,291,456,000 bytes per step held", out)
        peak = re.search(r"\(vertical\): peak ([0-9,]+) bytes", out).group(1)
        self.assertLess(int(peak.replace(",", "")), 2**30)


class Graph(CommandTest):
    def test_svg_has_a_box_for_all_that_runs(self):
        self.write_movie()
        out, err = self.expect(0, "plan", "pipeline.yaml", "--graph", "pipes.svg")
        self.assertEqual(out, "pipes.svg\n")
        self.assertRegex(err, r"next: \S+ run pipeline.yaml\n\Z")
        root = xml.etree.ElementTree.parse(self.dir / "pipes.svg").getroot()
        titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
        for name in ("source", "smooth", "cells", "objects", "ome_zarr smooth.ome.zarr", "frames.csv"):
            self.assertIn(name, titles)
        self.assertIn("source: 2.4 KiB, handed on", "".join(root.itertext()))

    def test_a_drawing_is_drawn_again_but_nothing_else_is_replaced(self):
        self.write_movie()
        for name in ("a.svg", "a.mmd"):
            for _ in range(2):
                self.expect(0, "plan", "pipeline.yaml", "--graph", name)
        self.assertIn("flowchart LR", (self.dir / "a.mmd").read_text())
        self.write("mine.svg", "<svg/>")
        self.expect(8, "plan", "pipeline.yaml", "--graph", "mine.svg")
        self.assertEqual((self.dir / "mine.svg").read_text(), "<svg/>")
        _, err = self.expect(2, "plan", "pipeline.yaml", "--graph", "pipeline.yaml")
        self.assertIn("write --graph pipeline.svg", err)


if __name__ == "__main__":
    unittest.main()
