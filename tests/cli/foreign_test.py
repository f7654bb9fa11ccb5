"""What users of other programs write: their shapes, words, units and options are told ours."""

import os
import re
import unittest

from support import CommandTest, tiff

GENERATOR = "{type: generator, size: {t: 3, y: 32, x: 32}, dtype: uint8}"
IMAGE = "{type: ome_tiff, path: a.ome.tif}"
TABLE = "{type: table, path: a.csv}"


class Foreign(CommandTest):
    def told(self, text, code=3, command="check", *options):
        self.write("p.yaml", text)
        return self.expect(code, command, "p.yaml", *options)[1]

    def cures(self, text, *options):
        return re.findall(r"cure: +(.*)", self.told(text, 3, "check", *options))

    def step(self, step, sink=IMAGE, source=GENERATOR):
        return f"parfocal: 1\nsource: {source}\nsteps: [{step}]\nsinks: [{sink}]\n"


class Values(Foreign):
    def test_sizes_of_pixels_are_ratios_too(self):
        for given, meant in [("1.6 px/um", "0.625 um"), ("2 pixels per micron", "0.5 um"),
                             ("650 nm/px", "650 nm"), ("0.65 um/pixel", "0.65 um")]:
            cure, = self.cures(self.step("", source="{type: generator, size: {t: 3, y: 9, x: 9}, "
                                                    "scale: {x: %s}}" % given))
            self.assertEqual(cure, "write scale: {x: %s}" % meant, given)

    def test_a_unit_that_was_not_said_is_an_example(self):
        for given, cure in [("{x: 1 px}", "write e.g. scale: {x: 1 um}"),
                            ("{x: 2 um}", None)]:
            text = self.step("", source="{type: generator, size: {t: 3, y: 9, x: 9}, scale: %s}"
                             % given)
            if cure:
                self.assertEqual(self.cures(text), [cure])
            else:
                self.told(text, 0)
        self.assertEqual(self.cures(self.step("{op: gaussian, sigma: 5 %}")),
                         ["write e.g. sigma: 5 px"])

    def test_lengths_are_not_taken_for_pixels(self):
        for step in ("{op: crop, x: [10 um, 50 um]}", "{op: open, footprint: disk(1.5 um)}"):
            cure, = self.cures(self.step(step))
            self.assertTrue(cure.startswith("write e.g. "), cure)

    def test_numbers_keep_their_size(self):
        for step, cure in [("{op: threshold, factor: 80 %}", "write factor: 0.8"),
                           ("{op: label, max_objects: 1e5}", "write max_objects: 100000"),
                           ("{op: label, max_objects: 100k}", "write max_objects: 100000"),
                           ("{op: crop, x: [20, 10]}", "write x: [10, 20]"),
                           ("{op: open, footprint: square(radius=3)}",
                            "write footprint: square(7)")]:
            self.assertIn(cure, self.cures(self.step(step)), step)

    def test_types_of_numpy_are_known(self):
        for given, own in [("u1", "uint8"), ("<u2", "uint16"), ("np.float32", "float32"),
                           ("f8", "float64"), ("numpy.int16", "int16")]:
            self.assertEqual(self.cures(self.step("{op: cast, dtype: %s}" % given)),
                             ["write dtype: " + own])

    def test_words_do_not_mean_their_opposite(self):
        cases = [("{op: cast, dtype: uint8, casting: clip}", "write casting: saturate"),
                 ("{op: threshold, foreground: black}", "write foreground: dark"),
                 ('{op: threshold, compare: ">="}', "write compare: ge"),
                 ("{op: threshold, method: 100}", "write method: value, value: 100"),
                 ("{op: threshold, on_error: ignore}", "write on_error: skip")]
        for step, cure in cases:
            self.assertEqual(self.cures(self.step(step)), [cure])
        for sink, cure in [("ack: disk", "write ack: durable"), ("levels: auto", "write levels: 0"),
                           ("format: ngff 0.4", "write format: 0.4"),
                           ("shard: false", "write shard: none")]:
            sink = "{type: ome_zarr, path: a.ome.zarr, %s}" % sink
            self.assertEqual(self.cures(self.step("", sink)), [cure])
        sink = "{type: ome_tiff, path: a.ome.tif, compression: true}"
        self.assertEqual(self.cures(self.step("", sink)), ["write compression: deflate"])

    def test_another_property_is_not_taken_for_the_plain_one(self):
        steps = "{op: threshold}, {op: label}, {op: measure, properties: [area, %s]}"
        for given in ("centroid_weighted", "area_convex", "area_filled", "area_bbox"):
            cure, = self.cures(self.step(steps % given, TABLE))
            self.assertIn("leave out " + given, cure)

    def test_sizes_of_memory_are_not_invented(self):
        text = "memory: %s\n" + self.step("")
        self.assertEqual(self.cures(text % "3Gi"), ["write memory: 3GiB"])
        for given in ("50%", "auto"):
            cure, = self.cures(text % given)
            self.assertTrue(cure.startswith("write e.g. memory: "), cure)

    def test_axes_are_letters(self):
        for given in ('"time y x y"', '"t,x,y"', "TXY"):
            text = self.step("", source='{type: files, glob: "a.tif", axes: %s}' % given)
            self.assertEqual(self.cures(text), ["write axes: tyx"], given)

    def test_axes_of_steps_are_told_by_their_letters(self):
        for step, cure in [("{op: reduce, over: yx, how: mean}", "write over: [y, x]"),
                           ('{op: reduce, over: "y, x", how: mean}', "write over: [y, x]"),
                           ("{op: select, axis: 0, index: 1}", "write axis: t"),
                           ("{op: reduce, over: q, how: mean}",
                            "choose among the axes of the input: t, y, x")]:
            err = self.told(self.step(step), 3, "plan")
            self.assertIn("cure:   " + cure, err, step)


class Shapes(Foreign):
    BODY = "parfocal: 1\nsource: %s\nsteps:\n  - {op: threshold}\nsinks:\n  - %s\n" % (GENERATOR,
                                                                                   IMAGE)

    def test_keys_of_other_programs_are_told_once(self):
        for own, other in [("sinks", "outputs"), ("steps", "pipeline"), ("steps", "operations"),
                           ("source", "input")]:
            text = self.BODY.replace(f"\n{own}:", f"\n{other}:")
            self.assertEqual(self.cures(text), [f"write {own}: in place of {other}:"])

    def test_options_in_the_file_are_told_for_the_command_line(self):
        for line, cure in [("threads: 4", "run with --threads 4"), ("out: res", "run with --out res"),
                           ("n_jobs: 2", "run with --threads 2")]:
            self.assertEqual(self.cures(line + "\n" + self.BODY), ["leave it out, and " + cure])

    def test_keys_beside_the_source_are_told_to_stand_below_it(self):
        text = ('parfocal: 1\nsource:\n  type: files\nglob: "img/*.tif"\naxes: tyx\n'
                "steps:\n  - op: threshold\nsinks:\n  - %s\n" % IMAGE)
        self.assertEqual(self.cures(text), [
            "indent it by two blanks below source:, as   glob: img/*.tif",
            "indent it by two blanks below source:, as   axes: tyx"])

    def test_patterns_are_quoted_where_yaml_wants_it(self):
        text = 'parfocal: 1\nsource:\n  type: files\n%sglob: "*.tif"\nsinks: [' + IMAGE + "]\n"
        self.assertTrue(self.cures(text % "")[0].endswith('   glob: "*.tif"'))
        self.assertEqual(self.cures(text.replace("glob", "path") % "  "),
                         ['write glob: "*.tif" in place of path: *.tif'])

    def test_maps_in_place_of_lists_are_shown_as_lists(self):
        steps = "steps:\n  mask: {op: threshold}\n  cells: {op: label}\n"
        text = "parfocal: 1\nsource: %s\n%ssinks: %s\n" % (GENERATOR, steps, IMAGE)
        self.assertEqual(self.cures(text), [
            "start every entry with '- ': - {id: mask, op: threshold}",
            "start every entry with '- ': - " + IMAGE])

    def test_steps_of_other_programs_keep_their_numbers(self):
        for step, cure in [
                ("{operator: threshold}", "write op: threshold in place of operator: threshold"),
                ("{gaussian: {sigma: 2 px}}",
                 "write op: gaussian, sigma: 2 px in place of gaussian: {sigma: 2 px}"),
                ("{op: gaussian, params: {sigma: 2 px}}",
                 "write sigma: 2 px in place of params: {sigma: 2 px}"),
                ("{name: clean, op: threshold}", "write id: clean in place of name: clean"),
                ("{id: source, op: threshold}", "choose another id, e.g. id: source_2"),
                ("{id: my clean, op: threshold}", "rename it, e.g. id: my_clean"),
                ("{op: crop, x0: 10, x1: 20}", "write x: [10, 20] in place of x0: 10")]:
            self.assertEqual(self.cures(self.step(step))[0], cure)

    def test_a_sink_among_the_steps_is_told_to_move(self):
        text = "parfocal: 1\nsource: %s\nsteps: [{op: threshold}, %s]\n" % (GENERATOR, IMAGE)
        self.assertEqual(self.cures(text), ["move it below sinks:, as - " + IMAGE])

    def test_a_path_in_place_of_a_source_stays(self):
        text = "parfocal: 1\nsource: img/*.tif\nsinks: [%s]\n" % IMAGE
        self.assertEqual(self.cures(text),
                         ['write source: {type: files, glob: "img/*.tif", axes: tyx}'])

    def test_a_field_that_cannot_take_a_value_is_not_told_too(self):
        sink = "{type: ome_zarr, path: a.ome.zarr, shards: [64, 512, 512]}"
        self.assertEqual(len(self.cures(self.step("", sink))), 1)

    def test_steps_of_the_tests_are_unknown(self):
        step = self.step("{op: test_add, constant: 10}")
        environment = {k: v for k, v in os.environ.items() if k != "PARFOCAL_TEST_PARTS"}
        self.write("p.yaml", step)
        _, err = self.expect(3, "check", "p.yaml", env=environment)
        self.assertIn("test_add", err)


class Patterns(Foreign):
    def test_placeholders_of_other_programs_match_all_files(self):
        for i in range(3):
            (self.dir / f"img_{i:03}.tif").write_bytes(tiff())
        for given in ("img_{t:03d}.tif", "img_%03d.tif", r"img_\d+.tif", "img_###.tif",
                      "img_{000..002}.tif", "img_*.tif ", "“img_*.tif”"):
            err = self.told(self.step("", source="{type: files, glob: '%s'}" % given), 4, "plan")
            self.assertIn('cure:   write glob: "img_*.tif" (3 files)', err)

    def test_addresses_are_told_to_be_copied(self):
        err = self.told(self.step("", source="{type: files, glob: 's3://b/*.tif'}"), 4, "plan")
        self.assertIn("copy the files here", err)


class CommandLines(Foreign):
    LINES = [("run p.yaml -j 4", "run p.yaml --threads 4"),
             ("run p.yaml --n_jobs=4", "run p.yaml --threads 4"),
             ("plan p.yaml -m 1GiB", "plan p.yaml --memory 1GiB"),
             ("run p.yaml -q", "run p.yaml --progress none"),
             ("run p.yaml --force", "run p.yaml --overwrite"),
             ("run p.yaml --dry-run", "plan p.yaml"),
             ("run p.yaml --input a.tif", "run p.yaml --set source.glob=a.tif"),
             ("run p.yaml --mask.factor=2", "run p.yaml --set mask.factor=2"),
             ("--memory 1GiB run p.yaml", "run p.yaml --memory 1GiB"),
             ("validate p.yaml", "check p.yaml"),
             ("open a.tif", "info a.tif"),
             ("operators", "ops"),
             ("run p.yaml --set mask.factor = 2", "run p.yaml --set mask.factor=2"),
             ("background a.rtdc b.rtdc", "background sparse-median a.rtdc b.rtdc"),
             ("background median a.rtdc b.rtdc", "background rolling-median a.rtdc b.rtdc")]

    def test_options_and_commands_are_those_of_parfocal(self):
        for given, meant in self.LINES:
            _, err = self.expect(2, *given.split())
            self.assertTrue(err.rstrip().endswith("parfocal " + meant), (given, err))

    def test_choices_are_meant(self):
        for option, meant in [("--on-error continue", "--on-error skip"),
                              ("--progress bar", "--progress auto")]:
            _, err = self.expect(2, "run", "p.yaml", *option.split())
            self.assertIn("write " + meant, err)

    def test_sets_are_read_as_meant(self):
        text = self.step("{id: mask, op: threshold}")
        self.told(text, 0, "check", "--set", "mask.factor = 2")
        for given, meant in [("mask.factor:2", "--set 'mask.factor=2'"),
                             ("steps.0.factor=2", "--set 'mask.factor=2'"),
                             ("mask.method=value,value=100",
                              "--set 'mask.method=value' --set 'mask.value=100'")]:
            self.assertEqual(self.cures(text, "--set", given), ["write " + meant])


if __name__ == "__main__":
    unittest.main()
