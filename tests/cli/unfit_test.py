"""Inputs whose items a step or sink does not take: `check` tells them without an image, `plan` in the
same words, and the cure is one that can be pasted."""

import re
import unittest

from support import CommandTest

STEPS = [
    "{id: smooth, op: gaussian, sigma: 1 px}",
    "{id: mask, op: threshold}",
    "{id: clean, op: open, footprint: disk(1)}",
    "{id: cells, op: label}",
    "{id: number, op: count}",
    "{id: objects, op: measure, from: cells, intensity: source}",
]
SINK = "{type: table, from: objects, path: a.csv}"
IMAGES = "{type: ome_zarr, from: smooth, path: a.ome.zarr, labels: {cells: %s}}"

# (the wrong entry, what of it is refused, what its cure ends in, the entry as the cure makes it)
WRONG_STEPS = [
    ("{id: number, op: count, from: smooth}", "float32 or float64", "write from: cells",
     "{id: number, op: count, from: cells}"),
    ("{id: objects, op: measure, from: mask}", "bool", "write from: cells",
     "{id: objects, op: measure, from: cells}"),
    ("{id: objects, op: measure}", "one number per frame", "write from: cells",
     "{id: objects, op: measure, from: cells}"),
    ("{id: objects, op: measure, from: cells, intensity: number}", "one number per frame",
     "write from: cells, intensity: smooth", "{id: objects, op: measure, from: cells, intensity: smooth}"),
    ("{id: clean, op: open, footprint: disk(1), from: mask.threshold}", "one number per frame",
     "write from: mask", "{id: clean, op: open, footprint: disk(1), from: mask}"),
    ("{id: cells, op: label, from: mask.threshold}", "one number per frame", "write from: mask",
     "{id: cells, op: label, from: mask}"),
    ("{id: cells, op: label, from: smooth}", "float32 or float64",
     "add before it {id: mask_2, op: threshold, from: smooth} and write from: mask_2",
     "{id: mask_2, op: threshold, from: smooth}, {id: cells, op: label, from: mask_2}"),
    # Grey levels are no labels, and Otsu's level of the numbers of objects parts nothing.
    ("{id: cells, op: remove_small, min_size: 5, from: smooth}", "float32 or float64",
     "add before it {id: mask_2, op: threshold, from: smooth} and write from: mask_2",
     "{id: mask_2, op: threshold, from: smooth}, {id: kept, op: remove_small, min_size: 5, from: mask_2}, "
     "{id: cells, op: label, from: kept}"),
    ("{id: number, op: fill_holes, from: cells}", "uint32",
     "add before it {id: mask_2, op: threshold, from: cells, method: value, value: 0} and write from: mask_2",
     "{id: mask_2, op: threshold, from: cells, method: value, value: 0}, "
     "{id: number, op: fill_holes, from: mask_2}"),
]
WRONG_SINKS = [
    ("{type: ome_tiff, from: number, path: a.ome.tif}", "one number per frame",
     "write {type: table, from: number, path: number.csv}", "{type: table, from: number, path: number.csv}"),
    ("{type: table, from: cells, path: a.csv}", "an image", "write from: objects", SINK),
    ("{type: table, from: smooth, path: a.csv}", "an image", "write from: objects", SINK),
    ("{type: table, from: source, path: a.csv}", "an image",
     "write {type: ome_zarr, from: source, path: source.ome.zarr}",
     "{type: ome_zarr, from: source, path: source.ome.zarr}"),
    (IMAGES % "clean", "bool", "write labels: {cells: cells}", IMAGES % "cells"),
    (IMAGES % "number", "one number per frame", "write labels: {cells: cells}", IMAGES % "cells"),
]


class Unfit(CommandTest):
    def write_pipeline(self, steps, sink=SINK):
        self.write("p.yaml", "parfocal: 1\nsource: {type: generator, size: {t: 3, y: 32, x: 32}}\n"
                             f"steps: [{', '.join(steps)}]\nsinks: [{sink}]\n")

    def with_step(self, entry):
        name = re.findall(r"\{id: (\w+)", entry)[-1]
        return [entry if step.startswith(f"{{id: {name},") else step for step in STEPS]

    def told(self, given, cure):
        err = self.expect(3, "check", "p.yaml")[1]
        self.assertEqual(err.count("error:"), 1, err)
        self.assertIn(f"given:  {given}\n", err)
        self.assertIn(f"cure:   {cure}\n", err)

    def test_a_step_is_told_with_what_it_needs(self):
        for wrong, given, cure, right in WRONG_STEPS:
            with self.subTest(wrong):
                self.write_pipeline(self.with_step(wrong))
                self.told(given, cure)
                self.write_pipeline(self.with_step(right))
                self.expect(0, "plan", "p.yaml")

    def test_a_sink_is_told_with_what_it_saves(self):
        for wrong, given, cure, right in WRONG_SINKS:
            with self.subTest(wrong):
                self.write_pipeline(STEPS, wrong)
                self.told(given, cure)
                self.write_pipeline(STEPS, right)
                self.expect(0, "plan", "p.yaml")

    def test_labels_are_added_where_no_step_makes_them(self):
        self.write_pipeline(STEPS[:3] + ["{id: objects, op: measure, from: clean}"])
        self.told("bool", "add before it {id: cells, op: label, from: clean} and write from: cells")

    def test_a_number_is_no_label_image_but_what_it_was_made_of_may_become_one(self):
        number, add = "{id: number, op: reduce, over: [y, x], how: mean, from: source}", "add to steps "
        for steps, made, cure in [
                (STEPS[:2], "mask.threshold", "{id: cells, op: label, from: mask}"),
                ([*STEPS[:1], number], "number", "{id: mask, op: threshold, from: source}, {id: cells, op: label, from: mask}")]:
            self.write_pipeline(steps, IMAGES % made)
            self.told("one number per frame", f"{add}{cure} and write labels: {{cells: cells}}")
            self.write_pipeline([*steps, cure], IMAGES % "cells")
            self.expect(0, "plan", "p.yaml")

    def test_rows_of_numbers_are_neither_images_nor_numbers(self):
        number = "{id: number, op: reduce, over: [y, x], how: mean, from: source}"
        self.write_pipeline([number, "{id: row, op: collect, over: t}"], "{type: table, from: row, path: a.csv}")
        for command in ("check", "plan"):
            err = self.expect(3, command, "p.yaml")[1]
            self.assertIn("save the input of row", err)
            self.assertNotIn("ome_zarr", err)

    def test_what_only_the_file_tells_is_not_refused_by_its_words(self):
        self.write("p.yaml", "parfocal: 1\nsource: {type: files, glob: no/*.tif}\n"
                             "steps: [{id: objects, op: measure}]\nsinks: [%s]\n" % SINK)
        self.expect(0, "check", "p.yaml")

    def test_a_step_minus_itself_is_refused(self):
        blur = "{id: bg, op: gaussian, sigma: 4 px}"
        for inputs in ("by: bg", "from: bg, by: bg.out"):
            self.write_pipeline([blur, "{op: subtract, %s}" % inputs, *STEPS[1:]])
            self.assertIn("cure:   write from: source, by: bg", self.expect(3, "check", "p.yaml")[1])
        self.write_pipeline([blur, "{op: subtract, from: source, by: bg}", *STEPS[1:]])
        self.expect(0, "plan", "p.yaml")


if __name__ == "__main__":
    unittest.main()
