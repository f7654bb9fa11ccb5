"""Folders of PNG files: colours, one channel, the first images, lists and exclusions."""

import unittest

from support import CommandTest, png

PIPELINE = """\
parfocal: 1
source: {type: files, %s}
steps:
  - {id: max, op: reduce, over: [height, WIDTH], how: max, from: source}
sinks:
  - {type: table, from: max, path: max.csv}
"""


class Pictures(CommandTest):
    def setUp(self):
        super().setUp()
        for t in range(4):
            (self.dir / f"{t}.png").write_bytes(png((10 * t, 10 * t + 1, 10 * t + 2)))

    def maxima(self, source, *options):
        """The last column of the table: the maximum of each image."""
        self.write("p.yaml", PIPELINE % source)
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite", *options)
        rows = (self.dir / "o/max.csv").read_text().splitlines()[1:]
        return [int(row.split(",")[-1]) for row in rows]

    def refused(self, code, source):
        self.write("p.yaml", PIPELINE % source)
        return self.expect(code, "plan", "p.yaml")[1]

    def test_colours_are_an_axis_of_which_one_can_be_taken(self):
        self.assertEqual(self.maxima('glob: "*.png"'), [10 * t + c for t in range(4) for c in range(3)])
        for word in ("green", "G", "1"):
            self.assertEqual(self.maxima(f'glob: "*.png", channel: {word}'), [1, 11, 21, 31])
        self.assertEqual(self.maxima('glob: "*.png"', "--set", "source.channel=b"), [2, 12, 22, 32])
        self.assertIn("one of r, g, b", self.refused(3, 'glob: "*.png", channel: DAPI'))
        self.assertIn("did you mean 'channel'?", self.refused(3, 'glob: "*.png", chanel: red'))

    def test_the_first_images_can_be_tried(self):
        self.assertEqual(self.maxima('glob: "*.png", channel: r, limit: 2'), [0, 10])
        self.assertEqual(self.maxima('glob: "*.png", channel: r, limit: 2', "--limit", "3"), [0, 10, 20])
        self.assertEqual(len(self.maxima('glob: "*.png", limit: 99')), 12)
        self.assertIn("limit", self.refused(3, 'glob: "*.png", limit: 0'))

    def test_files_are_listed_or_left_out(self):
        self.assertEqual(self.maxima("files: [2.png, 0.png], channel: r"), [20, 0])
        self.assertEqual(self.maxima('glob: "*.png", exclude: ["[12].png"], channel: r'), [0, 30])
        self.assertIn("7.png", self.refused(4, "files: [2.png, 7.png]"))
        self.assertIn("exclude leaves no file", self.refused(4, 'glob: "*.png", exclude: "*"'))
        self.assertIn("needs 'glob' or 'files'", self.refused(3, "axes: tyx"))

    def test_axes_have_words(self):
        self.assertEqual(
            self.maxima('glob: "*.png", channel: r, axes: [time, slice, height, width], '
                        "sizes: {depth: 2}"), [0, 10, 20, 30])
        self.assertIn("t,z,", (self.dir / "o/frames.csv").read_text())

    def test_another_kind_of_file_fails_by_name(self):
        (self.dir / "5.png").write_bytes(png((7,)))
        self.write("p.yaml", PIPELINE % 'glob: "*.png"')
        self.assertIn("5.png", self.expect(4, "run", "p.yaml", "--out", "o")[1])

    def test_folders_of_them_are_converted(self):
        self.expect(0, "convert", ".", "a.ome.zarr")
        self.assertIn("PNG", self.expect(0, "info", "0.png")[0])


if __name__ == "__main__":
    unittest.main()
