import unittest

from support import CommandTest, PIPELINE


class Check(CommandTest):
    def test_valid_pipeline_is_0_and_opens_no_input(self):
        self.write("p.yaml", PIPELINE)  # no image exists
        out, _ = self.expect(0, "check", "p.yaml")
        self.assertIn("valid", out)
        document = self.expect_json(0, "parfocal.check/1", "check", "p.yaml", "--json")
        self.assertTrue(document["valid"])

    def test_all_mistakes_are_told_at_once_with_their_places(self):
        self.write("p.yaml", PIPELINE.replace("otsu", "ostu").replace("area", "aera"))
        out, err = self.expect(3, "check", "p.yaml")
        self.assertEqual(out, "")
        self.assertIn("p.yaml:5:", err)
        self.assertIn("did you mean 'otsu'?", err)
        self.assertIn("p.yaml:7:", err)
        error = self.expect_json(3, "parfocal.error/1", "check", "p.yaml", "--json")
        self.assertEqual(error["code"], 3)
        self.assertGreaterEqual(len(error["issues"]), 2)

    def test_set_changes_the_file(self):
        self.write("p.yaml", PIPELINE.replace("otsu", "ostu"))
        self.expect(0, "check", "p.yaml", "--set", "mask.method=otsu")
        self.write("p.yaml", PIPELINE)
        self.expect(3, "check", "p.yaml", "--set", "smooth.sigma=wide")

    def test_warnings_go_to_stderr_and_do_not_fail(self):
        unused = "  - {id: other, op: gaussian, sigma: 3 px, from: source}\nsinks:"
        self.write("p.yaml", PIPELINE.replace("sinks:", unused))
        out, err = self.expect(0, "check", "p.yaml")
        self.assertIn("warning: ", err)
        self.assertIn("other", err)
        self.assertNotIn("warning", out)

    def test_missing_file_is_4(self):
        _, err = self.expect(4, "check", "nowhere.yaml")
        self.assertIn("nowhere.yaml", err)


if __name__ == "__main__":
    unittest.main()
