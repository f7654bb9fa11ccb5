"""Mistakes in names and words: the line that a message prints works when it is pasted."""

import json
import shlex
import shutil
import unittest

from support import SHARED_DIR, CommandTest, tiff

RECORDING = SHARED_DIR / "data/dcnum/fmt-hdf5_shapein_raw-with-variable-length-logs/file_with_variable_length_logs.rtdc"


class Lines(CommandTest):
    def lines(self, err):
        """The lines of the cure."""
        cure = err[err.index("  cure:"):].split("\n")
        return [line.strip() for line in cure[1:] if line.startswith("          ")]

    def paste(self, line, code=0):
        return self.expect(code, *shlex.split(line)[1:])


class Convert(Lines):
    def test_a_forgotten_result_does_not_cost_an_input(self):
        for i in range(3):
            (self.dir / f"pos{i}.tif").write_bytes(tiff())
            self.expect(0, "convert", f"pos{i}.tif", f"pos{i}.ome.tif")
            (self.dir / f"pos{i}.tif").unlink()
        before = (self.dir / "pos2.ome.tif").read_bytes()
        err = self.expect(8, "convert", "pos0.ome.tif", "pos1.ome.tif", "pos2.ome.tif")[1]
        self.assertIn("the last name was taken as the result", err)
        lines = self.lines(err)
        self.assertNotIn("--overwrite", lines[0])
        self.assertIn("to throw away pos2.ome.tif (1 frame)", lines[1])
        self.paste(lines[0])
        self.assertEqual((self.dir / "pos2.ome.tif").read_bytes(), before)
        made = shlex.split(lines[0])[-1]
        self.assertEqual(self.expect_json(0, "parfocal.info/1", "info", made, "--json")["items"][0]["shape"][0], 3)

    def test_a_file_named_twice_is_one_input(self):
        (self.dir / "a.tif").write_bytes(tiff())
        self.paste(self.lines(self.expect(2, "convert", "a.tif", "a.tif")[1])[0])
        self.assertTrue((self.dir / "a.ome.zarr").exists())

    def test_keys_are_told_before_others_are_advised(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", ".")
        err = self.expect(3, "convert", "smooth.ome.zarr", "l.ome.tif", "--set", "source.label=cells")[1]
        self.assertNotIn("note:", err)
        self.paste(self.lines(err)[0])

    def test_cures_are_lines_of_this_command(self):
        (self.dir / "a.tif").write_bytes(tiff(pages=6))
        for name, words in enumerate([["--set", "sizes={z: 3}", "--set", "source.axes=tzyx"],
                                      ["--set", "source.axes=xyz"], ["--set", "source.axis=zyx"]]):
            code = 2 if name == 0 else 3
            self.paste(self.lines(self.expect(code, "convert", "a.tif", f"{name}.ome.zarr", *words)[1])[0])

    def test_a_position_that_is_not_there_is_told_with_those_that_are(self):
        self.write_movie()
        self.expect(0, "convert", "frame*.tif", "image.ome.zarr")
        for well in ("A/1", "C/1"):
            shutil.copytree(self.dir / "image.ome.zarr", self.dir / "plate.ome.zarr" / well / "0")
            self.write(f"plate.ome.zarr/{well}/zarr.json", json.dumps(
                {"zarr_format": 3, "node_type": "group",
                 "attributes": {"ome": {"version": "0.5", "well": {"images": [{"path": "0"}]}}}}))
        self.write("plate.ome.zarr/zarr.json", json.dumps(
            {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", "plate": {
                "columns": [{"name": "1"}], "rows": [{"name": "A"}, {"name": "C"}],
                "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0},
                          {"path": "C/1", "rowIndex": 1, "columnIndex": 0}]}}}}))
        for i, (code, choice) in enumerate([(4, "source.position=C1"), (3, "source.well=C/1"), (4, "source.position=C")]):
            err = self.expect(code, "convert", "plate.ome.zarr", f"{i}.ome.tif", "--set", choice)[1]
            self.assertIn("source.position=C/1/0", self.lines(err)[0])
            self.assertIn("cure:   run\n", err)
            self.paste(self.lines(err)[0])
        invented = self.expect(4, "convert", "plate.ome.zarr", "a.ome.tif", "--set", "source.position=here")[1]
        self.assertIn("cure:   run e.g.\n", invented)

    def test_arrays_of_a_group_are_named(self):
        self.write_movie()
        self.expect(0, "convert", "frame*.tif", "image.ome.zarr")
        shutil.copytree(self.dir / "image.ome.zarr/0", self.dir / "group.zarr/a")
        self.write("group.zarr/zarr.json", '{"zarr_format": 3, "node_type": "group", "attributes": {}}')
        err = self.expect(4, "convert", "group.zarr", "a.ome.zarr")[1]
        self.assertIn("--set source.position=a", self.lines(err)[0])
        self.paste(self.lines(err)[0])


class Names(Lines):
    def test_a_glob_without_files_is_told_with_the_near_one(self):
        (self.dir / "movie").mkdir()
        (self.dir / "br[1]").mkdir()
        for i in range(3):
            (self.dir / f"movie/a{i}.tif").write_bytes(tiff())
            (self.dir / f"br[1]/a{i}.tif").write_bytes(tiff())
        for wrong, right in [("movie/*.tiff", "movie/*.tif"), ("movie/*.TIF", "movie/*.tif"),
                             ("Movie/*.tif", "movie/*.tif"), ("movi/a*.tif", "movie/a*.tif"),
                             ("movie\\*.tif", "movie/*.tif"), ("br[1]/*.tif", "br[[]1]/*.tif")]:
            with self.subTest(wrong):
                text = ("parfocal: 1\nsource: {type: files, glob: '%s'}\n"
                        "sinks: [{type: ome_zarr, from: source, path: a.ome.zarr}]\n")
                self.write("p.yaml", text % wrong)
                self.assertIn(f'cure:   write glob: "{right}" (3 files)', self.expect(4, "plan", "p.yaml")[1])
                self.write("p.yaml", text % right)
                self.expect(0, "plan", "p.yaml")
        self.paste(self.lines(self.expect(4, "convert", "movie/*.tiff", "a.ome.zarr")[1])[0])

    def test_a_pipeline_that_is_not_there_has_a_near_name(self):
        self.write_movie()
        for command in ("check", "plan", "run", "info"):
            err = self.expect(4, command, "pipeline.yml")[1]
            self.assertIn("does not exist", err)
            self.assertIn("did you mean 'pipeline.yaml'?", err)

    def test_backslashes_in_double_quotes_are_told(self):
        for path in ("C:\\Users\\*.tif", "C:\\data\\*.tif"):
            self.write("p.yaml", 'parfocal: 1\nsource: {type: files, glob: "%s"}\n' % path)
            err = self.expect(3, "check", "p.yaml")[1]
            self.assertIn("in double quotes \\ begins a special character", err)
            self.assertIn(f'given:  "{path}"', err)

    def test_info_tells_what_is_good_and_every_bad_name(self):
        self.write_movie(2)
        out, err = self.expect(4, "info", "frame0.tif", "no.tif", "frame1.tif", "no.yaml")
        self.assertEqual(out.count("dtype:"), 2)
        self.assertEqual(err.count("error:"), 2)
        document = self.expect_json(4, "parfocal.info/1", "info", "frame0.tif", "no.tif", "--json")
        self.assertEqual((len(document["items"]), document["issues"][0]["where"]), (1, "no.tif"))

    def test_metadata_of_a_store_is_no_pipeline(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        self.paste(self.lines(self.expect(2, "info", "o/smooth.ome.zarr/zarr.json")[1])[0])
        out = self.expect(0, "info", "o/smooth.ome.zarr")[0]
        self.assertEqual((out.count("frames expected:"), out.count("steps of t:")), (1, 1))

    def test_a_result_without_an_ending_is_noted(self):
        self.write("p.yaml", "parfocal: 1\nsource: {type: generator, size: {t: 2, y: 9, x: 9}}\n"
                             "sinks: [{type: ome_tiff, from: source, path: results}]\n")
        self.assertIn("write path: results.ome.tif", self.expect(0, "check", "p.yaml")[1])


class Words(Lines):
    def test_usual_words_get_the_line_that_works(self):
        self.write_movie()
        for words in (["run", "pipeline.yaml", "--memory", "256", "MiB"], ["run", "pipeline.yaml", "-o", "made"],
                      ["convert", "frame0.tif", "-o", "a.ome.zarr"], ["convert", "-o", "b.ome.zarr", "frame0.tif"],
                      ["convert", "-o=c.ome.zarr", "frame0.tif"], ["demo", "cells", "-o", "elsewhere"]):
            with self.subTest(words):
                self.paste(self.lines(self.expect(2, *words)[1])[0])
        for name in ("b.ome.zarr", "c.ome.zarr", "elsewhere"):
            self.assertTrue((self.dir / name).exists(), name)
        for words in (["check", "pipeline.yaml"], ["info", "frame0.tif"], ["recover", "made"]):
            self.assertIn("see `parfocal", self.expect(2, *words, "-o", "x")[1])

    def test_set_without_a_step_is_told_with_it(self):
        self.write_movie()
        for given, meant in [("sigma=2px", "smooth.sigma=2px"), ("gaussian.sigma=2px", "smooth.sigma=2px"),
                             ("steps.smooth.sigma=2px", "smooth.sigma=2px"), ("glob=frame*.tif", "source.glob=frame*.tif")]:
            err = self.expect(3, "check", "pipeline.yaml", "--set", given)[1]
            self.assertIn(f"cure:   write --set '{meant}'\n", err)
            self.expect(0, "check", "pipeline.yaml", "--set", meant)

    def test_a_wrong_choice_has_a_near_one(self):
        self.write_movie()
        self.assertIn("did you mean 'json'?", self.expect(2, "run", "pipeline.yaml", "--progress", "jason")[1])


@unittest.skipUnless(RECORDING.exists(), "no recordings")
class Background(Lines):
    def setUp(self):
        super().setUp()
        if "rtdc" not in self.expect(0, "ops")[0]:
            self.skipTest("built without HDF5")
        shutil.copy(RECORDING, self.dir / "rec.rtdc")
        shutil.copy(RECORDING, self.dir / "out.rtdc")

    def test_what_is_no_recording_is_told_first(self):
        before = (self.dir / "out.rtdc").read_bytes()
        err = self.expect(4, "background", "sparse-median", "recc.rtdc", "out.rtdc")[1]
        self.assertIn("background sparse-median rec.rtdc out.rtdc", self.lines(err)[0])
        (self.dir / "folder").mkdir()
        shutil.copy(RECORDING, self.dir / "folder/a.rtdc")
        self.paste(self.lines(self.expect(4, "background", "sparse-median", "folder", "b.rtdc")[1])[0])
        (self.dir / "a.tif").write_bytes(tiff())
        self.assertIn("this is a TIFF file", self.expect(4, "background", "sparse-median", "a.tif", "c.rtdc")[1])
        self.assertEqual((self.dir / "out.rtdc").read_bytes(), before)

    def test_cures_are_options(self):
        for method, option, value in [("rolling-median", "--kernel-size", "11"), ("rolling-median", "--kernel-size", "400"),
                                      ("sparse-median", "--frac-cleansing", "3")]:
            err = self.expect(3, "background", method, "rec.rtdc", f"a{value}.rtdc", option, value)[1]
            self.assertIn(f"{option} ", self.lines(err)[0])
            self.paste(self.lines(err)[0])

    def test_cures_keep_the_unit_of_an_option(self):
        err = self.expect(3, "background", "sparse-median", "rec.rtdc", "a.rtdc", "--split-time", "500 msec")[1]
        self.assertIn("--split-time '500 ms'", self.lines(err)[0])
        self.paste(self.lines(err)[0])

    def test_the_longest_name_that_is_taken_is_one_that_can_be_written(self):
        name = "b" * 233 + ".rtdc"
        self.expect(0, "background", "rolling-median", "rec.rtdc", name, "--kernel-size", "4")
        self.assertTrue((self.dir / name).exists())
        self.assertIn("at most 238 bytes", self.expect(2, "background", "rolling-median", "rec.rtdc", "b" + name)[1])

    def test_names_of_files_are_not_taken_for_those_of_parameters(self):
        shutil.copy(RECORDING, self.dir / "kernel_size_4.rtdc")
        (self.dir / "bg_kernel_size.rtdc").write_text("mine")
        err = self.expect(8, "background", "rolling-median", "kernel_size_4.rtdc", "bg_kernel_size.rtdc",
                          "--kernel-size", "4")[1]
        self.assertNotIn("_--kernel", err)
        self.assertNotIn(" --kernel-size_", err)

    def test_a_missing_recording_says_how_to_name_one(self):
        self.write("p.yaml", "parfocal: 1\nsource: {type: rtdc, path: recording.rtdc}\n"
                             "sinks: [{type: ome_zarr, from: source, path: a.ome.zarr}]\n")
        self.assertIn("--set source.path=", self.expect(4, "run", "p.yaml")[1])
        (self.dir / "recording.rtdc").write_bytes(tiff())
        self.assertIn("this is a TIFF file", self.expect(4, "run", "p.yaml")[1])

    def test_the_time_of_change_counts_from_1970(self):
        self.expect(0, "convert", "rec.rtdc", "a.ome.zarr")
        self.assertRegex(self.expect(0, "info", "a.ome.zarr")[0], r"changed \d+")


if __name__ == "__main__":
    unittest.main()
