"""What `recover FOLDER` does, and what it leaves alone."""

import fcntl
import json
import os
import unittest

from support import CommandTest, tiff

SOURCE = "{type: generator, kind: counter, size: {t: 3, y: 8, x: 8}, dtype: uint8}"


class Recover(CommandTest):
    def run_pipeline(self, *sinks):
        self.write("p.yaml", f"parfocal: 1\nsource: {SOURCE}\n"
                   "steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, id: n}]\nsinks:\n"
                   + "".join(f"  - {{{sink}}}\n" for sink in sinks))
        self.expect(0, "run", "p.yaml", "--out", "o")

    def forget_the_end(self):
        """Makes the record that of a run that was killed."""
        record = json.loads((self.dir / "o/run.json").read_text())
        record["exit_code"] = 137
        self.write("o/run.json", json.dumps(record))

    def test_files_of_others_stay_as_they_are(self):
        self.run_pipeline("type: table, path: sub/a.csv", "type: ome_zarr, from: source, path: a.ome.zarr")
        files = {f"o/{folder}mine.{end}": f"of the user, {folder}{end}" for folder in ("", "sub/")
                 for end in ("csv", "ome.tif", "rtdc.part", "txt")}
        for name, text in files.items():
            self.write(name, text)
        self.expect(0, "recover", "o")
        self.assertEqual({name: (self.dir / name).read_text() for name in files}, files)

    def test_tables_and_images_of_any_name_are_recovered(self):
        self.run_pipeline("type: table, path: result.old", "type: ome_tiff, from: source, path: images")
        table = self.dir / "o/result.old"
        whole = table.read_text()
        table.write_text(whole + "2,")  # as a killed writer leaves it
        self.forget_the_end()
        out, _ = self.expect(0, "recover", "o")
        self.assertEqual(table.read_text(), whole)
        self.assertIn("result.old: recovered", out)
        self.assertIn("images: nothing to recover", out)

    def test_pictures_and_pages_are_whole_and_stay(self):
        self.run_pipeline("type: picture, from: source, path: first.png, at: {t: 0}", "type: report, path: r.html")
        self.forget_the_end()
        before = [(self.dir / "o" / name).read_bytes() for name in ("first.png", "r.html")]
        out, _ = self.expect(0, "recover", "o")
        self.assertEqual([(self.dir / "o" / name).read_bytes() for name in ("first.png", "r.html")], before)
        self.assertNotIn("recovered", out)

    def test_a_file_without_content_is_called_what_it_is(self):
        for name in ("a.ome.tif", "a.csv", "a.rtdc"):
            self.write(name, "")
            out, _ = self.expect(0, "recover", name)
            self.assertIn(f"{name}: nothing to recover, it is empty (0 bytes)", out)
            found = self.expect_json(0, "parfocal.recover/1", "recover", name, "--json")
            self.assertEqual((found["recovered"], found["state"]), (False, "it is empty (0 bytes)"))
            self.expect(4, "info", name)
        self.write("b.ome.tif", "nonsense")
        self.assertIn("b.ome.tif: it is no TIFF file: nothing to recover", self.expect(4, "recover", "b.ome.tif")[1])

    def test_an_image_that_a_killed_run_left_empty_is_called_empty(self):
        self.run_pipeline("type: ome_tiff, from: source, path: a.ome.tif")
        (self.dir / "o/a.ome.tif").write_bytes(b"")
        self.assertIn("a.ome.tif: nothing to recover, it is empty", self.expect(0, "recover", "o")[0])

    def test_a_table_that_no_run_recorded_is_not_cut(self):
        for text in ("name,size\na,1\nb,2", "name,size", 'name,size\n5",1\n6,2\n'):
            mine = self.write("mine.csv", text)
            code = 0 if text.endswith("\n") else 4
            self.expect(code, "recover", "mine.csv")
            self.assertNotIn("recover", "".join(self.expect(0, "info", "mine.csv")).replace("recovered", ""))
            self.assertEqual(mine.read_text(), text)

    def test_a_table_in_the_folder_of_its_run_is_recovered_by_its_name(self):
        self.run_pipeline("type: table, path: sub/a.csv")
        table = self.dir / "o/sub/a.csv"
        whole = table.read_text()
        table.write_text(whole + "2,")
        self.expect(0, "recover", "o")
        self.expect(0, "recover", "o/sub/a.csv")
        self.assertEqual(table.read_text(), whole + "2,")  # somebody's edit of what was whole
        self.forget_the_end()
        self.assertIn("recover o/sub/a.csv", "".join(self.expect(0, "info", "o/sub/a.csv")))
        self.assertIn("o/sub/a.csv: recovered", self.expect(0, "recover", "o/sub/a.csv")[0])
        self.assertEqual(table.read_text(), whole)
        frames = self.dir / "o/frames.csv"
        rows = frames.read_text()
        frames.write_text(rows + "3,")
        self.expect(0, "recover", "o/frames.csv")
        self.assertEqual(frames.read_text(), rows)

    def test_of_several_outputs_one_that_cannot_be_recovered_is_told_and_the_others_are(self):
        self.run_pipeline("type: table, path: a.csv", "type: table, path: b.csv")
        whole = {}
        for name in ("a", "b"):
            table = self.dir / f"o/{name}.csv"
            whole[name] = table.read_text()
            table.write_text(whole[name] + "2,")
        self.forget_the_end()
        with open(self.dir / "o/a.csv", "rb") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            for words in (["o"], ["o", "--json"]):
                self.expect(1, "recover", *words)
                self.assertEqual((self.dir / "o/b.csv").read_text(), whole["b"])
                self.assertEqual((self.dir / "o/a.csv").read_text(), whole["a"] + "2,")
            self.assertIn("being written by a running process", "".join(self.expect(1, "recover", "o")))

    def test_a_pipe_is_refused_and_not_waited_for(self):
        for name in ("p.csv", "p.ome.tif", "p.rtdc", "p.ome.zarr"):
            os.mkfifo(self.dir / name)
            self.expect(4, "recover", name)
            self.expect(4, "info", name)
        (self.dir / "a.tif").write_bytes(tiff())
        self.expect(8, "convert", "a.tif", "p.ome.tif")

    def test_names_that_are_not_utf8_are_told_in_json(self):
        store = os.fsdecode(b"o/\xff.csv")
        self.run_pipeline("type: table, path: a.csv")
        (self.dir / "o/a.csv").rename(self.dir / store)
        found = self.expect_json(0, "parfocal.recover/1", "recover", store, "--json")
        self.assertFalse(found["recovered"])
        self.expect_json(0, "parfocal.info/1", "info", store, "--json")

    def test_what_a_record_names_outside_its_folder_stays(self):
        mine = self.write("mine.csv", "no end of a line")
        (self.dir / "o").mkdir()
        self.write("o/run.json", json.dumps({"names": ["../mine.csv", str(mine)]}))
        self.run_command("recover", "o")
        self.assertEqual(mine.read_text(), "no end of a line")


if __name__ == "__main__":
    unittest.main()
