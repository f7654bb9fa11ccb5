"""The last line of every command that did what it was asked for is one to try next, and works."""

import re
import shlex
import unittest

from support import CommandTest, tiff


class Next(CommandTest):
    def follow(self, *words):
        """The words of the next line after these."""
        err = self.expect(0, *words)[1]
        last = err.splitlines()[-1]
        self.assertTrue(last.startswith("next: "), err)
        line = shlex.split(last.removeprefix("next: "))
        self.assertIn("parfocal", line[0])
        return line[1:]

    def test_lines_lead_from_one_command_to_the_next(self):
        self.write_movie()
        line = ["check", "pipeline.yaml", "--set", "smooth.sigma=2 px"]
        seen = []
        for _ in range(6):
            line = self.follow(*line)
            seen.append(line[0])
        self.assertEqual(seen[:4], ["plan", "run", "info", "info"])

    def test_after_every_other_command(self):
        (self.dir / "a.tif").write_bytes(tiff())
        for words in (["ops"], ["ops", "gaussian"], ["ops", "gaussian", "blur"], ["info", "a.tif"],
                      ["convert", "a.tif", "b.ome.zarr"], ["recover", "b.ome.zarr"], ["demo", "cells", "--dir", "d"],
                      ["recover", "d/results"], ["ops", "median"]):
            with self.subTest(words):
                self.expect(0, *self.follow(*words))

    def test_not_with_json_and_not_after_a_failure(self):
        self.write_movie()
        for words in (["check", "pipeline.yaml"], ["plan", "pipeline.yaml"], ["run", "pipeline.yaml", "--out", "o"],
                      ["ops"], ["info", "frame0.tif"], ["convert", "frame0.tif", "a.ome.zarr"],
                      ["recover", "a.ome.zarr"]):
            self.assertNotRegex(self.expect(0, *words, "--json")[1], "(?m)^next: ", words)
        self.assertNotIn("next: ", self.expect(4, "info", "none.tif")[1])
        self.assertNotIn("next: ", self.expect(8, "run", "pipeline.yaml", "--out", "o")[1])

    def test_a_run_into_the_working_folder_names_it(self):
        self.write_movie(2)
        self.assertEqual(self.follow("run", "pipeline.yaml", "--out", "."), ["info", "."])


if __name__ == "__main__":
    unittest.main()
