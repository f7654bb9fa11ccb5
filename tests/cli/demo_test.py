import re
import shlex
import time
import unittest

from support import SOURCE_DIR, CommandTest, png_rows


class Demo(CommandTest):
    def test_runs_quickly_and_prints_results_and_next_commands(self):
        began = time.monotonic()
        out, err = self.expect(0, "demo", "cells")
        self.assertLess(time.monotonic() - began, 30)
        for path in out.splitlines():
            self.assertTrue((self.dir / path).exists(), path)
        self.assertIn("objects.csv", out)
        self.assertIn("parfocal plan", err)

    def test_its_next_commands_work(self):
        _, err = self.expect(0, "demo", "cells", "--dir", "d")
        lines = [shlex.split(line, comments=True) for line in err.splitlines()
                 if line.startswith("  parfocal ")]
        self.assertGreaterEqual(len(lines), 3)
        for words in lines:
            self.expect(0, *words[1:])

    def test_existing_folder_is_8_with_a_line_that_works(self):
        (self.dir / "d").mkdir()
        _, err = self.expect(8, "demo", "cells", "--dir", "d")
        line = next(line for line in err.splitlines() if "--dir d-2" in line)
        self.expect(0, *shlex.split(line.split("parfocal ", 1)[1]))

    def test_same_seed_same_bytes(self):
        for folder, seed in [("a", "3"), ("b", "3"), ("c", "4")]:
            self.expect(0, "demo", "cells", "--dir", folder, "--seed", seed)
        tables = [(self.dir / d / "results" / "objects.csv").read_bytes() for d in "abc"]
        self.assertEqual(tables[0], tables[1])
        self.assertNotEqual(tables[0], tables[2])

    def test_the_lesson_counts_and_draws(self):
        out, err = self.expect(0, "demo", "lesson")
        rows = (self.dir / "parfocal-lesson/results/frames.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 5)
        for row in rows[1:]:
            self.assertTrue(8 <= int(row.split(",")[-1]) <= 12, row)  # 12 nuclei, some touch
        self.assertEqual(len(list((self.dir / "parfocal-lesson/results/pictures").iterdir())), 5)
        for line in re.findall(r"(?m)^(?:  |next: )(parfocal .*)$", err):
            self.expect(0, *shlex.split(line)[1:])
        self.assertEqual(png_rows(self.dir / "lesson-source-mask-cells-t0.png"),
                         png_rows(SOURCE_DIR / "docs/lesson.png"))  # as the pages show it

    def test_json(self):
        document = self.expect_json(0, "parfocal.demo/1", "demo", "cells", "--json")
        self.assertTrue((self.dir / document["pipeline"]).exists())
        for path in document["outputs"]:
            self.assertTrue((self.dir / path).exists(), path)


if __name__ == "__main__":
    unittest.main()
