"""One pipeline on many datasets: a run of each, byte for byte that of --set, and their tables as one."""

import csv
import json
import signal
import time
import unittest

from support import CommandTest, tiff

PIPELINE = """\
parfocal: 1
memory: 256 MiB
source: {type: files, glob: "none/*.tif", axes: tyx}
steps:
  - {id: smooth, op: gaussian, sigma: 1 px}
  - {id: mask, op: threshold, method: otsu}
  - {id: cells, op: label}
  - {id: number, op: count}
  - {id: objects, op: measure, from: cells, intensity: source, properties: [area, centroid]}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, shard: none, codec: none, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
"""
TABLE = """\
dataset,glob,smooth.sigma,mask.factor
A1,plates/A1/*.tif,2 px,
A2,plates/A2/*.tif,,0.5
B10,plates/B10/*.tif,0.5 px,1.2
"""


class DatasetsTest(CommandTest):
    def setUp(self):
        super().setUp()
        for k, name in enumerate(["A1", "A2", "B10"]):
            (self.dir / "plates" / name).mkdir(parents=True)
            for i in range(2 + k):
                (self.dir / "plates" / name / f"f{i}.tif").write_bytes(tiff())
        self.write("p.yaml", PIPELINE)
        self.write("datasets.csv", TABLE)

    def run_all(self, code=0, *args):
        return self.expect(code, "run", "p.yaml", "--datasets", "datasets.csv", "--out", "o", *args)

    def rows(self, name):
        with open(self.dir / name, newline="") as file:
            return list(csv.DictReader(file))

    def pixels(self, folder):
        """What a run wrote but for its metadata, which name places."""
        return {str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file() and path.name not in ("run.json", "zarr.json", ".zattrs")
                and "__parfocal" not in path.parts}

    def test_each_is_the_run_of_set_and_tables_are_joined(self):
        out, err = self.run_all()
        self.assertEqual(out.split(), ["o/frames.csv", "o/objects.csv", "o/datasets.csv", "o/run.json"])
        self.assertIn("dataset A2 (2 of 3)", err)
        self.assertTrue(err.rstrip().endswith("next: parfocal info o"), err)
        for row in csv.DictReader(TABLE.splitlines()):
            name = row.pop("dataset")
            row["source.glob"] = row.pop("glob")
            sets = [word for key, value in row.items() if value
                    for word in ("--set", f'{key}="{value}"')]
            self.expect(0, "run", "p.yaml", *sets, "--out", "single/" + name)
            ours, single = self.pixels(self.dir / "o" / name), self.pixels(self.dir / "single" / name)
            self.assertGreater(len(ours), 2)
            self.assertEqual(ours.keys(), single.keys())
            for file, data in ours.items():
                self.assertTrue(data == single[file], f"{name}/{file}")
        for table in ("objects.csv", "frames.csv"):
            lines = []
            for name in ("A1", "A2", "B10"):
                header, *rest = (self.dir / "o" / name / table).read_text().splitlines()
                lines += [name + "," + line for line in rest]
            self.assertEqual((self.dir / "o" / table).read_text().splitlines(),
                             ["dataset," + header] + lines)
        table = self.rows("o/datasets.csv")
        self.assertEqual([row["dataset"] for row in table], ["A1", "A2", "B10"])
        self.assertEqual([row["images"] for row in table], ["2", "3", "4"])
        self.assertEqual({row["status"] for row in table}, {"ok"})
        self.assertEqual(table[0]["smooth.sigma"], "2 px")
        self.assertEqual(table[0]["mask.factor"], "")
        self.assertEqual(table[2]["folder"], "B10")

    def test_the_record_names_the_records(self):
        self.run_all()
        record = json.loads((self.dir / "o/run.json").read_text())
        self.assertEqual(record["schema"], "parfocal.datasets/1")
        self.assertEqual([row["record"] for row in record["datasets"]],
                         ["A1/run.json", "A2/run.json", "B10/run.json"])
        self.assertEqual(record["provenance"]["datasets_text"], TABLE)
        single = json.loads((self.dir / "o/A2/run.json").read_text())["provenance"]
        self.assertIn("mask.factor=0.5", single["sets"])
        out, _ = self.expect(0, "info", "o")
        self.assertIn("3 datasets", out)
        self.assertIn("dataset.A2: ", out)
        self.expect(0, "recover", "o")

    def test_a_bad_dataset_is_a_row(self):
        (self.dir / "plates/A2/f2.tif").write_bytes(b"no image")
        self.write("datasets.csv", TABLE + "C1,none/*.tif,,\nC2,plates/A1/*.tif,-1 px,\n")
        _, err = self.run_all(6)
        self.assertIn("datasets.csv:6:20", err)
        table = {row["dataset"]: row for row in self.rows("o/datasets.csv")}
        self.assertEqual([row["status"] for row in table.values()],
                         ["ok", "failed", "ok", "failed", "failed"])
        self.assertEqual(table["C1"]["exit_code"], "4")
        self.assertIn("none", table["C1"]["reason"])
        self.assertEqual(table["C2"]["exit_code"], "3")
        self.assertEqual({row["dataset"] for row in self.rows("o/objects.csv")}, {"A1", "B10"})
        self.run_all(6, "--overwrite", "--on-error", "skip")
        self.assertEqual(self.rows("o/datasets.csv")[1]["status"], "some items failed")
        self.assertEqual(self.rows("o/datasets.csv")[1]["missing"], "1")

    def test_all_bad_share_their_code(self):
        self.write("datasets.csv", "dataset,glob\nA,none/*.tif\nB,neither/*.tif\n")
        self.run_all(4)
        self.write("datasets.csv", "dataset,mask.factr\nA,1\nB,2\n")
        _, err = self.expect(3, "run", "p.yaml", "--datasets", "datasets.csv", "--out", "new")
        self.assertIn("datasets.csv:2:3", err)
        self.assertFalse((self.dir / "new").exists())

    def test_existing_results_are_8_and_overwrite_replaces(self):
        self.run_all()
        before = (self.dir / "o/objects.csv").read_bytes()
        _, err = self.run_all(8)
        self.assertIn("A1, A2, B10", err)
        self.assertIn("--overwrite", err)
        self.assertIn("--resume", err)
        self.run_all(0, "--overwrite")
        self.assertEqual((self.dir / "o/objects.csv").read_bytes(), before)
        (self.dir / "mine").mkdir()
        (self.dir / "mine/objects.csv").write_text("mine")
        for words in ([], ["--overwrite"], ["--resume"]):
            self.expect(8, "run", "p.yaml", "--datasets", "datasets.csv", "--out", "mine", *words)
        self.assertEqual((self.dir / "mine/objects.csv").read_text(), "mine")

    def test_resume_does_what_is_missing_or_changed(self):
        self.run_all()
        before = (self.dir / "o/A1/run.json").stat().st_mtime_ns
        self.write("datasets.csv", TABLE.replace("0.5\n", "0.7\n") + "C,plates/A1/*.tif,3 px,\n")
        _, err = self.run_all(0, "--resume")
        self.assertIn("A1: complete and unchanged", err)
        self.assertIn("B10: complete and unchanged", err)
        self.assertNotIn("A2: complete", err)
        self.assertEqual((self.dir / "o/A1/run.json").stat().st_mtime_ns, before)
        self.assertEqual([row["status"] for row in self.rows("o/datasets.csv")], ["ok"] * 4)
        self.assertEqual({row["dataset"] for row in self.rows("o/objects.csv")},
                         {"A1", "A2", "B10", "C"})
        (self.dir / "plates/A1/f0.tif").write_bytes(tiff(pages=1) + b" ")
        _, err = self.run_all(0, "--resume")
        self.assertNotIn("A1: complete", err)
        self.expect(2, "run", "p.yaml", "--resume", "--out", "x")

    def test_a_group_in_the_pattern(self):
        (self.dir / "plates/notes").mkdir()
        (self.dir / "plates/notes/f.tif").write_bytes(tiff())
        self.write("g.yaml", PIPELINE +
                   "datasets: {glob: 'plates/(?<dataset>[A-H]\\d+)/*.tif'}\n")
        self.expect(0, "run", "g.yaml", "--out", "o")
        self.assertEqual([row["dataset"] for row in self.rows("o/datasets.csv")], ["A1", "A2", "B10"])
        self.assertEqual(self.rows("o/datasets.csv")[0]["source.glob"], "plates/A1/*.tif")

    def test_check_and_plan_look_at_all(self):
        self.write("named.yaml", PIPELINE + "datasets: datasets.csv\n")
        out, _ = self.expect(0, "check", "named.yaml")
        self.assertIn("3 datasets", out)
        out, _ = self.expect(0, "plan", "named.yaml")
        self.assertIn("datasets:    3 (", out)
        self.assertIn("of dataset ", out)
        document = self.expect_json(0, "parfocal.datasets-plan/1", "plan", "named.yaml", "--json")
        rows = document["datasets"]
        self.assertEqual(document["peak_bytes"], max(row["peak_bytes"] for row in rows))
        self.assertEqual(document["disk_bytes"], sum(row["disk_bytes"] for row in rows))
        self.assertFalse((self.dir / "named-out").exists())
        self.write("datasets.csv", TABLE + "C2,plates/A1/*.tif,-1 px,\n")
        _, err = self.expect(3, "check", "named.yaml")
        self.assertIn("datasets.csv:5:20", err)
        self.expect(3, "plan", "named.yaml")
        self.expect(0, "info", "named.yaml")

    def test_ctrl_c_stops_the_rest(self):
        rows = "".join(f"D{k},plates/A1/*.tif,{k % 9 + 1} px,\n" for k in range(400))
        self.write("datasets.csv", TABLE.splitlines()[0] + "\n" + rows)
        process = self.start("run", "p.yaml", "--datasets", "datasets.csv", "--out", "o")
        deadline = time.monotonic() + 60
        while not (self.dir / "o/D0/objects.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        table = self.rows("o/datasets.csv")
        self.assertEqual(len(table), 400)
        self.assertEqual(table[-1]["status"], "stopped")
        self.assertEqual(table[-1]["exit_code"], "130")
        self.expect(0, "info", "o")

    def test_included_steps_are_in_the_record(self):
        self.write("pre.yaml", "- {id: smooth, op: gaussian, sigma: 1 px}\n")
        smooth = "  - {id: smooth, op: gaussian, sigma: 1 px}\n"
        self.write("i.yaml", PIPELINE.replace(smooth, "  - {include: pre.yaml}\n")
                   .replace("none/", "plates/A1/"))
        self.write("w.yaml", PIPELINE.replace("none/", "plates/A1/"))
        self.expect(0, "run", "i.yaml", "--out", "i")
        self.expect(0, "run", "w.yaml", "--out", "w")
        self.assertEqual(self.pixels(self.dir / "i"), self.pixels(self.dir / "w"))
        told = json.loads((self.dir / "i/run.json").read_text())["provenance"]
        self.assertEqual(told["included"], [{"file": "pre.yaml", "text":
                                             "- {id: smooth, op: gaussian, sigma: 1 px}\n"}])
        plan, _ = self.expect(0, "plan", "i.yaml", "--json")
        self.write("plan.json", plan)
        self.expect(0, "run", "plan.json", "--out", "again")
        self.assertEqual(self.pixels(self.dir / "again"), self.pixels(self.dir / "w"))


if __name__ == "__main__":
    unittest.main()
