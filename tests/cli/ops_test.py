import json
import unittest

from support import CommandTest


class Ops(CommandTest):
    def test_list_has_operators_by_family_sources_and_sinks(self):
        out, err = self.expect(0, "ops")
        self.assertEqual(err, "")
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
