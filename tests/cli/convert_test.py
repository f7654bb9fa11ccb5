import json
import shutil
import time
import unittest

from support import CommandTest, SHARED_DIR, digest, tiff

MOVIE = SHARED_DIR / "data/cells/neubias/image_data/mitocheck-movie"


class Convert(CommandTest):
    def shape(self, name):
        return self.expect_json(0, "parfocal.info/1", "info", name, "--json")["items"][0]

    def chunks(self, name):
        folder = self.dir / name / "0"
        return {str(p.relative_to(folder)): digest(p) for p in folder.rglob("*") if p.is_file()}

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

    def test_every_tiff_of_a_folder_is_taken_whatever_its_ending(self):
        endings = ("tif", "TIF", "tiff", "TIFF", "btf", "BTF")
        for ending in endings:
            (self.dir / ending).mkdir()
            (self.dir / ending / f"a.{ending}").write_bytes(tiff())
            (self.dir / ending / f"._a.{ending}").write_text("what macOS puts beside")
            self.expect(0, "convert", ending, f"{ending}-1.ome.zarr")
            self.assertEqual(self.shape(f"{ending}-1.ome.zarr")["shape"][-2:], [40, 60])
        (self.dir / "all").mkdir()
        for ending in endings:
            (self.dir / "all" / f"{ending}.{ending}").write_bytes(tiff())
        self.expect(0, "convert", "all", "all.ome.zarr")
        self.assertEqual(self.shape("all.ome.zarr")["shape"], [6, 40, 60])

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

    def test_gaps_stay_gaps_on_every_way(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff()[:100])
        self.expect(6, "convert", "frame*.tif", "a.ome.zarr", "--on-error", "skip")
        for source, out in [("a.ome.zarr", "b.ome.zarr"), ("b.ome.zarr", "c.ome.tif"),
                            ("c.ome.tif", "d.ome.zarr"), ("c.ome.tif", "e.ome.tif")]:
            _, err = self.expect(7, "convert", source, out)
            self.assertIn("the input records 1 of its frames as missing, the first is frame 2", err)
        for name in ("b.ome.zarr", "d.ome.zarr"):
            (gap,) = self.shape(name)["gaps"]
            self.assertEqual((gap["first"], gap["last"]), (2, 2))
            self.assertEqual(list((self.dir / name / "frames/valid/c/0").read_bytes()[:6]),
                             [1, 1, 0, 1, 1, 1])
        self.assertEqual(self.shape("e.ome.tif")["missing"], 1)

    def test_steps_do_not_take_a_gap_of_the_input_for_an_image(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff()[:100])
        self.expect(6, "convert", "frame*.tif", "a.ome.zarr", "--on-error", "skip")
        self.write("p.yaml", """\
parfocal: 1
source: {type: ome_zarr, path: a.ome.zarr}
steps:
  - {id: least, op: reduce, over: [t, y, x], how: min}
sinks:
  - {type: table, from: least, path: least.csv}
""")
        self.expect(7, "run", "p.yaml", "--out", "o")
        rows = (self.dir / "o/frames.csv").read_text().splitlines()
        self.assertTrue(rows[3].endswith("dropped: missing in the input"), rows)
        self.assertEqual((self.dir / "o/least.csv").read_text().splitlines()[-1].split(",")[-1],
                         "20")  # the ground of the disks; a gap read as zeros would give 0

    def test_a_stack_that_was_cut_is_not_a_shorter_one(self):
        whole = tiff(pages=5)
        directory = 2 + 9 * 12 + 4
        for name, lost in (("a", directory), ("b", directory // 2), ("c", 2 * directory + 7)):
            self.write(name + ".tif", "").write_bytes(whole[:-lost])
            _, err = self.expect(4, "convert", name + ".tif", name + ".ome.zarr")
            self.assertIn("lies beyond the file", err)
            self.assertIn("copy the file again", err)
            self.assertIn("is cut off", str(self.shape(name + ".tif")))

    def test_the_line_that_leaves_gaps_can_be_run(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff(width=30))
        _, err = self.expect(4, "convert", "frame*.tif", "a.ome.zarr")
        line = "parfocal convert 'frame*.tif' a.ome.zarr --resume --on-error skip"
        self.assertIn(line, err)
        _, err = self.expect(6, "convert", "frame*.tif", "a.ome.zarr", "--resume", "--on-error", "skip")
        self.assertIn("5 of 6 received, 1 missing", err)
        self.assertNotIn("frames.csv", err)

    def test_an_unfinished_conversion_is_found_by_its_result_s_name(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff(width=30))
        self.expect(4, "convert", "frame*.tif", "a.ome.zarr")
        store = ".a.ome.zarr.parfocal/a.ome.zarr"
        for command in ("recover", "info"):
            _, err = self.expect(4, command, "a.ome.zarr")
            self.assertIn("again with --resume", err)
            self.assertIn(f"mv {store} a.ome.zarr", err)  # its writer closed it
            self.assertNotIn("parfocal recover", err)
        self.assertIn(f"mv {store} a.ome.zarr", self.expect(0, "recover", store)[1])
        self.expect(4, "recover", "nope.ome.zarr")

    def test_an_unfinished_ome_tiff_is_found_by_its_result_s_name(self):
        (self.dir / "movie.tif").write_bytes(tiff(width=600, height=600, pages=3000))
        left = self.dir / ".a.ome.tif.parfocal/a.ome.tif"
        process = self.start("convert", "movie.tif", "a.ome.tif", "--threads", "1", "--progress", "none")
        while process.poll() is None and not (left.exists() and left.stat().st_blocks > 200_000):  # pages, too
            time.sleep(0.001)
        process.kill()
        process.communicate()
        self.assertFalse((self.dir / "a.ome.tif").exists())
        _, err = self.expect(4, "info", "a.ome.tif")
        line = "recover .a.ome.tif.parfocal/a.ome.tif"
        self.assertIn("parfocal " + line, err)
        self.expect(0, *line.split())
        self.expect(0, "info", line.split()[1])

    def test_resuming_what_is_complete_clears_what_a_kill_at_the_end_left(self):
        self.write_movie()
        self.expect(0, "convert", "frame*.tif", "a.ome.zarr")
        place = self.dir / ".a.ome.zarr.parfocal"
        place.mkdir()
        self.write(place.name + "/.parfocal-lock", "")
        self.expect(0, "convert", "frame*.tif", "a.ome.zarr", "--resume")
        self.assertFalse(place.exists())

    def test_a_store_that_is_not_complete_is_told(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff(width=30))
        self.expect(4, "convert", "frame*.tif", "a.ome.zarr")
        store = ".a.ome.zarr.parfocal/a.ome.zarr"
        self.expect(0, "recover", store)
        done = self.run_command("convert", store, "b.ome.tif")  # 7 where later frames were there
        self.assertIn(done.returncode, (0, 7), done.stderr)
        self.assertIn("The store is not complete (", done.stderr)
        self.expect(0, "convert", "frame0.tif", "c.ome.zarr")
        self.assertNotIn("not complete", self.expect(0, "convert", "c.ome.zarr", "d.ome.tif")[1])

    def test_an_image_without_frames_is_told(self):
        for shape in ([0, 4, 4], [2, 0, 4]):
            array = {"zarr_format": 2, "shape": shape, "chunks": [1, 4, 4], "dtype": "<u2",
                     "order": "C", "filters": None, "fill_value": 0, "compressor": None}
            (self.dir / "a.zarr").mkdir(exist_ok=True)
            self.write("a.zarr/.zarray", json.dumps(array))
            for out in ("b.ome.zarr", "b.ome.tif"):
                _, err = self.expect(4, "convert", "a.zarr", out, "--set", "source.axes=tyx")
                self.assertIn("the image has no frames", err)

    def test_going_on_with_a_changed_zarr_is_refused(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff()[:100])
        self.expect(6, "convert", "frame*.tif", "a.ome.zarr", "--on-error", "skip")
        before = self.shape("a.ome.zarr")["provenance"]["input"]
        self.expect(7, "convert", "a.ome.zarr", "b.ome.zarr")
        first = self.shape("b.ome.zarr")["provenance"]["input"]
        self.assertRegex(first, r"changed [1-9]\d+$")
        time.sleep(0.02)
        (self.dir / "a.ome.zarr/0/zarr.json").touch()
        self.expect(7, "convert", "a.ome.zarr", "b.ome.zarr", "--overwrite")
        self.assertNotEqual(self.shape("b.ome.zarr")["provenance"]["input"], first)
        self.assertIn("6 files", before)

    def test_going_on_with_other_files_tells_how_to_start_over(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff(width=30))
        self.expect(4, "convert", "frame*.tif", "a.ome.zarr")
        (self.dir / "frame2.tif").write_bytes(tiff())
        _, err = self.expect(8, "convert", "frame*.tif", "a.ome.zarr", "--resume")
        self.assertIn("parfocal convert 'frame*.tif' a.ome.zarr --overwrite", err)
        self.assertNotIn("--out ", err)
        self.expect(0, "convert", "frame*.tif", "a.ome.zarr", "--overwrite")

    def test_the_result_first_is_told_with_the_right_line(self):
        self.write_movie()
        _, err = self.expect(2, "convert", "a.ome.zarr", "frame0.tif")
        self.assertIn("parfocal convert frame0.tif a.ome.zarr", err)
        self.assertNotIn("frame0.ome.zarr", err)

    def test_what_others_wrote_is_not_offered_for_replacement(self):
        self.write_movie()
        (self.dir / "a.ome.zarr").mkdir()
        for options in ([], ["--overwrite"]):
            _, err = self.expect(8, "convert", "frame0.tif", "a.ome.zarr", *options)
            self.assertIn("others are not replaced", err)
            self.assertNotIn("run\n", err)

    def test_the_greek_letter_is_a_micro_too(self):
        self.write_movie()
        self.expect(0, "convert", "frame0.tif", "a.ome.zarr", "--set", "source.scale.x=0.5 \u03bcm")
        self.assertIn("x=0.5 um", self.shape("a.ome.zarr")["axes"])

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
                (2, ["frame0.tif"], "the result is not named"),
                (4, ["nope.tif", "a.ome.zarr"], "no such file or folder"),
                (4, ["nope*.tif", "a.ome.zarr"], "no file matches the glob"),
                (4, ["empty", "a.ome.zarr"], "holds no OME-Zarr and no image files"),
                (4, ["notes.txt", "a.ome.zarr"], "not an image that can be converted"),
                (2, ["frame0.tif", "a.ome.zarr", "--set", "axes=zyx"], "--set source.axes=zyx"),
                (3, ["frame0.tif", "a.ome.zarr", "--set", "source.axis=zyx"], "--set source.axes=zyx"),
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
