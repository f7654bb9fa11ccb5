"""Cures keep the number and the word that were given: what is pasted does what was meant."""

import re
import unittest

from support import CommandTest

SOURCE = "{type: files, glob: a.tif, %s}"
IMAGE = "{type: ome_zarr, path: a.ome.zarr}"
TABLE = "{type: table, path: a.csv}"
CELLS = "{op: threshold}, {id: cells, op: label}, "

# (where, what was given, what the cure writes)
VALUES = [
    ("source", "scale: {t: 10 Hz}", "scale: {t: 0.1 s}"),
    ("source", "scale: {t: 2 fps}", "scale: {t: 0.5 s}"),
    ("source", "scale: {t: 4 frames per minute}", "scale: {t: 15 s}"),
    ("source", "scale: {t: 30 sec, y: 1 um, x: 1 um}", "scale: {t: 30 s, y: 1 um, x: 1 um}"),
    ("source", "scale: {t: 2 minutes}", "scale: {t: 2 min}"),
    ("source", "scale: {x: 650 nanometers}", "scale: {x: 650 nm}"),
    ("source", "scale: {x: 0.65 microns}", "scale: {x: 0.65 um}"),
    ("source", "scale: {x: 0.65 Micrometres}", "scale: {x: 0.65 um}"),
    ("source", "scale: {x: 1 inch}", "scale: {x: 25.4 mm}"),
    ("source", "scale: {x: -650 nm}", "scale: {x: 650 nm}"),
    ("source", 'scale: {x: "0,65 um"}', "scale: {x: 0.65 um}"),
    ("source", "scale: {t: 0,5 s, x: 1 um}", "t: 0.5 s"),
    ("source", "axes: tzyx, sizes: {z: 5.0}", "sizes: {z: 5}"),
    ("step", "gaussian, sigma: 1,5 px", "sigma: 1.5 px"),
    ("step", 'gaussian, sigma: "1,5 px"', "sigma: 1.5 px"),
    ("step", "gaussian, sigma: 2.5 pixels", "sigma: 2.5 px"),
    ("step", "gaussian, sigma: 2 microns", "sigma: 2 um"),
    ("step", "gaussian, sigma: 3 s", "e.g. sigma: 3 px"),
    ("step", "gaussian, sigma: -2 px", "sigma: 2 px"),
    ("step", 'gaussian, sigma: "1 px; 2 px"', "sigma: [1 px, 2 px]"),
    ("step", "gaussian, sigma:2 px", "sigma: 2 px"),
    ("step", "threshold, method: value, value: 99,5", "value: 99.5"),
    ("step", "background_rolling_median, kernel_size: 10.0", "kernel_size: 10"),
    ("step", "background_sparse_median, split_time: 20 msec", "split_time: 20 ms"),
    ("step", "background_sparse_median, split_time: 3 px", "e.g. split_time: 3 s"),
    ("step", "background_sparse_median, frac_cleansing: 75 %", "frac_cleansing: 0.75"),
    ("step", "background_sparse_median, frac_cleansing: 80", "frac_cleansing: 0.8"),
    ("mask", "open, footprint: 7", "footprint: disk(7)"),
    ("mask", 'open, footprint: "1,5 px"', "footprint: disk(1.5)"),
    ("mask", "open, footprint: 3 x 5", "footprint: rectangle(3x5)"),
    ("mask", "open, footprint: disk 7", "footprint: disk(7)"),
    ("mask", "open, footprint: disk(7 px)", "footprint: disk(7)"),
    ("mask", "open, footprint: Square 5", "footprint: square(5)"),
    ("mask", "open, footprint: rectangle(3, 5)", 'footprint: "rectangle(3, 5)"'),
    ("mask", 'open, footprint: "rectangle(3 px, 5 px)"', "footprint: rectangle(3x5)"),
    ("mask", "open, footprint: disk(300)", "footprint: disk(200)"),
    ("mask", "open, footprint: disk(diameter=5)", "footprint: disk(2.5)"),
    ("mask", "open, footprint: square(0)", "e.g. footprint: disk(3)"),
    ("mask", "open, footprint: square(3.5)", "e.g. footprint: disk(3)"),
    ("mask", "remove_small, min_size: 50 µm²", "e.g. min_size: 1"),
    ("step", "median, size: 2 um", "e.g. size: 1"),
    ("step", 'median, size: "3,3"', "size: [3, 3]"),
    ("step", "median, size: 5x3", "size: [5, 3]"),
    ("step", 'median, size: "[3, 5]"', "size: [3, 5]"),
    ("step", "threshold, offset: -5 %", "e.g. offset: 0"),
    ("step", "threshold, factor: 80 %", "factor: 0.8"),
    ("step", "crop, y: [0, -10]", "e.g. y: [0, 100]"),
    ("step", 'crop, y: "10%-90%"', "e.g. y: [0, 100]"),
    ("step", "background_sparse_median, frac_cleansing: 1.5", "e.g. frac_cleansing: 1"),
    ("step", "add, constant: 9223372036854775808", "e.g. constant: 1"),
    ("step", "cast, dtype: float", "dtype: float32"),
    ("step", "cast, dtype: half", "dtype: float32"),
    ("step", "cast, dtype: double", "dtype: float64"),
    ("step", "cast, dtype: int", "dtype: int32"),
    ("step", "cast, dtype: uint", "dtype: uint32"),
    ("step", "cast, dtype: 16-bit", "dtype: uint16"),
    ("step", 'crop, x: "10:110"', "x: [10, 110]"),
    ("step", "crop, x: [10 px, 110 px]", "x: [10, 110]"),
    ("step", "crop, x: {begin: 10, end: 110}", "x: [10, 110]"),
    ("step", "crop, ranges: {y: 10-20}", "ranges: {y: [10, 20]}"),
    ("table", 'measure, properties: "area, centroid"', "properties: [area, centroid]"),
    ("table", "measure, properties: [label area centroid]", "properties: [label, area, centroid]"),
    ("table", "measure, properties: [aera, bbxo]", "properties: [area, bbox]"),
    ("table", "measure, properties: Area", "properties: area"),
]

# (step, what was given, what the cure writes in its place): names of other programs.
KEYS = [
    ("threshold", "threshold: 100", "method: value, value: 100"),
    ("threshold", "level: 100.5", "method: value, value: 100.5"),
    ("threshold", "method: otsu, level: 100", "method: value, value: 100"),
    ("threshold", "invert: true", "foreground: dark"),
    ("threshold", "dark_background: true", "foreground: bright"),
    ("gaussian", "kernel_size: 5", "sigma: 1.1 px"),
    ("gaussian", "radius: 2 px", "sigma: 2 px"),
    ("gaussian", "fwhm: 5", "sigma: 2.1233 px"),
    ("threshold}, {op: open", "radius: 7", "footprint: disk(7)"),
    ("threshold}, {op: open", "size: 3", "footprint: square(3)"),
    ("median", "radius: 2 px", "footprint: disk(2)"),
    ("median", "kernel_size: 3", "size: 3"),
    ("threshold}, {op: remove_small", "max_size: 10", "min_size: 11"),
    ("threshold}, {op: remove_small", "min_area: 10", "min_size: 10"),
    ("rescale", "range: [0, 100]", "in_range: [0, 100]"),
    ("project", "over: t", "axis: t"),
    ("project", "axis: t, method: mean", "how: mean"),
    ("crop", "x: 10, width: 20", "x: [10, 30]"),
    ("crop", "height: 20", "y: [0, 20]"),
    ("select", "channel: 1", "axis: c, index: 1"),
    ("select", "channel: DAPI", "axis: c, name: DAPI"),
    ("reduce", "how: mean, axis: 0", "over: t"),
    ("reduce", "over: t, method: mean", "how: mean"),
    ("cast", "type: uint8", "dtype: uint8"),
    ("subtract", "value: 5", "constant: 5"),
]
SOURCE_KEYS = [
    ("pixel_size: 0.65", "scale: {y: 0.65 um, x: 0.65 um}"),
    ("pixel_size: 650 nanometers", "scale: {y: 650 nm, x: 650 nm}"),
    ("scale: {t: 30 s}, pixel_size: 1 um", "scale: {t: 30 s, y: 1 um, x: 1 um}"),
    ("fps: 10", "scale: {t: 0.1 s}"),
    ("frame_interval: 30", "scale: {t: 30 s}"),
]

# (part of the pipeline, what it may not advise, what it tells)
WORDS = [
    (CELLS[:-2] + ", {op: label, from: threshold, min_size: 50}", "write connectivity", "{op: remove_small, min_size: 50}"),
    (CELLS[:-2] + ", {op: label, from: threshold, structure: 50}", "max_objects: 50", "in its place"),
    ("{op: reduce, over: t, how: median}", "'mean'", "background_rolling_median"),
    ("{op: select, axis: t, index: -1}", "index: 0", "n - 1"),
    ("{op: threshold, method: moments}", "e.g.", "method: otsu"),
    ("{op: threshold, percentile: 95}", "per: ", "method: value"),
    ("{op: crop, t: [0, 10]}", "'x'", "source.glob"),
    ("{op: fill_holes, max_size: 64, from: source}", "remove 'max_size'", "leave it out only"),
    ("{op: and}", "'add'", "multiply is AND"),
    ("{op: [median], size: 3}", "gaussian", "write op: median"),
    ("{Op: median, size: 3}", "e.g.", "write op: median in place of Op"),
    ("{id: back, op: gaussian, sigma: 9 px}, {op: subtract, from: [source, back]}", "constant",
     "write from: source, by: back"),
]

NAMES = [
    ("op", "regionprops", "op: measure"), ("op", "erosion", "op: erode"),
    ("op", "max_projection", "op: project, axis: z, how: max"), ("op", "astype", "op: cast"),
    ("op", "median_filter", "op: median"), ("op", "remove_small_objects", "op: remove_small"),
    ("op", "binary_fill_holes", "op: fill_holes"), ("op", "plus", "op: add"),
    ("op", "Gaussian", "'gaussian'"), ("op", "despeckle", "op: median, size: 3"),
    ("op", "rescale_intensity", "op: rescale"), ("op", "exclude_on_edges", "op: clear_border"),
    ("source", "tiff", "type: files"), ("source", "OME-TIFF", "type: files"),
    ("source", "OME_ZARR", "type: ome_zarr"), ("source", "zarr", "type: ome_zarr"),
    ("sink", "csv", "type: table"), ("sink", "tiff", "type: ome_tiff"), ("sink", "OME-Zarr", "type: ome_zarr"),
]


class OwnValues(CommandTest):
    def told(self, source="{type: files, glob: a.tif}", steps="", sinks=IMAGE, code=3):
        text = f"parfocal: 1\nsource: {source}\nsteps: [{steps}]\nsinks: [{sinks}]\n"
        self.write("p.yaml", text)
        _, err = self.expect(code, "check", "p.yaml")
        return re.findall(r"cure: +(.*)", err), err

    def in_place(self, where, text):
        return {"source": {"source": SOURCE % text}, "step": {"steps": "{op: " + text + "}"},
                "mask": {"steps": "{op: threshold}, {op: " + text + "}"},
                "table": {"steps": CELLS + "{op: " + text + "}", "sinks": TABLE}}[where]

    def test_a_value_that_cannot_be_read_keeps_its_number(self):
        for where, given, cure in VALUES:
            with self.subTest(given=given):
                cures, err = self.told(**self.in_place(where, given))
                self.assertEqual(cures, ["write " + cure])
                cure = cure.removeprefix("e.g. ")
                if re.search(r"\d,\d", given):
                    self.assertIn("comma", err)
                name = cure.split(":")[0]
                wrong = given[re.search(rf"\b{name}:", given).start():]
                if cure.startswith("t:"):
                    cure += ", x: 1 um}"
                self.told(**self.in_place(where, given.replace(wrong, cure)), code=0)

    def test_a_number_is_told_in_the_unit_of_its_field(self):
        for sink, cure in [("pixel_size: 340 nm", "pixel_size: 0.34"), ("frame_rate: 2 kHz", "frame_rate: 2000"),
                           ("frame_rate: 20 ms", "frame_rate: 50")]:
            cures, _ = self.told(sinks="{type: rtdc, from: source, path: a.rtdc, %s}" % sink)
            self.assertIn("write " + cure, cures)
        source = "{type: push, fps: 20 ms, of: {type: generator, size: {t: 3, y: 8, x: 8}}}"
        self.assertEqual(self.told(source)[0], ["write fps: 50"])

    def test_every_decimal_comma_of_a_map_is_told(self):
        cures, err = self.told(SOURCE % "scale: {t: 30 s, y: 0,65 um, x: 0,65 um}")
        self.assertEqual(cures, ["write y: 0.65 um", "write x: 0.65 um"], err)

    def test_a_comma_that_may_part_thousands_is_told_both_ways(self):
        for value in ("1,000", '"1,000"'):
            cures, _ = self.told(steps="{op: threshold, method: value, value: %s}" % value)
            self.assertRegex(cures[0], r"write value: 1(\.000)?, or value: 1000 where the comma")

    def test_keys_of_other_programs_are_written_our_way(self):
        for step, given, meant in KEYS:
            with self.subTest(step=step, given=given):
                cures, _ = self.told(steps="{op: %s, %s}" % (step, given))
                self.assertEqual(len(cures), 1, cures)
                kept = cures[0].split(" in place of ")
                self.assertEqual(kept[0], "write " + meant)
                replaced = kept[1].split(": a size")[0].split(": the full")[0].split(": axes have")[0].split(": that is")[0]
                self.assertIn(replaced, given)
                rest = given.replace(replaced, meant)
                self.told(steps="{op: %s, %s}" % (step, rest), code=0)

    def test_sizes_of_pixels_and_steps_are_a_scale(self):
        for given, meant in SOURCE_KEYS:
            (cure,), _ = self.told(SOURCE % given)
            written, replaced = cure.split(" in place of ")
            self.assertEqual(written, "write " + meant)
            self.told(SOURCE % given.replace(replaced, meant), code=0)

    def test_an_invented_value_is_called_an_example(self):
        for step in ("gaussian, sigma: much", "threshold, method: valley", "cast, dtype: complex",
                     "crop, x: 10", "background_rolling_median, kernel_size: -3"):
            (cure,), _ = self.told(steps="{op: %s}" % step)
            self.assertTrue(cure.startswith("write e.g. ") or "did you mean" in cure, cure)
        (cure,), _ = self.told(SOURCE % "scale: {x: small}")
        self.assertEqual(cure, "write e.g. scale: {x: 0.65 um}")

    def test_what_is_not_there_is_told_with_what_is(self):
        for steps, never, words in WORDS:
            cures, err = self.told(steps=steps)
            self.assertNotIn(never, cures[-1], err)
            self.assertIn(words, cures[-1])

    def test_names_of_other_programs_are_told_ours(self):
        for kind, name, meant in NAMES:
            with self.subTest(kind=kind, name=name):
                cures, _ = self.told(**{
                    "op": {"steps": "{op: %s}" % name},
                    "source": {"source": "{type: %s, glob: a.tif}" % name},
                    "sink": {"sinks": "{type: %s, path: a.csv}" % name}}[kind])
                self.assertIn(meant, cures[0])

    def test_a_second_name_of_what_is_given_can_go_or_replace_it(self):
        for steps, cure in [
                ("{op: gaussian, sigma: 2 px, kernel_size: 5}",
                 "remove 'kernel_size', or write sigma: 1.1 px in place of sigma: 2 px"),
                ("{op: threshold}, {op: open, footprint: disk(3), radius: 7}",
                 "remove 'radius', or write footprint: disk(7) in place of footprint: disk(3)")]:
            self.assertTrue(self.told(steps=steps)[0][0].startswith(cure))
        (cure,), _ = self.told(sinks=IMAGE.replace("}", ", name: movie}"))
        self.assertTrue(cure.startswith("remove 'name'"))
        (cure,), _ = self.told(steps="{op: crop, x: [0, 9], xmin: 10}")
        self.assertIn("or remove 'xmin'", cure)

    def test_two_sigmas_are_one_list(self):
        cures, _ = self.told(steps="{op: gaussian, sigma_x: 2 px, sigma_y: 3 px}")
        self.assertEqual({cure.split(" in place")[0] for cure in cures}, {"write sigma: [3 px, 2 px]"})

    def test_several_wrong_words_are_each_told(self):
        cures, err = self.told(steps=CELLS + "{op: measure, properties: [mean_intensity, colour]}", sinks=TABLE)
        self.assertIn("write intensity_mean in place of mean_intensity", cures[0])
        self.assertIn("in place of colour", cures[0])
        self.assertIn("in place of mean_intensity, colour", err)

    def test_a_missing_blank_is_told_at_its_key(self):
        cures, err = self.told(steps="{op: threshold}, {id: cells, op:label}")
        self.assertEqual(cures, ["write op: label"])
        self.assertIn("given:  op:label", err)

    def test_a_word_alone_is_the_step_or_sink_of_that_name(self):
        self.assertEqual(self.told(steps="{op: threshold}, label")[0], ["write - {op: label}"])
        self.assertEqual(self.told(steps="gaussian")[0], ["write - {op: gaussian, sigma: 1 px}"])
        cures, _ = self.told(steps=CELLS + "{op: measure}", sinks="table")
        self.assertIn("write - {type: table, path: objects.csv}", cures)

    def test_labels_that_are_a_word_are_a_map(self):
        sink = "{type: ome_zarr, from: source, path: a.ome.zarr, labels: %s}"
        for given in ("cells", "[cells]", "true"):
            cures, _ = self.told(steps=CELLS + "{op: measure}", sinks=sink % given)
            self.assertEqual(cures, ["write labels: {cells: cells}"])

    def test_two_steps_in_place_of_one(self):
        cures, _ = self.told(steps=CELLS + "{id: n, op: count}, {id: rows, op: measure, from: cells}",
                             sinks="{type: table, from: [rows, n], path: a.csv}")
        self.assertEqual(cures, ["write from: rows, and an entry of its own for each of n"])

    def test_input_is_from(self):
        cures, _ = self.told(steps=CELLS + "{op: count}, {op: measure, input: cells}", sinks=TABLE)
        self.assertIn("write from: cells in place of input: cells", cures)

    def test_a_size_in_bytes_keeps_its_number(self):
        for given, cure in [("4G", "4GiB"), ("8 Gb", "8GiB"), ("1,5 GiB", "1.5GiB"), ("3Gi", "3GiB")]:
            self.write("p.yaml", f"parfocal: 1\nmemory: {given}\nsource: {SOURCE % 'axes: tyx'}\nsinks: [{IMAGE}]\n")
            _, err = self.expect(3, "check", "p.yaml")
            self.assertIn("write memory: " + cure, err)
        self.write("p.yaml", f"parfocal: 1\nmemory: lots\nsource: {SOURCE % 'axes: tyx'}\nsinks: [{IMAGE}]\n")
        self.assertIn("write e.g. memory: 1 GiB", self.expect(3, "check", "p.yaml")[1])
        _, err = self.expect(2, "plan", "p.yaml", "--memory", "1,5G")
        self.assertIn("--memory 1.5GiB", err)

    def test_an_axis_without_a_scale_is_told_with_those_that_belong_to_it(self):
        _, err = self.told(SOURCE % "axes: tyx, scale: {z: 1 um}")
        self.assertRegex(err, r"axes of the source: t y x\n")


if __name__ == "__main__":
    unittest.main()
