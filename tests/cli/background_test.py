"""Options of `background`."""

import re
import shlex
import shutil
import unittest

from support import CommandTest


class Background(CommandTest):
    def setUp(self):
        super().setUp()
        if "rtdc" not in self.expect(0, "ops")[0]:
            self.skipTest("built without HDF5")
        self.write("p.yaml", "parfocal: 1\n"
                   "source: {type: generator, kind: noise, size: {t: 300, y: 24, x: 30}, dtype: uint8}\n"
                   "sinks: [{type: rtdc, path: in.rtdc, frame_rate: 100}]\n")
        self.expect(0, "run", "p.yaml", "--out", ".")

    def feature(self, name):
        return self.expect_json(0, "parfocal.info/1", "info", name, "--json")["items"][0]["features"]["image_bg"]

    def test_options_of_other_methods_are_refused(self):
        for method, words in (("copy", ["--kernel-size", "10"]), ("copy", ["--no-offset-correction"]),
                              ("rolling-median", ["--split-time", "1"]), ("rolling-median", ["--frac-cleansing", "1"])):
            _, err = self.expect(2, "background", method, "in.rtdc", "out.rtdc", *words)
            self.assertIn(f"background {method} has no option", err)
        self.expect(0, "background", "rolling-median", "in.rtdc", "out.rtdc", "--kernel-size", "10")

    def test_the_budget_is_that_of_the_command_line(self):
        _, err = self.expect(5, "background", "sparse-median", "in.rtdc", "out.rtdc", "--memory", "1MiB")
        self.assertIn("--memory", err)
        self.assertFalse((self.dir / "out.rtdc").exists())

    def test_images_are_compressed_unless_it_is_refused(self):
        self.expect(0, "background", "rolling-median", "in.rtdc", "a.rtdc")
        self.assertIn("zstd", self.feature("a.rtdc")["filters"])
        self.expect(0, "background", "rolling-median", "in.rtdc", "b.rtdc", "--no-compress")
        self.assertNotIn("zstd", self.feature("b.rtdc")["filters"])

    def test_several_recordings_go_into_a_folder_and_what_is_there_is_left(self):
        for name in ("a.rtdc", "b.rtdc"):
            shutil.copy(self.dir / "in.rtdc", self.dir / name)
        out, err = self.expect(0, "background", "rolling-median", "a.rtdc", "--out", "made")
        self.assertEqual(out, "made/a.rtdc\n")
        before = (self.dir / "made/a.rtdc").read_bytes()
        out, err = self.expect(0, "background", "rolling-median", "a.rtdc", "b.rtdc", "--out", "made")
        self.assertEqual(out, "made/b.rtdc\n")
        self.assertIn("made/a.rtdc is there already", err)
        self.assertTrue(err.endswith("next: parfocal info made/b.rtdc\n"), err)
        self.assertEqual((self.dir / "made/a.rtdc").read_bytes(), before)
        self.expect(0, "background", "rolling-median", "a.rtdc", "b.rtdc", "--out", "made", "--overwrite")
        self.expect(0, "background", "rolling-median", "b.rtdc", "single.rtdc")
        self.assertEqual(self.feature("made/b.rtdc"), self.feature("single.rtdc"))

    def test_a_bad_recording_does_not_keep_the_others(self):
        self.write("bad.rtdc", "text")
        out, err = self.expect(6, "background", "sparse-median", "bad.rtdc", "in.rtdc", "none.rtdc", "--out", "made")
        self.assertEqual(out, "made/in.rtdc\n")
        self.assertIn("this is no HDF5 file", err)
        self.assertIn("no such file", err)
        self.assertIn("1 of 3 recordings made, 0 there already, 2 failed", err)
        document = self.expect_json(6, "parfocal.background/1", "background", "sparse-median", "bad.rtdc",
                                    "in.rtdc", "--out", "made", "--json")
        self.assertEqual([one["status"] for one in document["results"]], ["failed", "skipped"])
        self.assertEqual(document["results"][0]["issues"][0]["what"], "this is no HDF5 file")
        self.expect(4, "background", "sparse-median", "bad.rtdc", "--out", "made")  # all failed alike
        self.assertEqual([path.name for path in (self.dir / "made").iterdir()], ["in.rtdc"])

    def test_names_that_would_meet_are_refused_first(self):
        for folder in ("x", "y"):
            (self.dir / folder).mkdir()
            shutil.copy(self.dir / "in.rtdc", self.dir / folder)
        _, err = self.expect(2, "background", "sparse-median", "x/in.rtdc", "y/in.rtdc", "--out", "made")
        self.assertIn("two recordings of one name", err)
        self.assertFalse((self.dir / "made").exists())
        self.assertIn("--out is the folder of the recordings",
                      self.expect(2, "background", "sparse-median", "x/in.rtdc", "--out", "x")[1])
        self.assertIn("--out is a file", self.expect(2, "background", "copy", "x/in.rtdc", "--out", "in.rtdc")[1])

    def test_the_number_of_names_is_told_with_a_line_that_works(self):
        shutil.copy(self.dir / "in.rtdc", self.dir / "b.rtdc")
        shutil.copy(self.dir / "in.rtdc", self.dir / "c.rtdc")
        for names in (["in.rtdc"], ["in.rtdc", "b.rtdc", "c.rtdc"]):
            _, err = self.expect(2, "background", "rolling-median", *names)
            line = re.findall(r"(?m)^ +\S*parfocal (background .*)$", err)[-1]
            self.expect(0, *shlex.split(line))
        self.assertEqual(len(list((self.dir / "backgrounds").iterdir())), 3)

    def test_the_budget_of_one_recording_is_that_of_many(self):
        names = [f"{i}.rtdc" for i in range(4)]
        for name in names:
            shutil.copy(self.dir / "in.rtdc", self.dir / name)
        _, err = self.expect(5, "background", "rolling-median", "in.rtdc", "out.rtdc", "--memory", "1MiB")
        budget = re.findall(r"--memory (\d+)MiB", err)[-1]
        self.expect(0, "background", "rolling-median", *names, "--out", "made", "--memory", f"{int(budget) + 8}MiB")


if __name__ == "__main__":
    unittest.main()
