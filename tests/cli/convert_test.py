import json
import shutil
import time
import unittest

from support import CommandTest, SHARED_DIR, tiff

MOVIE = SHARED_DIR / "data/cells/neubias/image_data/mitocheck-movie"


class Convert(CommandTest):
    def shape(self, name):
        return self.expect_json(0, "parfocal.info/1", "info", name, "--json")["items"][0]

    def chunks(self, name):
        folder = self.dir / name / "0"
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def test_files_a_glob_and_a_folder_are_the_same_movie(self):
        self.write_movie()
        (self.dir / "movie").mkdir()
        for file in sorted(self.dir.glob("frame*.tif")):
            shutil.copy(file, self.dir / "movie")
        files = sorted(file.name for file in self.dir.glob("frame*.tif"))
        plain = ["--set", "sink.shard=none"]  # within a shard, the order of chunks is nobody's promise
        out, err = self.expect(0, "convert", *files, "files.ome.zarr", *plain)
        self.assertEqual(out, "files.ome.zarr\n")
        self.assertIn("6 of 6 received", err)
        self.expect(0, "convert", "frame*.tif", "glob.ome.zarr", *plain)
        self.expect(0, "convert", "movie", "folder.ome.zarr", *plain)
        self.assertEqual(self.shape("files.ome.zarr")["shape"], [6, 40, 60])
        self.assertEqual(self.chunks("files.ome.zarr"), self.chunks("glob.ome.zarr"))
        self.assertEqual(self.chunks("files.ome.zarr"), self.chunks("folder.ome.zarr"))
        left = [p.name for p in self.dir.iterdir() if p.name.startswith(".")]
        self.assertEqual(left, [])

    def test_axes_and_scales_survive_the_way_there_and_back(self):
        self.write("stack.tif", "").write_bytes(tiff(pages=6))
        self.expect(0, "convert", "stack.tif", "a.ome.zarr", "--set", "source.axes=tczyx", "--set",
                    "source.sizes={c: 2, z: 3}", "--set", "source.scale.z=2 um", "--set",
                    "source.scale.x=0.5 um", "--set", "source.scale.t=3 s")
        self.expect(0, "convert", "a.ome.zarr", "b.ome.tif")
        self.expect(0, "convert", "b.ome.tif", "c.ome.zarr")
        self.assertEqual(self.shape("b.ome.tif")["layout"], "c=2 z=3 | y=40 x=60 uint8")
        self.assertEqual(self.shape("b.ome.tif")["axes"], "c, z=2 um, y, x=0.5 um")
        self.assertEqual(self.shape("c.ome.zarr")["axes"], "c, z=2 um, y, x=0.5 um")

    def test_a_stack_without_axes_is_taken_as_t_and_said_so(self):
        self.write("stack.tif", "").write_bytes(tiff(pages=4))
        _, err = self.expect(0, "convert", "stack.tif", "a.ome.zarr")
        self.assertIn("4 pages are taken as t", err)
        _, err = self.expect(0, "convert", "stack.tif", "b.ome.zarr", "--set", "source.axes=zyx")
        self.assertNotIn("taken as", err)
        self.assertEqual(self.shape("b.ome.zarr")["axes"], "z, y, x")

    def test_what_exists_is_replaced_only_if_asked_and_if_it_is_ours(self):
        self.write_movie()
        for out in ("a.ome.zarr", "a.ome.tif"):
            self.expect(0, "convert", "frame0.tif", out)
            _, err = self.expect(8, "convert", "frame*.tif", out)
            self.assertIn("--overwrite", err)
            self.expect(0, "convert", "frame[0-5].tif", out, "--overwrite")
            self.assertIn("t=6", str(self.shape(out).get("layout", "t=6")))
        self.write("b.ome.tif", "mine")
        _, err = self.expect(8, "convert", "frame0.tif", "b.ome.tif", "--overwrite")
        self.assertIn("others are not replaced", err)
        self.assertEqual((self.dir / "b.ome.tif").read_text(), "mine")

    def test_the_result_may_not_be_an_input(self):
        self.write_movie()
        self.expect(0, "convert", "frame*.tif", "a.ome.tif")
        self.expect(0, "convert", "frame*.tif", "a.ome.zarr")
        for given in (["a.ome.tif", "a.ome.tif"], ["*.tif", "a.ome.tif"], [".", "a.ome.tif"],
                      ["a.ome.zarr/0", "a.ome.zarr"], ["a.ome.zarr", "a.ome.zarr/b.ome.tif"]):
            _, err = self.expect(2, "convert", *given, "--overwrite")
            self.assertIn("the result is one of the inputs", err, given)

    def test_usual_mistakes_are_told(self):
        self.write_movie()
        (self.dir / "empty").mkdir()
        self.write("notes.txt", "hello")
        for code, words, text in [
                (2, ["frame0.tif", "a.tif"], "write e.g. a.ome.zarr or a.ome.tif"),
                (2, ["frame0.tif"], "At least 2 required"),
                (4, ["nope.tif", "a.ome.zarr"], "no such file or folder"),
                (4, ["nope*.tif", "a.ome.zarr"], "no file matches the glob"),
                (4, ["empty", "a.ome.zarr"], "holds no OME-Zarr and no TIFF files"),
                (4, ["notes.txt", "a.ome.zarr"], "not an image that can be converted"),
                (2, ["frame0.tif", "a.ome.zarr", "--set", "axes=zyx"], "source.key=value"),
                (3, ["frame0.tif", "a.ome.zarr", "--set", "source.axis=zyx"], "did you mean 'axes'?"),
                (3, ["frame0.tif", "a.ome.zarr", "--set", "sink.pat=x"], "unknown key 'pat'"),
                (2, ["frame0.tif", "a.ome.zarr", "--memory", "lots"], "--memory is not a size"),
                (5, ["frame*.tif", "a.ome.zarr", "--memory", "1MiB"], "--memory")]:
            _, err = self.expect(code, "convert", *words)
            self.assertIn(text, err)
            self.assertFalse((self.dir / "a.ome.zarr").exists())
        document = self.expect_json(4, "parfocal.error/1", "convert", "nope", "a.ome.tif", "--json")
        self.assertEqual(document["code"], 4)

    def test_of_several_images_one_must_be_chosen_and_labels_are_told(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        series = {"zarr_format": 3, "node_type": "group",
                  "attributes": {"ome": {"version": "0.5", "bioformats2raw.layout": 3}}}
        (self.dir / "plate.zarr").mkdir()
        self.write("plate.zarr/zarr.json", json.dumps(series))
        for position in "01":
            shutil.copytree(self.dir / "o/smooth.ome.zarr", self.dir / "plate.zarr" / position)
        _, err = self.expect(4, "convert", "plate.zarr", "a.ome.tif")
        self.assertIn("the input holds several images", err)
        self.assertIn("convert plate.zarr a.ome.tif --set source.position=0", err)
        _, err = self.expect(0, "convert", "plate.zarr", "a.ome.tif", "--set", "source.position=1")
        self.assertIn("Its labels (cells)", err)
        _, err = self.expect(0, "convert", "o/smooth.ome.zarr", "cells.ome.tif", "--set",
                             "source.labels=cells")
        self.assertNotIn("note:", err)
        self.assertIn("uint32", self.shape("cells.ome.tif")["layout"])

    def test_a_broken_file_stops_it_or_becomes_a_gap(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(b"broken")
        _, err = self.expect(4, "convert", "frame*.tif", "a.ome.tif")
        self.assertIn("nothing was written to a.ome.tif", err)
        self.assertFalse((self.dir / "a.ome.tif").exists())
        self.expect(6, "convert", "frame*.tif", "a.ome.tif", "--on-error", "skip")
        self.assertIn(b"&#34;first&#34;:2,&#34;last&#34;:2", (self.dir / "a.ome.tif").read_bytes())

    def test_a_stopped_conversion_leaves_nothing_and_keeps_what_was_there(self):
        self.expect(0, "convert", self.write_tiff("one.tif", 1), "a.ome.tif")
        before = (self.dir / "a.ome.tif").read_bytes()
        self.write_tiff("long.tif", 400000)
        process = self.start("convert", "long.tif", "a.ome.tif", "--overwrite", "--threads", "1")
        part = self.dir / ".a.ome.tif.parfocal/a.ome.tif"
        end = time.monotonic() + 60
        while not part.exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(2)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertEqual((self.dir / "a.ome.tif").read_bytes(), before)
        self.assertFalse(part.parent.exists())

    def write_tiff(self, name, pages):
        (self.dir / name).write_bytes(tiff(pages=pages))
        return name

    def test_the_record_is_one_document(self):
        self.write_movie()
        document = self.expect_json(0, "parfocal.run/1", "convert", "frame*.tif", "a.ome.tif", "--json",
                                    "--progress", "none", "--threads", "1", "--memory", "256MiB")
        self.assertEqual(document["outputs"], ["a.ome.tif"])
        self.assertEqual(document["items"], 6)
        self.assertLessEqual(document["peak_rss_bytes"], document["planned_peak_bytes"])

    def test_the_mitocheck_movie(self):
        if not MOVIE.exists():
            self.skipTest(f"no movie in {MOVIE}")
        self.expect(0, "convert", MOVIE, "m.ome.tif")
        plain = ["--set", "sink.shard=none"]
        self.expect(0, "convert", MOVIE, "m.ome.zarr", *plain)
        self.expect(0, "convert", "m.ome.tif", "again.ome.zarr", *plain)
        self.assertEqual(self.chunks("m.ome.zarr"), self.chunks("again.ome.zarr"))
        self.assertEqual(self.shape("m.ome.tif")["layout"], "t=30 | y=190 x=211 uint8")


if __name__ == "__main__":
    unittest.main()
