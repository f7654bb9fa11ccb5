"""What the documentation shows is what the command does."""

import json
import re
import shlex
import unittest

from support import CommandTest, SHARED_DIR, SOURCE_DIR, digest

PAGES = [SOURCE_DIR / "README.md", *sorted((SOURCE_DIR / "docs").glob("*.md"))]


class Docs(CommandTest):
    def test_every_pipeline_shown_is_valid(self):
        shown = 0
        for page in PAGES:
            if page.name == "design.md":  # shows sinks and operators to come
                continue
            for block in re.findall(r"(?ms)^```yaml\n(parfocal: 1.*?)^```", page.read_text()):
                self.write("shown.yaml", block)
                self.expect(0, "check", "shown.yaml")
                shown += 1
        self.assertGreaterEqual(shown, 2)

    def test_what_the_first_page_shows_of_the_demo_is_what_it_writes(self):
        page = (SOURCE_DIR / "README.md").read_text()
        out, err = self.expect(0, "demo", "cells")
        shown = re.search(r"(?ms)^```yaml\n(parfocal: 1.*?)^```", page).group(1)
        written = (self.dir / "parfocal-demo/cells.yaml").read_text()
        self.assertEqual(*[[line.strip() for line in re.sub(r"\s*#.*", "", text).splitlines()
                            if line.strip()] for text in (shown, written)])
        rows = (self.dir / "parfocal-demo/results/frames.csv").read_text().splitlines()[:3]
        self.assertIn("\n" + "\n".join(rows) + "\n", page)
        self.assertIn(re.search(r"up to .* to write", err).group(), page)
        needed = re.search(r"(?m)^  needed: at least (\d+) MiB$", page).group(1)
        self.assertIn(f"cells.yaml --memory {needed}MiB\n", page)

    def test_every_value_that_is_set_in_the_page_of_pipelines_is_one_word(self):
        page = (SOURCE_DIR / "docs/pipeline-file.md").read_text()
        block = re.search(r"(?ms)^```yaml\n(parfocal: 1.*?)^```", page).group(1)
        self.write("shown.yaml", block)
        shown = re.search(r"(?s)`--set`\*\* (.*?)\n\n|\Z", page + "\n\n").group(1)
        values = re.findall(r"`([a-z.]+=[^`]*)`", shown)
        self.assertGreaterEqual(len(values), 4)
        for value in values:
            self.expect(0, "check", "shown.yaml", "--set", *shlex.split(value))

    def test_every_option_is_in_the_help_and_the_other_way_round(self):
        page = (SOURCE_DIR / "docs" / "command-line.md").read_text()
        told = set(re.findall(r"`(--[a-z-]+)", page))
        known = set()
        for command in ["demo", "check", "plan", "run", "convert", "info", "ops"]:
            known |= set(re.findall(r"(--[a-z-]+)", self.expect(0, command, "--help")[0]))
        self.assertLessEqual(told, known)
        for option in ["--memory", "--threads", "--set", "--out", "--on-error", "--overwrite"]:
            self.assertIn(option, told)


class Examples(CommandTest):
    def test_all_are_valid(self):
        examples = sorted((SOURCE_DIR / "examples").glob("*.yaml"))
        self.assertGreaterEqual(len(examples), 2)
        for example in examples:
            self.expect(0, "check", example)

    def test_background_reads_twice_in_any_memory_with_the_same_numbers(self):
        example = SOURCE_DIR / "examples" / "background.yaml"
        plan = json.loads(self.expect(0, "plan", example, "--json")[0])
        base_mib = plan["base_bytes"] // 2**20 + 1  # sanitizers need more
        pixels = []
        for room_mib in (200, 20):
            budget = "--memory", f"{base_mib + room_mib}MiB"
            _, err = self.expect(0, "run", example, *budget, "--out", f"in-{room_mib}")
            self.assertIn("plan: 2 passes", err)
            image = self.dir / f"in-{room_mib}" / "brightest.ome.zarr"
            # One frame: its only chunk comes first in its only shard.
            pixels.append([digest(p) for p in sorted((image / "0/c").rglob("*")) if p.is_file()])
        self.assertGreaterEqual(len(pixels[0]), 1)
        self.assertEqual(pixels[0], pixels[1])

    def test_count_nuclei_has_a_row_for_every_frame(self):
        movie = SHARED_DIR / "data/cells/neubias/image_data/mitocheck-movie"
        if not movie.exists():
            self.skipTest(f"no movie in {movie}")
        example = SOURCE_DIR / "examples" / "count-nuclei.yaml"
        self.expect(0, "run", example, "--set", f"source.glob={movie}/*.tif", "--out", "o")
        rows = (self.dir / "o" / "frames.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 30)
        column = rows[0].split(",").index("count")
        self.assertTrue(all(int(row.split(",")[column]) > 10 for row in rows[1:]))


if __name__ == "__main__":
    unittest.main()
