"""What a step, source or sink refuses by its parameters and by what is connected alone, `check` tells,
without an image."""

import json
import unittest

from support import CommandTest

FILES = '{type: files, glob: "no/*.tif", axes: tyx}'
SINK = "{type: ome_zarr, from: source, path: a.ome.zarr}"
BACKGROUND = "{id: back, op: background_sparse_median}"

# (words of the message, steps): the last step is the wrong one.
STEPS = [
    ("needs 'value'", "{op: threshold, method: value}"),
    ("takes no value", "{op: threshold, method: otsu, value: 5}"),
    ("takes no value", "{op: threshold, value: 5}"),
    ("is not a number", "{op: threshold, method: value, value: 1e308, factor: 100}"),
    ("one sigma", "{op: gaussian, sigma: []}"),
    ("one sigma", "{op: gaussian, sigma: [1 px, 1 px, 1 px]}"),
    ("out of range", "{op: gaussian, sigma: 1000000 px}"),
    ("exactly one of by and constant", "{op: subtract}"),
    ("exactly one of by and constant", "{op: gaussian, sigma: 1 px}, {op: subtract, by: source, constant: 5}"),
    ("exactly one of index and name", "{op: select, axis: t}"),
    ("exactly one of index and name", "{op: select, axis: t, index: 0, name: DAPI}"),
    ("needs axes to fold over", "{op: reduce, over: [], how: mean}"),
    ("listed twice", "{op: reduce, over: [t, t], how: mean}"),
    ("connectivity is out of range", "{op: threshold}, {op: label, connectivity: 6}"),
    ("needs an image for intensity_mean",
     "{op: threshold}, {op: label}, {op: measure, properties: [area, intensity_mean]}"),
    ("must be even", "{op: background_rolling_median, kernel_size: 5}"),
    ("no output 'series'",
     "{id: b, op: background_sparse_median, use: latest}, {op: cast, from: b.series, dtype: uint8}"),
    ("below the background",
     BACKGROUND + ", {op: segment_below_background, from: source, background: back, threshold: 6}"),
    ("size of a pixel",
     BACKGROUND + ", {id: cells, op: segment_below_background, from: source, background: back}, "
     "{op: flow_features, image: source, background: back, pixel_size: 3 px}"),
    ("no feature 'area_mu'",
     BACKGROUND + ", {id: cells, op: segment_below_background, from: source, background: back}, "
     '{op: flow_features, image: source, background: back, gates: ["area_mu >= 20"]}'),
    ("switched off",
     BACKGROUND + ", {id: cells, op: segment_below_background, from: source, background: back}, "
     '{op: flow_features, image: source, background: back, volume: false, gates: ["volume >= 2"]}'),
    ("exactly one of level and value", "{op: compare_threshold}"),
]
SOURCES = [
    ("axes cannot be 'yxt'", '{type: files, glob: "no/*.tif", axes: yxt}'),
    ("axes cannot be 'TXY'", '{type: files, glob: "no/*.tif", axes: TXY}'),
    ("does not have", '{type: files, glob: "no/*.tif", axes: tyx, scale: {z: 1 um}}'),
    ("sizes names axis 't'", '{type: files, glob: "no/*.tif", axes: tzyx, sizes: {t: 3}}'),
    ("axes: auto takes the sizes", '{type: files, glob: "no/*.tif", axes: auto, sizes: {z: 3}}'),
    ("the axes are stated", '{type: files, glob: "no/*.tif", axes: tyx, image: 1}'),
    ("needs 'glob' or 'files'", "{type: files, glob: []}"),
    ("no name of a label image", "{type: ome_zarr, path: no.ome.zarr, labels: a/b}"),
    ("read by rows", "{type: ome_zarr, path: no.ome.zarr, axes: yxt}"),
    ("no frames were chosen", "{type: rtdc, path: no.rtdc, frames: 5-3}"),
    ("axes cannot be", "{type: generator, size: {y: 9, x: 9, t: 3}}"),
    ("axes of one letter", "{type: generator, size: {tile: 3, y: 9, x: 9}}"),
    ("does not have", "{type: generator, size: {t: 3, y: 9, x: 9}, scale: {z: 1 um}}"),
    ("cannot take frames from", "{type: push, of: {type: push, of: {type: generator}}}"),
    ("axes cannot be", '{type: push, of: {type: files, glob: "no/*.tif", axes: yxt}}'),
    ("needs 'glob'", "{type: push, of: {type: files}}"),
]
SINKS = [
    ("not named by row and column", "{type: ome_zarr, path: a.ome.zarr, from: source, wells: [A1]}"),
    ("impossible name", "{type: ome_zarr, path: a.ome.zarr, from: source, wells: [A-/1]}"),
    ("has no codec crc32c",
     '{type: ome_zarr, path: a.ome.zarr, from: source, codec: crc32c, format: "0.4"}'),
    ("cannot have the name '.cells'",
     '{type: ome_zarr, path: a.ome.zarr, from: source, labels: {".cells": source}}'),
]
EVENTS = (BACKGROUND + ", {id: cells, op: segment_below_background, from: source, background: back}, "
          "{id: f, op: flow_features, image: source, background: back, pixel_size: 0.34 um}")


class Rules(CommandTest):
    def told(self, source=FILES, steps="", sink=SINK):
        self.write("p.yaml", f"parfocal: 1\nsource: {source}\n" + (f"steps: [{steps}]\n" if steps else "")
                   + f"sinks: [{sink}]\n")
        return self.expect(3, "check", "p.yaml")[1]

    def offered(self, role):
        entries = json.loads(self.expect(0, "ops", "--json")[0])["entries"]
        return {entry["name"] for entry in entries if entry["role"] == role}

    def check_table(self, key, table):
        for words, text in table:
            with self.subTest(**{key: text}):
                err = self.told(**{key: text})
                self.assertEqual(err.count(words), 1, err)
                self.assertEqual(err.count("error:"), 1, err)
                self.assertRegex(err, r"p\.yaml:\d+:\d+")
                self.assertIn("cure:", err)

    def test_steps(self):
        self.check_table("steps", STEPS)

    def test_sources(self):
        if "rtdc" not in self.offered("source"):
            self.skipTest("built without HDF5")
        self.check_table("source", SOURCES)

    def test_sinks(self):
        self.check_table("sink", SINKS)

    def test_a_sink_that_needs_several_inputs_together(self):
        if "rtdc_events" not in self.offered("sink"):
            self.skipTest("built without HDF5")
        err = self.told(steps=EVENTS, sink="{type: rtdc_events, from: f, series: back.series, "
                        "path: a.rtdc}")
        self.assertIn("series, steps and index together", err)

    def test_all_of_them_at_once_and_none_where_a_key_is_not_known(self):
        err = self.told('{type: files, glob: "no/*.tif", axes: yxt, image: 2}',
                        "{op: gaussian, sigma: []}, {op: threshold, method: value}")
        for words in ("axes cannot be", "axes are stated", "one sigma", "needs 'value'"):
            self.assertIn(words, err)
        err = self.told(steps="{op: threshold, method: value, vlaue: 5}")
        self.assertIn("did you mean 'value'?", err)
        self.assertNotIn("needs 'value'", err)


if __name__ == "__main__":
    unittest.main()
