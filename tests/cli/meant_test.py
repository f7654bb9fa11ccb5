"""Cures that are pasted do what was meant, and what looks like a mistake is told."""

import re
import unittest

from support import CommandTest, PIPELINE, ome_xml, tiff

SINK = "{type: ome_zarr, from: source, path: a.ome.zarr}"
TABLE = "{type: table, path: a.csv}"
GENERATOR = "{type: generator, size: {t: 3, y: 32, x: 32}, dtype: uint8}"


class Meant(CommandTest):
    def pipeline(self, steps="", sinks=SINK, source='{type: files, glob: "img_*.tif", axes: tyx}'):
        self.write("p.yaml", f"parfocal: 1\nsource: {source}\n"
                   + (f"steps: [{steps}]\n" if steps else "") + f"sinks: [{sinks}]\n")

    def images(self, count=3, **options):
        for i in range(count):
            (self.dir / f"img_{i}.tif").write_bytes(tiff(**options))

    def cures(self, code, command="check", **pipeline):
        self.pipeline(**pipeline)
        return re.findall(r"cure: +(.*)", self.expect(code, command, "p.yaml")[1])


class Fields(Meant):
    def test_a_name_in_place_of_an_index_is_a_name(self):
        step = "{op: select, axis: c, index: DAPI}"
        self.assertEqual(self.cures(3, steps=step), ["write name: DAPI in place of index"])

    def test_a_scale_keeps_its_other_axes(self):
        for given, wanted in [("{t: 30 s, y: 0.65, x: 0.65}", "{t: 30 s, y: 0.65 um, x: 0.65 um}"),
                              ("{t: 5um, y: 1 um, x: 1 um}", "{t: 5 s, y: 1 um, x: 1 um}"),
                              ("{t: 1 s, y: 1 s, x: 1 um}", "{t: 1 s, y: 1 um, x: 1 um}"),
                              ("{c: 1 um, y: 1 um, x: 1 um}", "{y: 1 um, x: 1 um}")]:
            for source in ('{type: files, glob: "a.tif", axes: auto, scale: %s}',
                           "{type: generator, size: {c: 1, t: 3, y: 9, x: 9}, scale: %s}",
                           '{type: push, of: {type: files, glob: "a.tif", axes: auto, scale: %s}}'):
                with self.subTest(given=given, source=source):
                    cure, = self.cures(3, source=source % given)
                    self.assertRegex(cure, "write (e.g. )?scale: " + re.escape(wanted))

    def test_a_wrong_unit_of_set_is_told(self):
        self.pipeline(source=GENERATOR)
        self.expect(0, "check", "p.yaml", "--set", "source.scale.t=5s")
        for value in ("t=5um", "y=5s", "x=1 ms"):
            _, err = self.expect(3, "check", "p.yaml", "--set", f"source.scale.{value}")
            self.assertIn("in place of " + value[0], err)

    def test_a_word_of_a_list_is_replaced(self):
        steps = "{op: threshold}, {op: label}, {op: measure, intensity: source, properties: %s}"
        self.assertEqual(self.cures(3, steps=steps % "[area, mean_intensity]", sinks=TABLE),
                         ["write properties: [area, intensity_mean]"])
        cure, = self.cures(3, steps=steps % "[area, wavelength]", sinks=TABLE)
        self.assertNotIn("write properties", cure)

    def test_unknown_keys_are_what_their_values_can_be(self):
        self.assertEqual(self.cures(3, steps="{op: select, over: c, at: GFP}"),
                         ["write axis: c in place of over: c", "write name: GFP in place of at: GFP"])
        cure = self.cures(3, steps="{op: select, over: c, at: 1}")[1]
        self.assertEqual(cure, "write index: 1 in place of at: 1")


class Types(Meant):
    STEPS = "{id: smooth, op: gaussian, sigma: 1 px}, {id: mask, op: threshold, from: source}, "

    def check_pasted(self, steps, last, sinks):
        """The steps of the cure go before the last step, and what it writes into it."""
        self.images()
        cure = self.cures(3, "plan", steps=steps + last, sinks=sinks)[-1]  # behind those of warnings
        found = re.search(r"add before it (\{.*\}) and write ([\w:, ]+)", cure.split(";")[0])
        self.assertIsNotNone(found, cure)
        for key in re.findall(r"(\w+):", found.group(2)):
            last = re.sub(rf", {key}: [\w.]+", "", last)
        last = last[:-1] + ", " + found.group(2) + "}"
        self.pipeline(steps + found.group(1) + ", " + last, sinks)
        self.expect(0, "plan", "p.yaml")
        return cure

    def test_a_mask_in_place_of_an_image(self):
        cure = self.check_pasted(self.STEPS + "{id: cells, op: label}, ",
                                 "{op: measure, intensity: mask, properties: [intensity_mean]}", TABLE)
        self.assertIn("mask_u8, op: cast, from: mask, dtype: uint8} and write from: cells, intensity: mask_u8", cure)

    def test_an_image_in_place_of_a_mask(self):
        cure = self.check_pasted(self.STEPS, "{id: cells, op: label, from: smooth}",
                                 "{type: ome_zarr, path: a.ome.zarr}")
        self.assertIn("mask_2", cure)  # mask is taken

    def test_a_mask_in_place_of_labels(self):
        self.check_pasted(self.STEPS, "{op: measure, from: mask}", TABLE)
        self.check_pasted(self.STEPS, "{op: measure, from: smooth}", TABLE)

    def test_labels_above_go_before_new_ones(self):
        self.images()
        steps = self.STEPS + "{id: cells, op: label}, "
        for wrong in ("{op: count}, {op: measure}", "{op: measure, from: mask}"):
            cure = self.cures(3, "plan", steps=steps + wrong, sinks=TABLE)[-1]
            self.assertIn("write from: cells", cure)
            self.assertNotIn("op: cast", cure)
        self.pipeline(steps + "{op: count}, {op: measure, from: cells}", TABLE)
        self.expect(0, "plan", "p.yaml")

    def test_numbers_that_ome_tiff_does_not_have(self):
        self.images()
        steps = "{id: wide, op: cast, dtype: int64}, {id: other, op: gaussian, sigma: 2 px, from: source}"
        sink = "{type: ome_tiff, path: a.ome.tif, %s}"
        cure = self.cures(3, "plan", steps=steps, sinks=sink % "from: wide")[-1]
        found = re.search(r"add to steps (\{.*\}) and write (.*)", cure)
        self.pipeline(steps + ", " + found.group(1), sink % found.group(2))
        self.expect(0, "plan", "p.yaml")

    def test_an_operator_that_refuses_a_type(self):
        self.check_pasted("{id: wide, op: cast, dtype: uint32}, {id: other, op: cast, dtype: uint8}, ",
                          "{op: threshold, from: wide}", "{type: ome_zarr, path: a.ome.zarr}")


class Notes(Meant):
    def test_labels_of_the_source_are_told(self):
        for step in ("{op: measure, from: source}", "{op: count}"):
            for source, noted in [(GENERATOR.replace("uint8", "uint16"), True),
                                  ("{type: ome_zarr, path: a.ome.zarr, labels: cells}", False)]:
                self.pipeline(step, TABLE, source)
                _, err = self.expect(0, "check", "p.yaml")
                self.assertEqual("each different value of 'source'" in err, noted, err)
        self.pipeline("{op: crop, y: [0, 9]}, {op: measure}", TABLE, GENERATOR.replace("uint8", "uint16"))
        for command in ("check", "plan", "run"):
            self.assertIn("op: threshold, from: crop}", self.expect(0, command, "p.yaml")[1])
        self.write("p.yaml", PIPELINE)
        self.assertNotIn("each different value", self.expect(0, "check", "p.yaml")[1])

    def test_endings_of_other_formats_are_told(self):
        labels = "{op: threshold}, {op: label}, {id: objects, op: measure}"
        for sink, wanted in [("{type: table, from: objects, path: %s}", "objects.csv"),
                             ("{type: ome_zarr, from: source, path: %s}", "objects.ome.zarr"),
                             ("{type: ome_tiff, from: source, path: %s}", "objects.ome.tif")]:
            for name in ("objects.csv", "objects.xlsx", "objects.ome.zarr", "objects.OME.TIFF", "objects"):
                self.pipeline(labels, sink % name, GENERATOR)
                _, err = self.expect(0, "check", "p.yaml")
                fits = name.lower().startswith(wanted)
                self.assertEqual(f"write path: {wanted}" in err, not fits, name + err)

    def test_background_refuses_the_name_of_an_image(self):
        _, err = self.expect(2, "background", "sparse-median", "recording.rtdc", "out.tif")
        self.assertIn("write out.rtdc", err)


class Globs(Meant):
    def matched(self, pattern):
        self.pipeline(source='{type: files, glob: "%s", axes: tyx}' % pattern)
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        rows = (self.dir / "o/frames.csv").read_text().splitlines()
        at = rows[0].split(",").index("file")
        return [row.split(",")[at] for row in rows[1:]]

    def test_two_stars_are_any_number_of_folders(self):
        names = ["two/a.tif", "two/run2/a.tif", "two/run10/a.tif", "two/run2/deep/b.tif"]
        for name in [*names, "two/.hidden/a.tif", "two/run2/.b.tif", "two/c.txt"]:
            (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
            (self.dir / name).write_bytes(tiff())
        (self.dir / "two/link").symlink_to(".")
        everywhere = ["two/a.tif", "two/run2/a.tif", "two/run2/deep/b.tif", "two/run10/a.tif"]
        self.assertEqual(self.matched("two/**/*.tif"), everywhere)
        self.assertEqual(self.matched("two/**/**/*.tif"), everywhere)
        self.assertEqual(self.matched("**/a.tif"), [n for n in everywhere if n.endswith("a.tif")])
        self.assertEqual(self.matched("two/**/deep/*"), ["two/run2/deep/b.tif"])
        self.assertEqual(self.matched(f"{self.dir}/two/run2/**"),
                         [f"{self.dir}/two/run2/a.tif", f"{self.dir}/two/run2/deep/b.tif"])

    def test_hidden_folders_are_not_listed(self):
        (self.dir / ".x.ome.zarr.parfocal").mkdir()
        self.pipeline(source='{type: files, glob: "no*.tif", axes: tyx}')
        _, err = self.expect(4, "plan", "p.yaml")
        self.assertIn("1 entry: p.yaml)", err)


class Words(Meant):
    def test_a_missing_bracket_is_named(self):
        self.write("p.yaml", PIPELINE)
        _, err = self.expect(3, "check", "p.yaml", "--set", "objects.properties=[area")
        self.assertIn("add the missing ]", err)
        self.assertIn("--set objects.properties=[area: ", err)
        self.write("p.yaml", PIPELINE.replace("[area, centroid]", "[area, centroid"))
        _, err = self.expect(3, "check", "p.yaml")
        self.assertRegex(err, r"p\.yaml:7:\d+: '\[' is never closed")
        self.write("p.yaml", PIPELINE.replace("1 px", "${sigma}"))
        self.assertIn('"${name}"', self.expect(3, "check", "p.yaml")[1])

    def test_a_pipeline_without_a_command_is_run(self):
        self.pipeline(source=GENERATOR)
        _, err = self.expect(2, "p.yaml", "--threads", "1")
        self.assertIn("parfocal run p.yaml --threads 1", err)

    def test_levels_and_labels_that_are_not_there(self):
        self.images(1)
        self.expect(0, "convert", "img_0.tif", "a.ome.zarr")
        for given, cure in [("level: 3", "write level: 0"), ("labels: cells", "remove labels")]:
            source = "{type: ome_zarr, path: a.ome.zarr, %s}" % given
            self.assertEqual(self.cures(4, "plan", source=source, sinks=SINK.replace("a.", "b.")), [cure])

    def test_a_value_of_set_has_no_line(self):
        self.images(1)
        _, err = self.expect(3, "convert", "img_0.tif", "a.ome.zarr", "--set", "sink.codc=zstd")
        self.assertIn("--set sink.codc=zstd: ", err)

    def test_a_label_image_of_floats_is_told_with_its_sink(self):
        self.pipeline("{id: m, op: cast, dtype: float32}",
                      "{type: ome_zarr, from: source, path: a.ome.zarr, labels: {m: m}}", GENERATOR)
        self.assertRegex(self.expect(3, "check", "p.yaml")[1], r"p\.yaml:4:\d+.*cannot save the pixels of 'm' as labels.m")


if __name__ == "__main__":
    unittest.main()
