"""What the command says when it cannot go on: the lines that it prints work when they are pasted."""

import json
import os
import re
import shlex
import subprocess
import unittest

from support import CommandTest, PARFOCAL, PIPELINE, tiff

LIVE = ("{type: push, fps: 200, unbounded: true, overflow: wait, "
        "of: {type: generator, size: {t: 100000, y: 32, x: 32}}}")


class Cures(CommandTest):
    def lines(self, err):
        """The command lines that a message shows, without the name of the command."""
        return [shlex.split(line)[1:] for line in re.findall(r"(?m)^ +(\S*parfocal [a-z]+ .*)$", err)]

    def test_a_pattern_that_the_shell_made_several_words_of_is_a_list(self):
        for name in ("a1.tif", "a2.tif"):
            (self.dir / name).write_bytes(tiff())
        self.write("p.yaml", 'parfocal: 1\nsource: {type: files, glob: "none*.tif"}\n'
                             "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
        _, err = self.expect(2, "plan", "p.yaml", "--set", "source.glob=a1.tif", "a2.tif")
        self.assertIn("""plan p.yaml --set 'source.glob=["a1.tif", "a2.tif"]'""", err)
        self.expect(0, "plan", "p.yaml", "--set", 'source.glob=["a1.tif", "a2.tif"]')

    def test_an_image_or_a_folder_in_place_of_a_pipeline_is_told_what_to_do(self):
        self.write_movie()
        (self.dir / "images").mkdir()
        (self.dir / "images/a.tif").write_bytes(tiff())
        (self.dir / "work").mkdir()
        (self.dir / "pipeline.yaml").rename(self.dir / "work/p.yaml")
        (self.dir / "work/frame0.tif").write_bytes(tiff())
        (self.dir / "empty").mkdir()
        self.expect(0, "run", "work/p.yaml", "--out", "o")
        for given, word in [("frame0.tif", "an image"), ("images", "a folder of images"),
                            ("work/", "a folder"),
                            ("empty", "a folder"), ("o", "results"), ("o/smooth.ome.zarr", "OME-Zarr")]:
            for command in ("run", "plan", "check"):
                _, err = self.expect(2, command, given)
                self.assertIn(word, err)
                self.assertNotIn("YAML:", err)
            (line,) = self.lines(err)
            self.expect(0, *line)

    def test_a_pattern_without_quotes_is_told_to_be_quoted(self):
        self.write_movie()
        self.write("p.yaml", PIPELINE.replace('"*.tif"', "*.tif"))
        _, err = self.expect(3, "check", "p.yaml")
        self.assertIn("p.yaml:2:", err)
        self.assertIn('write it as "*.tif"', err)
        _, err = self.expect(3, "check", "pipeline.yaml", "--set", "source.glob=*.tif")
        cure = re.search(r'write it as ("\S+")', err).group(1)
        self.expect(0, "check", "pipeline.yaml", "--set", "source.glob=" + cure)
        _, err = self.expect(2, "run", "pipeline.yaml", "frame0.tif", "frame1.tif")
        self.assertIn("in quotes", err)

    def test_inputs_that_the_command_line_names_are_relative_to_where_it_is_called(self):
        self.write_movie()
        there = self.dir / "there [1]"
        there.mkdir()
        for file in self.dir.glob("frame*.tif"):
            file.rename(there / file.name)
        (self.dir / "p").mkdir()
        (self.dir / "pipeline.yaml").rename(self.dir / "p/pipeline.yaml")
        self.expect(0, "plan", "p/pipeline.yaml", "--set", "source.glob='there [[]1]/*.tif'")
        process = self.start("plan", "../p/pipeline.yaml", "--set", "source.glob='*.tif'")
        process.communicate()
        self.assertEqual(process.returncode, 4)  # there is no folder above
        done = subprocess.run([PARFOCAL, "plan", "../p/pipeline.yaml", "--set", "source.glob=frame?.tif"],
                              cwd=there, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect(0, "convert", "there [[]1]/*.tif", "p/a.ome.zarr")
        self.write("p/zarr.yaml", "parfocal: 1\nsource: {type: ome_zarr, path: a.ome.zarr}\n"
                   "sinks: [{type: ome_zarr, path: b.ome.zarr}]\n")
        self.expect(0, "plan", "p/zarr.yaml")
        self.expect(0, "plan", "p/zarr.yaml", "--set", "source.path=p/a.ome.zarr")
        self.expect(4, "plan", "p/zarr.yaml", "--set", "source.path=a.ome.zarr")

    def test_a_number_with_a_unit_too_much_is_corrected(self):
        for value, cure in [("'30 Hz'", "fps: 30"), ("12.5fps", "fps: 12.5")]:
            text = ("parfocal: 1\nsource: {type: push, fps: %s, of: {type: generator, size: {t: 3, y: 8, "
                    "x: 8}}}\nsinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
            self.write("p.yaml", text % value)
            _, err = self.expect(3, "check", "p.yaml")
            self.assertIn("write " + cure, err)
            self.write("p.yaml", (text % value).replace("fps: " + value, cure))
            self.expect(0, "check", "p.yaml")

    def test_axes_are_letters_or_words_in_one_word_or_a_list(self):
        self.write_movie()
        for axes in ("zyx", "[z, y, x]", "ZYX", "[slice, row, column]"):
            self.write("p.yaml", PIPELINE.replace("axes: tyx", "axes: " + axes))
            self.assertIn("along z", self.expect(0, "plan", "p.yaml")[0])

    def test_a_value_that_lacks_or_cannot_be_read_is_shown_as_it_may_stand(self):
        text = "parfocal: 1\nsource: {source}\nsteps: [{step}]\nsinks: [{sink}]\n"
        image = "{type: ome_zarr, path: a.ome.zarr}"
        good = {"source": "{type: files, glob: a.tif}", "step": "{op: threshold}", "sink": image}
        for place, entry, wrong, cure in [
                ("step", "{op: gaussian}", "", "sigma: 1 px"),
                ("step", "{op: gaussian, %s}", "sigma: 3s", "sigma: 3 px"),
                ("step", "{op: gaussian, %s}", "sigma: [1 px 2 px]", "sigma: 1 px"),
                ("step", "{op: threshold}, {op: open}", "", "footprint: disk(3)"),
                ("step", "{op: threshold}, {op: open, %s}", "footprint: ball(3)", "footprint: disk(3)"),
                ("step", "{op: cast}", "", "dtype: uint16"),
                ("step", "{op: cast, %s}", "dtype: short", "dtype: int16"),
                ("step", "{op: crop, %s}", "y: 10", "y: [0, 100]"),
                ("step", "{op: crop, %s}", "ranges: 10", "ranges: {z: [0, 4]}"),
                ("step", "{op: reduce, how: max}", "", "over: t"),
                ("step", "{op: collect}", "", "over: z"),
                ("step", "{op: select, index: 0}", "", "axis: z"),
                ("step", "{op: threshold, method: value, %s}", "value: high", "value: 1"),
                ("step", "{op: background_sparse_median, %s}", "split_time: 3 px", "split_time: 3 s"),
                ("source", "{type: files, glob: a.tif, %s}", "scale: 3 um",
                 "scale: {y: 3 um, x: 3 um}"),
                ("source", "{type: files, glob: a.tif, %s}", "sizes: 3", "sizes: {z: 5}"),
                ("source", "{type: ome_zarr}", "", "path: movie.ome.zarr"),
                ("source", "{type: generator}", "", "size: {t: 80, y: 512, x: 512}"),
                ("sink", "{type: ome_zarr}", "", "path: movie.ome.zarr"),
                ("sink", "{type: ome_tiff}", "", "path: movie.ome.tif"),
                ("sink", image + ", {type: table, from: threshold.threshold}", "", "path: objects.csv")]:
            self.write("p.yaml", text.format(**{**good, place: entry.replace("%s", wrong)}))
            _, err = self.expect(3, "check", "p.yaml")
            self.assertRegex(err + "\n", ("write (e.g. )?" if wrong else "add ") + re.escape(cure) + "\n")
            entry = entry.replace("%s", cure) if wrong else entry[:-1] + ", " + cure + "}"
            self.write("p.yaml", text.format(**{**good, place: entry}))
            done = self.run_command("check", "p.yaml")
            if ": z" not in cure and "{z" not in cure:  # of which this source has none
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(cure, done.stderr)

    def test_the_entry_that_cannot_be_read_is_named(self):
        text = "parfocal: 1\nsource: {type: files, glob: a.tif, %s}\nsteps: [{op: gaussian, %s}]\n" \
               "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n"
        for source, step, entry in [
                ("scale: {t: 30s, y: 0.65, x: 0.65 um}", "sigma: 1 px", "in place of y: 0.65"),
                ("sizes: {c: 2, z: two}", "sigma: 1 px", "in place of z: two"),
                ("axes: tyx", "sigma: [1 px, 2 s]", "in place of 2 s")]:
            self.write("p.yaml", text % (source, step))
            _, err = self.expect(3, "check", "p.yaml")
            self.assertIn(entry, err)

    def test_an_input_that_lacks_is_shown_as_it_may_stand(self):
        text = ("parfocal: 1\nsource: {type: files, glob: a.tif}\nsteps: [{op: segment_below_background%s}]\n"
                "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
        self.write("p.yaml", text % "")
        _, err = self.expect(3, "check", "p.yaml")
        cures = re.findall(r"(?m)^  cure: +add (.*)$", err)
        self.assertTrue(cures, err)
        self.write("p.yaml", text % "".join(", " + cure for cure in cures))
        self.expect(0, "check", "p.yaml")

    def test_observe_says_that_there_are_no_observers(self):
        self.write_movie()
        self.write("p.yaml", PIPELINE + "observe:\n  - {type: viewer, from: smooth}\n")
        _, err = self.expect(3, "check", "p.yaml")
        self.assertIn("no observers", err)
        self.assertIn("remove observe:", err)

    def test_a_number_without_a_column_in_frames_csv_is_told_how_to_save_it(self):
        after = ("{id: mask, op: threshold}", "{id: cells, op: label}", "{id: number, op: count}")
        for before, lost in (("{op: select, axis: z, index: 0}", True), ("{op: collect, over: z}", False),
                             ("{op: reduce, over: z, how: max}", True), ("{op: crop, y: [0, 9]}", False)):
            if "collect" in before:  # planes again
                before, lost = before + ", {op: reduce, over: t, how: max}, {op: select, axis: z, index: 1}", True
            steps = ", ".join((before, *after))
            sinks = "{type: ome_zarr, from: cells, path: a.ome.zarr}"
            text = ("parfocal: 1\nsource: {type: generator, size: {t: 3, z: 2, y: 16, x: 16}}\n"
                    f"steps: [{steps}]\nsinks: [%s]\n")
            self.write("p.yaml", text % sinks)
            for command in (["check", "p.yaml"], ["plan", "p.yaml"],
                            ["run", "p.yaml", "--out", "o", "--overwrite"]):
                _, err = self.expect(0, *command)
                cures = re.findall(r"add to sinks: (\{.*\})", err)
                self.assertEqual(len(cures), 1 if lost else 0, err)
                self.assertEqual("nobody uses 'count' of step 'number'" in err, lost)
            self.write("p.yaml", text % ", ".join([sinks, *cures]))
            _, err = self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
            self.assertNotIn("warning", err)
            header = (self.dir / "o/frames.csv").read_text().splitlines()[0].split(",")
            self.assertEqual("count" in header, not lost)
            if lost:
                rows = (self.dir / "o/number.csv").read_text().splitlines()
                self.assertEqual(len(rows), 1 + (1 if "over: t" in before else 3))

    def test_objects_are_counted_once_they_are_numbered(self):
        self.write("a.tif", "").write_bytes(tiff())
        text = ('parfocal: 1\nsource: {type: files, glob: a.tif, axes: yx}\nsteps: [%s]\n'
                'sinks: [{type: table, path: n.csv}]\n')
        for step, rows in (("{op: count}", 1), ("{op: measure}", 6)):
            for before in ("", "{op: threshold}, "):
                self.write("p.yaml", text % (before + step))
                _, err = self.expect(3, "plan", "p.yaml")
                cure = re.search(r"add before it ((?:\{.*?\}(?:, )?)+) and write", err).group(1)
                self.assertEqual("op: threshold" in cure, before == "")
                self.write("p.yaml", text % (before + cure.removesuffix(", ") + ", " + step))
                self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
                table = (self.dir / "o/n.csv").read_text().splitlines()
                self.assertEqual(len(table), 1 + rows)
                if rows == 1:
                    self.assertEqual(table[1], "6")

    def test_a_cast_that_is_advised_can_be_pasted(self):
        text = ("parfocal: 1\nsource: {type: generator, size: {t: 3, y: 16, x: 16}}\nsteps: [%s]\n"
                "sinks: [{type: ome_zarr, path: n.ome.zarr}]\n")
        for before, step in (("{op: threshold}", "{op: threshold}"),
                             ("{op: cast, dtype: int64}", "{op: threshold}")):
            self.write("p.yaml", text % f"{before}, {step}")
            _, err = self.expect(3, "plan", "p.yaml")
            cure = re.search(r"add before it (\{.*?\}) and write", err).group(1)
            self.write("p.yaml", text % f"{before}, {cure}, {step}")
            self.expect(0, "plan", "p.yaml")

    def test_check_refuses_what_plan_refuses_without_looking_at_an_input(self):
        source = "{type: generator, size: {t: 3, y: 8, x: 8}}"
        for step in ("{op: select, axis: c, index: 0}", "{op: select, axis: t, index: 9}",
                     "{op: gaussian, sigma: 1 um}", "{op: crop, y: [0, 99]}"):
            for of in (source, "{type: push, of: %s}" % source):
                self.write("p.yaml", f"parfocal: 1\nsource: {of}\nsteps: [{step}]\n"
                           "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
                _, refused = self.expect(3, "plan", "p.yaml")
                _, err = self.expect(3, "check", "p.yaml")
                self.assertEqual(err, refused)


class Killed(CommandTest):
    lines = Cures.lines

    def kill(self, *arguments, sinks="{type: ome_zarr, path: a.ome.zarr}", frames=50):
        self.write("p.yaml", f"parfocal: 1\nsource: {LIVE}\nsinks: [{sinks}]\n")
        process = self.start("run", "p.yaml", "--out", "o", "--progress", "json", *arguments)
        for line in process.stderr:
            if line.startswith("{") and json.loads(line).get("items_done", 0) > frames:
                break
        during = self.expect(0, "info", "o")[0]
        process.kill()
        process.communicate()
        return during, process.pid

    def test_info_tells_a_run_in_progress_from_one_that_was_killed(self):
        during, process = self.kill()
        self.assertRegex(during, rf"status: +in progress: a run \(process {process}\)")
        out, _ = self.expect(0, "info", "o")
        self.assertRegex(out, "status: +killed")
        self.assertIn("parfocal recover o/a.ome.zarr", out)
        facts = self.expect_json(0, "parfocal.info/1", "info", "o", "--json")["items"][0]
        for line in facts["to recover"]:
            self.expect(0, *shlex.split(line)[1:])
        self.expect(0, "info", "o/a.ome.zarr")
        self.assertNotIn("to recover", self.expect(0, "info", "o")[0])

    def test_after_a_kill_the_first_advice_is_to_recover(self):
        self.kill()
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        lines = self.lines(err)
        self.assertEqual(lines[0], ["recover", "o/a.ome.zarr"])
        self.assertIn("--overwrite", lines[-1])
        self.expect(0, *lines[0])
        frames = self.expect_json(0, "parfocal.info/1", "info", "o/a.ome.zarr", "--json")["items"][0]
        self.assertGreater(frames["shape"][0], 50)

    def test_every_kind_of_output_that_was_killed_is_told_how_to_recover_it(self):
        sinks = {"a.ome.tif": "{type: ome_tiff, path: a.ome.tif}"}
        if "rtdc" in self.expect(0, "ops")[0]:
            sinks["sub/b.rtdc"] = "{type: rtdc, path: sub/b.rtdc}"
        self.kill(sinks=", ".join(sinks.values()), frames=400)
        with open(self.dir / "o/frames.csv", "a") as table:
            table.write("99999,tor")
        wanted = [["recover", "o/" + name] for name in [*sinks, "frames.csv"]]
        facts = self.expect_json(0, "parfocal.info/1", "info", "o", "--json")["items"][0]
        self.assertCountEqual([shlex.split(line)[1:] for line in facts["to recover"]], wanted)
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        lines = self.lines(err)
        self.assertCountEqual(lines[:len(wanted)], wanted)
        self.assertIn("--overwrite", lines[-1])
        for line in wanted:
            self.expect(0, *line)
        self.assertNotIn("to recover", self.expect(0, "info", "o")[0])
        for name in sinks:
            self.expect(0, "info", "o/" + name)
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        self.assertNotIn(["recover"], [line[:1] for line in self.lines(err)])

    def test_what_a_killed_overwrite_saved_can_be_recovered(self):
        self.write("p.yaml", "parfocal: 1\nsource: {type: generator, size: {t: 3, y: 32, x: 32}}\n"
                   "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
        self.expect(0, "run", "p.yaml", "--out", "o")
        during, _ = self.kill("--overwrite")
        self.assertIn("in progress", during)
        out, _ = self.expect(0, "info", "o")
        self.assertIn("did not come to its end", out)
        _, err = self.expect(8, "run", "p.yaml", "--out", "o")
        line = self.lines(err)[0]
        self.assertEqual(line[0], "recover")
        self.expect(0, *line)
        self.expect(0, "info", line[1])
        shape = self.expect_json(0, "parfocal.info/1", "info", "o/a.ome.zarr", "--json")["items"][0]["shape"]
        self.assertEqual(shape[0], 3)


class Results(CommandTest):
    def test_info_tells_what_is_in_a_result_folder(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        facts = self.expect_json(0, "parfocal.info/1", "info", "o", "--json")["items"][0]
        self.assertEqual(facts["status"], "complete (exit 0)")
        self.assertEqual(facts["frames"], 6)
        self.assertEqual(facts["outputs"], ["smooth.ome.zarr", "objects.csv", "frames.csv"])
        self.assertIn("smooth -> ome_zarr smooth.ome.zarr", facts["saved"])

    def test_going_on_with_an_ome_tiff_that_is_complete_does_nothing(self):
        self.write_movie()
        line = ["convert", "frame*.tif", "a.ome.tif"]
        self.expect(0, *line)
        before = (self.dir / "a.ome.tif").stat()
        out, err = self.expect(0, *line, "--resume", "--threads", "1")
        self.assertEqual(out, "a.ome.tif\n")
        self.assertIn("complete already", err)
        for other in ([*line, "--set", "sink.compression=deflate"], ["convert", "frame[0-3].tif", "a.ome.tif"]):
            _, err = self.expect(8, *other, "--resume")
            self.assertIn("nothing to go on with", err)
        self.assertEqual((self.dir / "a.ome.tif").stat().st_mtime_ns, before.st_mtime_ns)
        os.utime(self.dir / "frame1.tif", ns=(1, 1))
        self.expect(8, *line, "--resume")

    def test_going_on_with_what_is_complete_does_nothing(self):
        self.write_movie()
        line = ["convert", "frame*.tif", "a.ome.zarr", "--set", "sink.levels=2"]
        self.expect(0, *line, "--resume")
        before = {p: p.stat().st_mtime_ns for p in (self.dir / "a.ome.zarr").rglob("*")}
        out, err = self.expect(0, *line, "--resume", "--threads", "1", "--memory", "512 MiB")
        self.assertEqual(out, "a.ome.zarr\n")
        self.assertIn("complete already", err)
        self.expect_json(0, "parfocal.run/1", *line, "--resume", "--json")
        self.assertEqual({p: p.stat().st_mtime_ns for p in (self.dir / "a.ome.zarr").rglob("*")}, before)
        for other in (["convert", "frame*.tif", "a.ome.zarr"], [*line, "--set", "source.axes=zyx"],
                      ["convert", "frame[0-3].tif", *line[2:]]):
            _, err = self.expect(8, *other, "--resume")
            self.assertIn("nothing to go on with", err)
            cure = re.search(r"(?m)^ +\S*parfocal (convert .*)$", err).group(1)
            self.assertNotIn("--resume", cure)
        self.expect(0, *shlex.split(cure))
        os.utime(self.dir / "frame1.tif", ns=(1, 1))
        self.expect(8, *shlex.split(cure.replace(" --overwrite", "")), "--resume")


if __name__ == "__main__":
    unittest.main()
