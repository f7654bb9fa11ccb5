"""`info`, `check` and `run` of what is no image and no pipeline."""

import json
import time
import unittest

from outputs import Outputs


class Documents(Outputs):
    def test_a_table_is_described_as_one(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        item = self.expect_json(0, "parfocal.info/1", "info", "o/objects.csv", "--json")["items"][0]
        self.assertEqual(item["format"], "table (CSV)")
        self.assertEqual(item["rows"], self.rows("o/objects.csv"))
        self.assertEqual(item["columns"], (self.dir / "o/objects.csv").read_text().splitlines()[0].split(","))
        self.assertIn("rows:        6", self.expect(0, "info", "o/frames.csv")[0])

    def test_a_line_feed_within_quotes_begins_no_row(self):
        self.write("a.csv", 't,name\n0,"one\ntwo"\n1,"say ""hi""\n"\n2,plain\n')
        self.assertIn("rows:        3", self.expect(0, "info", "a.csv")[0])

    def test_plans_and_records_are_told_what_they_are(self):
        self.write_movie()
        self.write("plan.json", self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        for command in ("check", "info"):
            _, err = self.expect(2, command, "plan.json")
            self.assertIn("this is a plan", err)
            self.assertIn("parfocal run plan.json", err)
        self.expect(0, "run", "plan.json", "--out", "o")
        for command in ("check", "info", "run", "plan"):
            _, err = self.expect(2, command, "o/run.json")
            self.assertIn("this is the record of a run", err)
            self.assertIn("parfocal info o", err)

    def test_a_plan_that_was_cut_is_told(self):
        self.write_movie()
        text = self.expect(0, "plan", "pipeline.yaml", "--json")[0]
        self.write("plan.json", text[:len(text) // 2])
        for command in ("check", "info", "run", "plan"):
            _, err = self.expect(2, command, "plan.json")
            self.assertIn("the JSON ends too early", err)

    def test_a_killed_run_counts_no_frames_that_it_does_not_know(self):
        self.pipeline("p.yaml", 400000, "type: ome_zarr, path: a.ome.zarr")
        process = self.start("run", "p.yaml", "--out", "o")
        while process.poll() is None and not (self.dir / "o/a.ome.zarr").exists():
            time.sleep(0.002)
        process.kill()
        process.communicate()
        item = self.expect_json(0, "parfocal.info/1", "info", "o", "--json")["items"][0]
        self.assertIn("killed", item["status"])
        self.assertNotIn("frames", item)

    def test_counts_of_stores_are_told_apart(self):
        source = "{type: generator, kind: counter, size: {t: 4, c: 3, y: 64, x: 64}, dtype: uint8}"
        self.pipeline("p.yaml", 0, "type: ome_zarr, path: a.ome.zarr", source=source)
        self.expect(0, "run", "p.yaml", "--out", "o")
        item = self.expect_json(0, "parfocal.info/1", "info", "o/a.ome.zarr", "--json")["items"][0]
        self.assertEqual((item["frames expected"], item["steps of t"]), (12, 4))

    def test_a_part_of_a_recording_is_told_how_to_recover(self):
        if "rtdc" not in self.expect(0, "ops")[0]:
            self.skipTest("built without HDF5")
        pipeline = ("parfocal: 1\nsource: {type: push, fps: 200, unbounded: true, overflow: wait, of: {type: generator, "
                    "kind: counter, size: {t: 1000000, y: 64, x: 64}, dtype: uint8}}\n"
                    "sinks: [{type: rtdc, path: X.rtdc}]\n")
        self.write("p.yaml", pipeline)
        process = self.start("run", "p.yaml", "--out", "o")
        end = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < end and not list(self.dir.glob("o/*.journal")):
            time.sleep(0.01)
        time.sleep(1.5)  # a checkpoint comes once a second
        process.kill()
        _, told = process.communicate()
        if not (self.dir / "o/X.rtdc.part").exists():
            self.skipTest("no part was left: " + told)
        for words in (["info", "o/X.rtdc"], ["info", "o/X.rtdc.part"], ["convert", "o/X.rtdc", "a.ome.zarr"]):
            _, err = self.expect(4, *words)
            self.assertIn("parfocal recover o/X.rtdc", err)
        self.write("q.yaml", "parfocal: 1\nsource: {type: rtdc, path: o/X.rtdc}\nsinks: [{type: ome_zarr, path: b.ome.zarr}]\n")
        _, err = self.expect(4, "run", "q.yaml")
        self.assertIn("parfocal recover", err)


if __name__ == "__main__":
    unittest.main()
