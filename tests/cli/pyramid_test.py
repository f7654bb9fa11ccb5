"""The smaller images that `convert` adds to large ones."""

import unittest

from support import CommandTest, tiff


class Pyramids(CommandTest):
    def levels(self, name):
        item = self.expect_json(0, "parfocal.info/1", "info", name, "--json")["items"][0]
        return item.get("level shapes", [item["shape"]])

    def test_large_images_get_smaller_ones_until_they_fit_a_screen(self):
        (self.dir / "a.tif").write_bytes(tiff(1100, 700))
        self.expect(0, "convert", "a.tif", "a.ome.zarr")
        self.assertEqual([shape[-2:] for shape in self.levels("a.ome.zarr")], [[700, 1100], [350, 550], [175, 275]])
        self.expect(0, "convert", "a.tif", "b.ome.zarr", "--set", "sink.levels=1")
        self.assertEqual(len(self.levels("b.ome.zarr")), 1)

    def test_labels_get_none_since_means_of_them_are_numbers_of_others(self):
        (self.dir / "a.tif").write_bytes(tiff(1100, 700))
        self.write("p.yaml", "parfocal: 1\nsource: {type: files, glob: a.tif}\n"
                   "steps: [{op: threshold, id: m}, {op: label, id: cells}]\n"
                   "sinks: [{type: ome_zarr, from: source, path: a.ome.zarr, labels: {cells: cells}}]\n")
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.expect(0, "convert", "o/a.ome.zarr", "cells.ome.zarr", "--set", "source.labels=cells")
        self.assertEqual([shape[-2:] for shape in self.levels("cells.ome.zarr")], [[700, 1100]])


if __name__ == "__main__":
    unittest.main()
