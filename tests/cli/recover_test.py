"""What `recover FOLDER` does, and what it leaves alone."""

import json
import unittest

from support import CommandTest

SOURCE = "{type: generator, kind: counter, size: {t: 3, y: 8, x: 8}, dtype: uint8}"


class Recover(CommandTest):
    def run_pipeline(self, *sinks):
        self.write("p.yaml", f"parfocal: 1\nsource: {SOURCE}\n"
                   "steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, id: n}]\nsinks:\n"
                   + "".join(f"  - {{{sink}}}\n" for sink in sinks))
        self.expect(0, "run", "p.yaml", "--out", "o")

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
        out, _ = self.expect(0, "recover", "o")
        self.assertEqual(table.read_text(), whole)
        self.assertIn("result.old: recovered", out)
        self.assertIn("images: nothing to recover", out)

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

    def test_what_a_record_names_outside_its_folder_stays(self):
        mine = self.write("mine.csv", "no end of a line")
        (self.dir / "o").mkdir()
        self.write("o/run.json", json.dumps({"names": ["../mine.csv", str(mine)]}))
        self.run_command("recover", "o")
        self.assertEqual(mine.read_text(), "no end of a line")


if __name__ == "__main__":
    unittest.main()
