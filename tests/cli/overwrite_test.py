"""What --overwrite replaces, and what it never touches."""

import json
import os
import shutil
import unittest

from outputs import Outputs
from support import tiff


class Overwrite(Outputs):
    def test_results_of_every_name_are_replaced_and_files_of_others_stay(self):
        sinks = ("type: table, path: result.old", "type: table, path: sub/deep/a.csv",
                 "type: ome_zarr, from: source, path: sub/z.ome.zarr", "type: table, path: new")
        self.pipeline("p.yaml", 20, *sinks)
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.write("o/sub/my-notes.txt", "precious")
        self.write("o/sub/deep/b.csv", "mine")
        self.pipeline("p.yaml", 5, *sinks)
        for _ in range(2):
            self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
            self.assertEqual([self.rows("o/" + n) for n in ("result.old", "new", "sub/deep/a.csv")],
                             [5, 5, 5])
            self.assertEqual((self.dir / "o/sub/my-notes.txt").read_text(), "precious")
            self.assertEqual((self.dir / "o/sub/deep/b.csv").read_text(), "mine")
            self.assertEqual(self.hidden(), [])

    def test_files_of_others_in_a_store_keep_it_from_being_replaced(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr")
        self.expect(0, "run", "p.yaml", "--out", "o")
        for foreign in ("notes.txt", "labels/mine/zarr.json", "0/notes", "other/zarr.json",
                        "1/zarr.json", "7/c/0", "0/7/zarr.json", "0/c/0/9", "0/.zarray",
                        "frames/quality/zarr.json", "frames/valid/9", "tables/mine/score/c/0",
                        "tables/zarr.json"):
            path = self.dir / "o/z.ome.zarr" / foreign
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
            before = self.files("o")
            _, err = self.expect(8, "run", "p.yaml", "--out", "o", "--overwrite")
            self.assertIn(foreign, err)
            _, err = self.expect(8, "run", "p.yaml", "--out", "o")
            self.assertNotIn("--overwrite", err)
            self.assertEqual(self.files("o"), before)
            path.unlink()
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")

    def test_a_store_that_was_hardly_begun_is_replaced(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr")
        self.expect(0, "run", "p.yaml", "--out", "o")
        description = (self.dir / "o/z.ome.zarr/__parfocal/store.json").read_text()
        shutil.rmtree(self.dir / "o/z.ome.zarr")
        (self.dir / "o/z.ome.zarr/__parfocal").mkdir(parents=True)
        self.write("o/z.ome.zarr/__parfocal/store.json", description)
        (self.dir / "o/z.ome.zarr/frames/valid").mkdir(parents=True)
        self.write("o/z.ome.zarr/frames/valid/zarr.json.part", "{")  # killed just then
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual(self.hidden(), [])

    def test_stores_of_every_kind_are_replaced_and_arrays_that_were_added_are_not(self):
        table = "table: t, labels: {cells: l}"
        text = """parfocal: 1
source: {type: generator, kind: counter, size: {t: 2, p: 2, y: 64, x: 64}, dtype: uint8}
steps: [{id: m, op: threshold}, {id: l, op: label}, {id: t, op: measure, properties: [area]}]
sinks: [{type: ome_zarr, from: source, path: z.ome.zarr, %s}]
"""
        for options in (table, table + ', format: "0.4", levels: 2', "wells: [A/1, B/2]",
                        "shard: none, levels: 2"):
            with self.subTest(options=options):
                self.write("p.yaml", text % options)
                out = "o%d" % len(options)
                self.expect(0, "run", "p.yaml", "--out", out)
                self.expect(0, "run", "p.yaml", "--out", out, "--overwrite")
                store = self.dir / out / "z.ome.zarr"
                arrays = [p.parent for p in store.rglob("*") if p.name == ".zarray" or
                          p.name == "zarr.json" and '"array"' in p.read_text()]
                for array in {a.parent: a for a in arrays}.values():  # one of each group
                    added = array.parent / "9"
                    shutil.copytree(array, added)
                    _, err = self.expect(8, "run", "p.yaml", "--out", out, "--overwrite")
                    self.assertIn(str(added.relative_to(store)), err)
                    shutil.rmtree(added)

    @unittest.skipUnless(os.geteuid() == 0, "gives a file to another user")
    def test_results_of_another_user_stay_theirs(self):
        user = 65534
        self.pipeline("p.yaml", 3, "type: ome_tiff, from: source, path: a.ome.tif", "type: ome_zarr, from: source, path: z.ome.zarr",
                      "type: table, path: a.csv")
        (self.dir / "a.tif").write_bytes(tiff())
        made = ["run", "p.yaml", "--out", "o"], ["convert", "a.tif", "c.ome.tif"], ["convert", "a.tif", "c.ome.zarr"]
        for words in made:
            self.expect(0, *words)
        theirs = [self.dir / name for name in ("c.ome.tif", "c.ome.zarr")] + list((self.dir / "o").iterdir())
        for path in theirs:
            for file in [path, *path.rglob("*")]:
                os.chown(file, user, user)
        for words in made:
            self.expect(0, *words, "--overwrite")
        for path in theirs:
            for file in [path, *path.rglob("*")]:
                self.assertEqual((file.stat().st_uid, file.stat().st_gid), (user, user), file)

    def test_a_run_that_could_not_make_all_its_outputs_is_recorded_as_failed(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr",
                      "type: table, path: %s" % "/".join(20 * [220 * "a"]))  # longer than paths may be
        self.expect(1, "run", "p.yaml", "--out", "o")
        record = json.loads((self.dir / "o/run.json").read_text())
        self.assertEqual((record["status"], record["exit_code"]), ("failed", 1))
        self.assertEqual(len(record["issues"]), 1)

    def test_an_input_is_never_replaced_whatever_its_name_leads_over(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, path: a.ome.zarr", "type: ome_tiff, path: a.ome.tif")
        self.expect(0, "run", "p.yaml", "--out", "in")
        (self.dir / "link").symlink_to("in")
        (self.dir / "frame.ome.tif").symlink_to("in/a.ome.tif")
        before = self.files("in")
        zarr, tif = "type: ome_zarr, path: a.ome.zarr", "type: ome_tiff, path: a.ome.tif"
        for source, sink, out in [
                ("{type: ome_zarr, path: in/a.ome.zarr}", zarr, "in"),
                ("{type: ome_zarr, path: in/a.ome.zarr}", zarr, "link"),
                ("{type: ome_zarr, path: link/a.ome.zarr/}", zarr, "in"),
                ("{type: ome_zarr, path: in/a.ome.zarr}", "type: ome_tiff, path: b.ome.tif", "in/a.ome.zarr"),
                ("{type: files, glob: in/a.ome.tif, axes: auto}", tif, "in"),
                ("{type: files, glob: 'i?/*.tif', axes: auto}", tif, "link"),
                ("{type: files, glob: [frame.ome.tif], axes: auto}", tif, "in"),
                ("{type: push, of: {type: files, glob: in/a.ome.tif, axes: auto}}", tif, "in")]:
            self.pipeline("s.yaml", 0, sink, source=source)
            with self.subTest(source=source, out=out):
                _, err = self.expect(8, "run", "s.yaml", "--out", out, "--overwrite")
                self.assertIn("input of this run", err)
                now = self.files("in")  # the lines below may have added to it
                self.assertEqual({name: now.get(name) for name in before}, before)
                _, err = self.expect(8, "run", "s.yaml", "--out", out)
                self.assertNotIn("--overwrite", err)
                (cure,) = self.cures(err)
                self.expect(0, *cure)

    def test_inputs_that_no_parameter_names_are_never_replaced(self):
        (self.dir / "in").mkdir()
        (self.dir / "in/0.tif").write_bytes(tiff(64, 64))
        sink = "type: ome_tiff, from: source, path: x.ome.tif"
        for i, source in enumerate(("{type: files, glob: 'in/**/*.tif', axes: tyx}",
                                    "{type: push, of: {type: files, glob: 'in/**/*.tif', axes: tyx}}")):
            with self.subTest(source=source):
                self.pipeline("p.yaml", 0, sink, source=source)
                out = f"in/a/b/{i}"
                self.expect(0, "run", "p.yaml", "--out", out)
                before = self.files(out)
                _, err = self.expect(8, "run", "p.yaml", "--out", out, "--overwrite")
                self.assertIn("input of this run", err)
                self.assertEqual(self.files(out), before)
                shutil.rmtree(self.dir / "in/a")

    def test_an_input_of_a_folder_whose_name_looks_like_a_pattern_is_not_replaced(self):
        folder = self.dir / "br[1]"
        folder.mkdir()
        self.pipeline("br[1]/p.yaml", 3, "type: ome_tiff, path: a.ome.tif", "type: ome_tiff, path: b.ome.tif")
        self.expect(0, "run", "br[1]/p.yaml", "--out", "br[1]/in")
        before = self.files("br[1]/in")
        self.pipeline("br[1]/s.yaml", 0, "type: ome_tiff, path: b.ome.tif",
                      source="{type: files, glob: 'in/*.tif', axes: auto}")
        _, err = self.expect(8, "run", "br[1]/s.yaml", "--out", "br[1]/in", "--overwrite")
        self.assertIn("input of this run", err)
        self.assertEqual(self.files("br[1]/in"), before)

    def test_an_output_that_is_an_input_by_a_second_name_is_not_replaced(self):
        self.pipeline("p.yaml", 3, "type: ome_tiff, path: a.ome.tif")
        self.expect(0, "run", "p.yaml", "--out", "o")
        os.link(self.dir / "o/a.ome.tif", self.dir / "a.ome.tif")
        self.pipeline("s.yaml", 0, "type: ome_tiff, path: a.ome.tif",
                      source="{type: files, glob: a.ome.tif, axes: auto}")
        _, err = self.expect(8, "run", "s.yaml", "--out", "o", "--overwrite")
        self.assertIn("input of this run", err)

    def test_a_run_that_was_killed_before_it_wrote_its_record_can_be_replaced(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv")
        (self.dir / "o").mkdir()
        self.write("o/run.json", "")
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        for line in self.cures(err):
            self.expect(0, *line)
        self.assertEqual(sorted(self.files("o")), ["a.csv", "frames.csv", "run.json"])

    def test_two_pipelines_may_take_turns_in_one_folder(self):
        self.pipeline("a.yaml", 3, "type: table, path: a.csv")
        self.pipeline("b.yaml", 4, "type: table, path: b.csv")
        self.expect(0, "run", "a.yaml", "--out", "o")
        for name in ("b.yaml", "a.yaml", "b.yaml"):
            self.expect(0, "run", name, "--out", "o", "--overwrite")
        self.assertEqual((self.rows("o/a.csv"), self.rows("o/b.csv")), (3, 4))
        self.write("o/c.csv", "mine")
        self.pipeline("c.yaml", 4, "type: table, path: c.csv")
        self.expect(8, "run", "c.yaml", "--out", "o", "--overwrite")
        self.assertEqual((self.dir / "o/c.csv").read_text(), "mine")

    def test_what_a_killed_overwrite_left_is_never_published(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv")
        self.expect(0, "run", "p.yaml", "--out", "o")
        (self.dir / "o/.parfocal-new/sub").mkdir(parents=True)
        for left in (".parfocal-new/a.csv", ".parfocal-new/sub/b.csv", "run.json.part"):
            self.write("o/" + left, "left")
        self.write("o/.parfocal-new/run.json", json.dumps({"names": ["sub/b.csv"]}))
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual(sorted(self.files("o")), ["a.csv", "frames.csv", "run.json"])
        self.assertEqual(self.rows("o/a.csv"), 3)
        self.assertEqual(self.hidden(), [])

    def test_part_files_go_with_the_run_that_is_replaced_and_no_other(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        self.pipeline("p.yaml", 3, "type: rtdc, path: a.rtdc, from: source")
        (self.dir / "o").mkdir()
        mine = ["frames.csv.part", "frames.csv.part.journal"]
        for name in ("a.rtdc.part", "a.rtdc.part.journal", "a.rtdc.part.journal.new", "b.rtdc.part", *mine):
            self.write("o/" + name, "mine" if name in mine else "")
        self.write("o/run.json", json.dumps({"names": ["a.rtdc", "b.rtdc", "frames.csv", "run.json"]}))
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        whole = ["a.rtdc", "b.rtdc.part", "frames.csv", *mine, "run.json"]
        self.assertEqual(sorted(self.files("o")), whole)
        self.write("o/a.rtdc.part", "")
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual(sorted(self.files("o")), sorted(["a.rtdc.part", *whole]))

    @unittest.skipUnless(os.geteuid() == 0, "gives a file to another user")
    def test_results_that_another_user_was_swapping_stay(self):
        self.pipeline("p.yaml", 3, "type: ome_tiff, path: a.ome.tif")
        (self.dir / "a.tif").write_bytes(tiff())
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.expect(0, "convert", "a.tif", "c.ome.zarr")
        for hidden, name, words in ((self.dir / "o/.parfocal-new", "a.ome.tif", ["run", "p.yaml", "--out", "o"]),
                                    (self.dir / ".c.ome.zarr.parfocal", "c.ome.zarr", ["convert", "a.tif", "c.ome.zarr"])):
            with self.subTest(words=words):
                (hidden / ".parfocal-replaced").mkdir(parents=True)
                shutil.move(hidden.parent / name, hidden / ".parfocal-replaced" / name)
                (hidden / name).write_bytes(b"new")
                (hidden / "run.json").write_text(json.dumps({"names": [name, "run.json"]}))
                journal = hidden / ".parfocal-swap"
                journal.write_text(f"parfocal.swap/1\n\0r2{name}\0")
                os.chown(journal, 12345, 12345)
                before = self.files(hidden)
                for more in ([], ["--overwrite"], *([["--resume"]] if words[0] == "convert" else [])):
                    _, err = self.expect(8, *words, *more)
                    self.assertIn("another user", err)
                    self.assertEqual({n: t for n, t in self.files(hidden).items() if n != ".parfocal-lock"}, before)
                os.chown(journal, os.geteuid(), os.getegid())
                self.run_command("info", hidden.parent / name)
                self.assertEqual((hidden.parent / name).read_bytes(), b"new")
                self.assertFalse(hidden.exists())

    def test_a_swap_that_no_run_recorded_is_not_carried_out(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv")
        self.expect(0, "run", "p.yaml", "--out", "o")
        (self.dir / "private").mkdir()
        (self.dir / "o/link").symlink_to("../private")
        (self.dir / "o/.parfocal-new/link").mkdir(parents=True)
        for name, recorded in (("notes.txt", []), ("link/t.csv", []), ("link/t.csv", ["link/t.csv"])):
            self.write("o/.parfocal-new/run.json", json.dumps({"names": recorded}))
            self.write("o/" + name, "mine")
            self.write("o/.parfocal-new/" + name, "planted")
            self.write("o/.parfocal-new/.parfocal-swap", "parfocal.swap/1\n\0r2" + name + "\0")
            for command in (("info", "o"), ("recover", "o"), ("run", "p.yaml", "--out", "o", "--overwrite")):
                self.assertEqual(self.run_command(*command).returncode, 1)
                self.assertEqual((self.dir / "o" / name).read_text(), "mine")

    def test_a_file_of_the_name_of_the_hidden_folder_stays(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv")
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.write("o/.parfocal-new", "mine")
        self.expect(1, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual((self.dir / "o/.parfocal-new").read_text(), "mine")

    def test_a_conversion_that_was_killed_in_its_last_step_leaves_no_lock(self):
        (self.dir / "m.tif").write_bytes(tiff())
        self.expect(0, "convert", "m.tif", "c.ome.zarr")
        (self.dir / ".c.ome.zarr.parfocal").mkdir()
        for name, text in ((".parfocal-swap", "parfocal.swap/1\n\0r2c.ome.zarr\0"), (".parfocal-lock", "")):
            self.write(".c.ome.zarr.parfocal/" + name, text)
        self.expect(0, "info", "c.ome.zarr")
        self.assertEqual(self.hidden(), [])

    def test_files_of_others_in_hidden_folders_stay(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv", "type: ome_zarr, from: source, path: z.ome.zarr")
        self.expect(0, "run", "p.yaml", "--out", "o")
        store, mine = ".parfocal-new/z.ome.zarr/notes.txt", ".parfocal-new/sub/notes.txt"
        for name in (store, mine):
            (self.dir / "o" / name).parent.mkdir(parents=True)
            self.write("o/" + name, "mine")
        _, err = self.expect(8, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertIn(".parfocal-new/z.ome.zarr", err)
        self.assertEqual([(self.dir / "o" / name).read_text() for name in (store, mine)], 2 * ["mine"])
        shutil.rmtree((self.dir / "o" / store).parent)
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual((self.dir / "o" / mine).read_text(), "mine")
        (self.dir / "m.tif").write_bytes(tiff())
        (self.dir / ".c.ome.tif.parfocal").mkdir()
        self.write(".c.ome.tif.parfocal/notes.txt", "mine")
        self.expect(0, "convert", "m.tif", "c.ome.tif")
        self.assertEqual(self.files(".c.ome.tif.parfocal"), {"notes.txt": b"mine"})

    def test_a_file_where_a_folder_is_needed_is_told_before_the_run(self):
        self.pipeline("p.yaml", 3, "type: table, path: sub")
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.pipeline("q.yaml", 3, "type: table, path: sub/a.csv")
        before = self.files("o")
        _, err = self.expect(8, "run", "q.yaml", "--out", "o", "--overwrite")
        self.assertIn("in the way", err)
        self.assertEqual(self.files("o"), before)

    def test_a_file_of_somebody_else_that_looks_like_a_part_stays(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        self.pipeline("p.yaml", 3, "type: rtdc, path: a.rtdc, from: source")
        (self.dir / "o").mkdir()
        self.write("o/a.rtdc.part", "mine")
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        self.assertIn("a.rtdc.part", err)
        self.assertEqual(self.files("o"), {"a.rtdc.part": b"mine"})

    def test_a_run_that_could_not_begin_leaves_nothing(self):
        self.pipeline("p.yaml", 3, "type: rtdc, path: a.rtdc, from: source, input: none.rtdc")
        done = self.run_command("run", "p.yaml", "--out", "o")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotEqual(done.returncode, 8)
        self.assertEqual(self.run_command("run", "p.yaml", "--out", "o").returncode, done.returncode)


if __name__ == "__main__":
    unittest.main()
