"""Mistakes of the first day: what is printed leads on when it is pasted."""

import re
import shlex
import signal
import subprocess
import unittest

from support import CommandTest, PARFOCAL, SHARED_DIR, tiff

GENERATOR = "{type: generator, size: {t: 3, y: 32, x: 32}, dtype: uint8}"
LIVE = ("{type: push, fps: 200, unbounded: true, overflow: wait, "
        "of: {type: generator, size: {t: 100000, y: 32, x: 32}}}")


class Told(CommandTest):
    def pasted(self, err, code=0):
        """Runs the last line of the command that a message shows."""
        line = re.findall(r"(?m)^ +(\S*parfocal [a-z]+ .*)$", err)[-1]
        return self.expect(code, *shlex.split(line)[1:])

    def write_images(self):
        (self.dir / "folder").mkdir()
        for i in range(3):
            (self.dir / f"folder/img_{i}.tif").write_bytes(tiff())

    def write_pipeline(self, steps="", sinks="{type: ome_zarr, from: source, path: a.ome.zarr}",
                       source='{type: files, glob: "folder/*.tif", axes: tyx}'):
        return self.write("p.yaml", f"parfocal: 1\nsource: {source}\n"
                          + (f"steps: [{steps}]\n" if steps else "")
                          + (f"sinks: [{sinks}]\n" if sinks else ""))


class Words(Told):
    def test_a_single_run_has_no_resume_and_says_what_to_do(self):
        self.write_pipeline(source=GENERATOR)
        self.expect(0, "run", "p.yaml", "--out", "o")
        _, err = self.expect(2, "run", "p.yaml", "--out", "o", "--resume")
        self.assertIn("for runs of several datasets", err)
        self.pasted(err)

    def test_images_in_place_of_a_pattern_are_put_into_the_source(self):
        self.write_images()
        self.write_pipeline()
        images = [f"folder/img_{i}.tif" for i in range(3)]
        _, err = self.expect(2, "run", "p.yaml", *images)
        self.assertIn("source.glob", err)
        self.pasted(err)
        _, err = self.expect(2, "run", *images)
        self.pasted(err)

    def test_a_value_that_the_shell_split_is_put_together(self):
        self.write_images()
        self.write_pipeline("{op: gaussian, id: g, sigma: 1 px}")
        for words in (["memory=1", "GiB"], ["g.sigma", "2px"]):
            _, err = self.expect(2, "plan", "p.yaml", "--set", *words)
            self.pasted(err)

    def test_convert_without_a_result_names_one_beside_the_images(self):
        self.write_images()
        images = [f"folder/img_{i}.tif" for i in range(3)]
        for words in (images, images[:1], ["folder"], ["folder/*.tif"]):
            _, err = self.expect(2, "convert", *words)
            self.assertIn("the result is not named", err)
            out, _ = self.pasted(err)
            self.assertNotIn("/", out.strip())
            subprocess.run(["rm", "-r", self.dir / out.strip()], check=True)
        self.assertEqual(len(list((self.dir / "folder").iterdir())), 3)

    def test_a_result_without_an_ending_gets_one(self):
        self.write_images()
        for given, wanted in [("new/", "new/img_0.ome.zarr"), ("OUT.OME.TIF", "OUT.ome.zarr"),
                              ("out", "out.ome.zarr")]:
            _, err = self.expect(2, "convert", "folder/img_0.tif", given)
            self.assertIn(f"write e.g. {wanted} or ", err)

    def test_info_of_a_folder_names_what_is_in_it(self):
        self.write_images()
        self.pasted(self.expect(4, "info", "folder")[1])
        self.expect(0, "demo", "cells", "--dir", "d")
        self.pasted(self.expect(4, "info", "d")[1])
        (self.dir / "other").mkdir()
        self.assertIn("empty", self.expect(4, "info", "other")[1])
        self.write("other/a.txt", "")
        self.assertIn("a.txt", self.expect(4, "info", "other")[1])


class Pipelines(Told):
    def test_a_glob_that_matches_nothing_tells_where_was_looked(self):
        self.write_images()
        self.write_pipeline(source='{type: files, glob: "none/*.tif", axes: tyx}')
        for words in (["plan", "p.yaml"], ["info", "none/*.tif"],
                      ["convert", "none/*.tif", "a.ome.zarr"]):
            _, err = self.expect(4, *words)
            self.assertNotIn("pipeline file", err)
            self.assertIn(f"{self.dir} (", err)
            self.assertIn("folder", err.split(f"{self.dir} (")[1])

    def test_a_home_is_written_in_full(self):
        _, err = self.expect(4, "convert", "~/none*.tif", "a.ome.zarr")
        self.assertNotIn("write glob:", err)
        self.assertIn("write the path in full: \"/", err)

    def test_an_ome_zarr_as_glob_is_told_its_source(self):
        self.write_images()
        self.expect(0, "convert", "folder/*.tif", "a.ome.zarr")
        self.write_pipeline(source="{type: files, glob: a.ome.zarr, axes: tyx}")
        _, err = self.expect(4, "plan", "p.yaml")
        self.write_pipeline(source=re.search(r"write source: (.*)", err).group(1),
                            sinks="{type: ome_zarr, from: source, path: b.ome.zarr}")
        self.expect(0, "plan", "p.yaml")

    def test_without_a_sink_one_is_named_that_takes_the_last_step(self):
        self.write_images()
        steps = "{op: threshold}, {op: label}, "
        for last in ("{op: count}", "{op: measure}", "{op: gaussian, sigma: 1 px, from: source}"):
            self.write_pipeline(steps + last, sinks="")
            _, err = self.expect(3, "check", "p.yaml")
            self.write_pipeline(steps + last, sinks=re.search(r"add sinks: \[(.*)\]", err).group(1))
            self.expect(0, "plan", "p.yaml")

    def test_a_number_in_place_of_a_step_is_a_constant(self):
        self.write_images()
        self.write_pipeline("{op: subtract, by: 5}", sinks="{type: ome_zarr, path: a.ome.zarr}")
        _, err = self.expect(3, "check", "p.yaml")
        self.write_pipeline("{op: subtract, %s}" % re.search(r"write (constant: 5) ", err).group(1),
                            sinks="{type: ome_zarr, path: a.ome.zarr}")
        self.expect(0, "plan", "p.yaml")

    def test_a_word_for_axes_is_told_of_auto(self):
        self.write_images()
        self.write_pipeline(source='{type: files, glob: "folder/*.tif", axes: file}')
        _, err = self.expect(3, "plan", "p.yaml")
        self.assertIn("or axes: auto", err)
        self.assertNotIn("fileyx", err)


class Pictures(Told):
    def test_damaged_ones_and_other_formats_are_told_what_to_do(self):
        (self.dir / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60))
        (self.dir / "b.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(60))
        (self.dir / "c.czi").write_bytes(b"ZISRAWFILE" + bytes(60))
        (self.dir / "pngs").mkdir()
        (self.dir / "pngs/a.png").write_bytes((self.dir / "a.png").read_bytes())
        for name, kind in (("a.png", "PNG"), ("b.jpg", "JPEG"), ("pngs", "PNG")):
            _, err = self.expect(4, "convert", name, "x.ome.zarr")
            self.assertRegex(err, f"(damaged {kind}|the {kind} ends early)")
            self.assertIn("copy the file again", err)
        self.assertIn("PNG", self.expect(4, "info", "a.png")[1])
        for words in (["convert", "c.czi", "x.ome.zarr"], ["info", "c.czi"]):
            self.assertIn("Save As > Tiff", self.expect(4, *words)[1])


class Live(Told):
    def test_a_stream_without_a_known_length_tells_its_progress(self):
        self.write_pipeline(source="{type: push, fps: 0, unbounded: true, overflow: wait, of: %s}"
                            % GENERATOR)
        self.assertRegex(self.expect(0, "run", "p.yaml")[1], r"(?m)^3 frames  ")

    def test_a_feature_that_a_recording_lacks_is_told_with_those_that_it_has(self):
        recording = (SHARED_DIR / "data/dcnum/fmt-hdf5_cytoshot_full-features_2024"
                     / "dcnum_thresh_example.rtdc")
        if not recording.exists() or "rtdc" not in self.expect(0, "ops")[0]:
            self.skipTest(f"no recording in {recording}")
        _, err = self.expect(4, "convert", recording, "a.ome.zarr", "--set", "source.feature=imag")
        self.assertIn("mask", err)
        self.assertIn("did you mean 'image'?", err)


class Interrupted(Told):
    def shell(self, line):
        done = subprocess.run(["bash", "-c", line], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def start_run(self):
        self.write_pipeline("", "{type: ome_zarr, path: a.ome.zarr, from: source}", LIVE)
        process = self.start("run", "p.yaml", "--out", "o", "--progress", "json")
        rows = self.dir / "o/frames.csv"  # written once a second
        for line in process.stderr:
            if '"items_done":0,' not in line and rows.exists() and rows.stat().st_size > 0:
                return process
        self.fail("the run ended")

    def test_info_of_a_store_tells_that_its_run_was_killed(self):
        process = self.start_run()
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        self.assertIn("is writing into this folder", err)
        self.assertNotIn("recover", err)
        self.assertNotIn("killed", self.expect(0, "info", "o/a.ome.zarr")[0])
        process.kill()
        process.communicate()
        facts = self.expect_json(0, "parfocal.info/1", "info", "o/a.ome.zarr", "--json")["items"][0]
        self.assertIn("killed", facts["status"])
        (line,) = facts["to recover"]
        self.expect(0, *shlex.split(line)[1:])
        self.assertNotIn("killed", self.expect(0, "info", "o/a.ome.zarr")[0])
        out, _ = self.expect(0, "recover", "o/frames.csv")
        self.assertNotIn("its writer closed it", out)
        self.assertRegex(out, r"\d+ rows.*killed")

    def test_an_unfinished_conversion_can_be_given_its_name(self):
        (self.dir / "big 1.tif").write_bytes(tiff(width=600, height=500, pages=4000))
        for number in (signal.SIGINT, signal.SIGKILL):
            out = f"big {int(number)}.ome.zarr"
            process = self.start("convert", "big 1.tif", out, "--threads", "1", "--progress", "json",
                                 "--set", "sink.codec=zstd")
            for line in process.stderr:
                if re.search(r'"items_done":\d\d', line):
                    break
            process.send_signal(number)
            process.communicate()
            self.assertNotEqual(process.returncode, 0)
            _, err = self.expect(4, "info", out)
            lines = re.findall(r"(?m)^ {10}(\S.*)$", err)
            self.assertEqual(len(lines), 1 if number == signal.SIGINT else 2, err)
            for line in lines:
                self.shell(line.replace("parfocal", shlex.quote(PARFOCAL), 1)
                           if line.startswith("parfocal ") else line)
            self.expect(0, "info", out)


if __name__ == "__main__":
    unittest.main()
