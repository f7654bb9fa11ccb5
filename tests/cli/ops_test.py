import json
import unittest

from support import CommandTest


class Ops(CommandTest):
    def test_list_has_operators_by_family_sources_and_sinks(self):
        out, err = self.expect(0, "ops")
        self.assertEqual(err, "next: parfocal ops threshold\n")
        for title in ["operators: filter", "operators: threshold", "sources", "sinks"]:
            self.assertRegex(out, rf"(?m)^{title}$")

    def test_page_tells_parameters_and_example(self):
        out, _ = self.expect(0, "ops", "gaussian")
        for word in ["sigma", "required", "tolerance", "example", "reference"]:
            self.assertIn(word, out)

    def test_page_of_a_source_tells_defaults_and_choices(self):
        out, _ = self.expect(0, "ops", "files")
        self.assertIn("default tyx", out)
        self.assertIn("one of natural, lexical, time", out)

    def test_unknown_name_suggests_the_nearest(self):
        _, err = self.expect(2, "ops", "gausian")
        self.assertIn("did you mean 'gaussian'?", err)

    def test_words_find_by_meaning_and_by_names_of_other_programs(self):
        for words, best in [(["median", "filter"], "median"), (["regionprops"], "measure"),
                            (["Gaussian Blur..."], "gaussian"), (["cv2.medianBlur"], "median")]:
            out, err = self.expect(0, "ops", *words)
            found = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
            self.assertEqual(found[0], best, out)
            self.assertTrue(err.endswith(f"next: parfocal ops {best}\n"), err)
            self.assertEqual(self.expect(0, "help", *words)[0], out)
        self.assertIn("watershed: no step parts cells that touch", self.expect(0, "ops", "watershed")[0])
        entries = self.expect_json(0, "parfocal.ops/1", "ops", "median", "filter", "--json")["entries"]
        self.assertEqual(entries[0]["name"], "median")

    def test_nothing_found_says_how_to_see_all(self):
        self.assertIn("`parfocal ops` lists them", self.expect(2, "ops", "xyzzy")[1])
        self.assertIn("`parfocal ops` lists all", self.expect(2, "ops", "gausian")[1])
        self.assertIn("unknown command 'xyzzy'", self.expect(2, "help", "xyzzy")[1])

    def test_json_has_every_entry_with_a_summary(self):
        document = self.expect_json(0, "parfocal.ops/1", "ops", "--json")
        names = [entry["name"] for entry in document["entries"]]
        for name in ["gaussian", "threshold", "label", "measure", "files", "ome_zarr", "table"]:
            self.assertIn(name, names)
        for entry in document["entries"]:
            self.assertTrue(entry["summary"], entry["name"])
            self.assertFalse(entry["name"].startswith("test"), entry["name"])

    def test_json_error_when_the_name_is_unknown(self):
        self.expect_json(2, "parfocal.error/1", "ops", "nothing_like_this", "--json")

    def test_schema_is_draft_7_and_knows_the_operators(self):
        out, _ = self.expect(0, "ops", "--schema")
        schema = json.loads(out)
        self.assertIn("draft-07", schema["$schema"])
        self.assertIn("gaussian", out)


if __name__ == "__main__":
    unittest.main()
