"""Options of `background`."""

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


if __name__ == "__main__":
    unittest.main()
