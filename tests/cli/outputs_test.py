"""What lies where a command writes: never lost, never mixed up, never written by two."""

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from support import CommandTest, PARFOCAL, default_signals, digest, tiff

GENERATOR = "{type: generator, kind: counter, size: {t: %d, y: 64, x: 64}, dtype: uint8}"
TABLES = """\
parfocal: 1
source: %s
steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, id: n}]
sinks:
""" % GENERATOR


class Outputs(CommandTest):
    def pipeline(self, name, frames, *sinks, source=None):
        text = "parfocal: 1\nsource: %s\n" % (source or GENERATOR % frames)
        steps = "steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, id: n}]\n"
        lines = "".join("  - {%s}\n" % sink for sink in sinks)
        return self.write(name, text + (steps if "table" in lines else "") + "sinks:\n" + lines)

    def rows(self, name):
        return len((self.dir / name).read_text().splitlines()) - 1

    def files(self, folder):
        """{name: contents}; where there are many a digest, which a failure can print."""
        return {str(p.relative_to(self.dir / folder)): digest(p) if p.stat().st_size > 200
                else p.read_bytes() for p in sorted((self.dir / folder).rglob("*")) if p.is_file()}

    def hidden(self):
        return [str(p.relative_to(self.dir)) for p in self.dir.rglob(".*")
                if p.name not in (".zattrs", ".zgroup", ".zarray")]

    def cures(self, err):
        return [shlex.split(line)[1:] for line in re.findall(r"(?m)^ +(parfocal .*|/\S*parfocal .*)$", err)]


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
        for foreign in ("notes.txt", "labels/mine/zarr.json", "0/notes", "other/zarr.json"):
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
        shutil.rmtree(self.dir / "o/z.ome.zarr")
        (self.dir / "o/z.ome.zarr/__parfocal").mkdir(parents=True)
        self.write("o/z.ome.zarr/__parfocal/store.json", "{}")
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual(self.hidden(), [])

    def test_a_run_that_could_not_make_all_its_outputs_is_recorded_as_failed(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr",
                      "type: table, path: %s" % (300 * "a"))
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
        for left in (".parfocal-new/a.csv", ".parfocal-new/b.csv", ".parfocal-new/run.json", "run.json.part"):
            (self.dir / "o/.parfocal-new").mkdir(exist_ok=True)
            self.write("o/" + left, "left")
        self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite")
        self.assertEqual(sorted(self.files("o")), ["a.csv", "frames.csv", "run.json"])
        self.assertEqual(self.rows("o/a.csv"), 3)

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


class TwoAtOnce(Outputs):
    """The first command is stopped in the middle (SIGSTOP) while the second one tries."""

    LIVE = "{type: push, fps: 150, of: {type: generator, size: {t: 300, y: 64, x: 64}, dtype: uint8}}"
    PLACES = {"run": "run.json", "run --overwrite": ".parfocal-new/run.json",
              "convert": ".c.ome.tif.parfocal/run.json", "background": ".b.rtdc.parfocal/run.json"}

    def line(self, command, output):
        slow = ["--threads", "1", "--progress", "none"]
        if command.startswith("run"):
            return ["run", output + ".yaml", "--out", ".", *slow, *command.split()[1:]]
        if command.startswith("convert"):
            return ["convert", "long.tif", "c.ome.tif", *slow, "--set", "sink.compression=deflate",
                    "--set", "source.axes=tyx", *command.split()[1:]]
        return ["background", "rolling-median", "in.rtdc", "b.rtdc", *slow, *command.split()[1:]]

    def pages(self, name):
        facts = self.expect_json(0, "parfocal.info/1", "info", name, "--json")["items"][0]
        return facts.get("frames", facts.get("events"))

    def start_and_stop(self, command, output):
        process = self.start(*self.line(command, output))
        place = self.dir / self.PLACES[command.replace("convert --overwrite", "convert")]
        while process.poll() is None:
            if place.exists() and place.stat().st_size > 0:
                process.send_signal(signal.SIGSTOP)
                if place.exists():
                    return process
                process.send_signal(signal.SIGCONT)
            time.sleep(0.002)
        self.fail(f"{command} ended before it could be stopped: {process.communicate()}")

    def try_pair(self, first, second, output):
        process = self.start_and_stop(first, output)
        try:
            done = self.run_command(*self.line(second, output))
            info = self.run_command("info", output) if output == "c.ome.tif" else None
        finally:
            process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=120)
        self.assertEqual(done.returncode, 8, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"\(process %d\) is (making|writing)" % process.pid)
        if "--overwrite" not in second:
            self.assertNotIn("--overwrite", done.stderr)
        if info:
            self.assertIn("making this", info.stdout + info.stderr)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.pages(output), 300 if first.startswith("run") else self.length)
        self.assertEqual(self.hidden(), [])

    def prepare(self, output, sink):
        self.length = 900
        (self.dir / "long.tif").write_bytes(tiff(320, 240, pages=self.length))
        self.pipeline(output + ".yaml", 0, sink, source=self.LIVE)

    def clear(self):
        for name in ("c.ome.tif", "b.rtdc", "run.json", "frames.csv"):
            (self.dir / name).unlink(missing_ok=True)

    def test_of_runs_and_conversions_to_one_name_the_second_is_refused(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        for first in ("run", "convert"):
            for second in ("run", "run --overwrite", "convert", "convert --overwrite"):
                with self.subTest(first=first, second=second):
                    self.clear()
                    self.try_pair(first, second, "c.ome.tif")

    def test_of_commands_that_replace_one_result_the_second_is_refused(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        self.expect(0, *self.line("run", "c.ome.tif"))
        for first in ("run --overwrite", "convert --overwrite"):
            for second in ("run", "run --overwrite", "convert", "convert --overwrite"):
                with self.subTest(first=first, second=second):
                    self.try_pair(first, second, "c.ome.tif")

    def test_of_backgrounds_and_runs_to_one_name_the_second_is_refused(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        self.prepare("b.rtdc", "type: rtdc, path: b.rtdc, from: source")
        self.pipeline("in.yaml", 6000, "type: rtdc, path: in.rtdc, from: source")
        self.expect(0, "run", "in.yaml", "--out", "i")
        (self.dir / "i/in.rtdc").rename(self.dir / "in.rtdc")
        self.length = 6000
        for first, second in [("background", "background"), ("background", "run"),
                              ("background", "background --overwrite"), ("run", "background"),
                              ("run", "background --overwrite")]:
            with self.subTest(first=first, second=second):
                self.clear()
                self.try_pair(first, second, "b.rtdc")

    def test_what_came_meanwhile_is_not_replaced(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        process = self.start_and_stop("convert", "c.ome.tif")
        self.write("c.ome.tif", "mine")
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 8, err)
        self.assertEqual((self.dir / "c.ome.tif").read_text(), "mine")
        left = ".c.ome.tif.parfocal/c.ome.tif"
        self.assertIn(left, err)
        self.assertEqual(self.pages(left), self.length)

    def test_a_result_that_was_changed_meanwhile_is_not_replaced(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        self.expect(0, *self.line("run", "c.ome.tif"))
        process = self.start_and_stop("run --overwrite", "c.ome.tif")
        (self.dir / "c.ome.tif").rename(self.dir / "kept.ome.tif")
        self.write("c.ome.tif", "mine")
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, err)
        self.assertEqual((self.dir / "c.ome.tif").read_text(), "mine")
        self.assertIn("was changed while this run went on", err)

    def test_a_run_whose_folder_is_moved_away_does_not_say_done(self):
        self.prepare("c.ome.tif", "type: ome_zarr, path: z.ome.zarr")
        for replaced in (False, True):
            out = self.dir / ("o%d" % replaced)
            process = self.start("run", "c.ome.tif.yaml", "--out", out.name)
            while not (out / "z.ome.zarr/zarr.json").exists():
                self.assertIsNone(process.poll())
                time.sleep(0.002)
            out.rename(self.dir / ("moved%d" % replaced))
            if replaced:
                out.mkdir()
                (out / "run.json").write_text("{}")
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)

    def test_the_lock_of_a_killed_command_is_gone_with_it(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        for command in ("run", "run --overwrite", "convert --overwrite"):
            process = self.start_and_stop(command, "c.ome.tif")
            process.kill()
            process.communicate()
            self.expect(0, *self.line(command.split()[0] + " --overwrite", "c.ome.tif"))
            self.assertEqual(self.hidden(), [])


class Paths(Outputs):
    """Where a sink may write: check knows."""

    STORE = "type: ome_zarr, from: source, path: a.ome.zarr"

    def refused(self, path, *others):
        self.pipeline("p.yaml", 3, *others, "type: table, path: '%s'" % path)
        _, err = self.expect(3, "check", "p.yaml")
        self.expect(3, "plan", "p.yaml")
        self.assertRegex(err, r"p\.yaml:\d+:\d+")
        cure = re.search(r"path: (\S+?)(;|$)", err, re.M).group(1)
        self.pipeline("p.yaml", 3, *others, "type: table, path: '%s'" % cure)
        self.expect(0, "check", "p.yaml")

    def test_names_of_a_run_s_own_files_are_refused(self):
        for path in ("run.json", "./run.json", "frames.csv", "frames.csv/", "frames.csv/a.csv",
                     "run.json.part", ".parfocal-new/a.csv", "sub/.a.csv.parfocal/a.csv"):
            with self.subTest(path=path):
                self.refused(path)

    def test_paths_that_leave_the_output_folder_are_refused(self):
        for path in ("/tmp/a.csv", "../a.csv", "sub/../../a.csv", "sub/../a.csv", ".", "./"):
            with self.subTest(path=path):
                self.refused(path)

    def test_equal_paths_and_paths_in_each_other_are_refused(self):
        for path in ("a.ome.zarr", "./a.ome.zarr", "a.ome.zarr/", ".//a.ome.zarr",
                     "a.ome.zarr/0/c/0/0/0", "a.ome.zarr/x.csv", "a.ome.zarr.part"):
            with self.subTest(path=path):
                self.refused(path, self.STORE)
        self.refused("sub", "type: table, path: sub/b.csv")
        self.refused("sub/x", "type: table, path: sub/x.part")

    def test_names_that_are_one_place_by_a_link_are_refused(self):
        (self.dir / "out/s").mkdir(parents=True)
        (self.dir / "out/t").symlink_to("s")
        self.pipeline("p.yaml", 3, "type: table, path: s/a.csv", "type: table, path: t/a.csv")
        for more in ([], ["--overwrite"]):
            _, err = self.expect(8, "run", "p.yaml", "--out", "out", *more)
            self.assertIn("place of the output s/a.csv", err)
            self.assertEqual(list((self.dir / "out/s").iterdir()), [])

    def test_names_that_only_look_alike_are_fine(self):
        self.pipeline("p.yaml", 3, self.STORE, *("type: table, path: '%s'" % path for path in (
            "run", "sub/run.json", "sub/frames.csv", "a.ome.zarr2", "A.ome.zarr", "résultat 1.csv",
            "a.ome", "new.old", "old")))
        self.expect(0, "check", "p.yaml")
        self.expect(0, "run", "p.yaml", "--out", "o")
        self.assertEqual(self.rows("o/résultat 1.csv"), 3)


def close_standard_files(which):
    def preexec():
        default_signals()
        for fd in which:
            os.close(fd)
    return preexec


class StandardFiles(Outputs):
    def test_messages_never_get_into_data(self):
        self.pipeline("p.yaml", 40, "type: ome_tiff, from: source, path: a.ome.tif",
                      "type: ome_zarr, from: source, path: a.ome.zarr", "type: table, path: n.csv")
        self.expect(0, "run", "p.yaml", "--out", "whole")
        for closed in ((0, 1, 2), (1, 2), (2,), (1,), (0,)):
            out = "o" + "".join(map(str, closed))
            process = subprocess.Popen([PARFOCAL, "run", "p.yaml", "--out", out, "--progress", "json"],
                                       cwd=self.dir, preexec_fn=close_standard_files(closed))
            self.assertEqual(process.wait(60), 0)
            for name in ("n.csv", "frames.csv", "a.ome.tif"):
                self.assertEqual(digest(self.dir / out / name), digest(self.dir / "whole" / name))
            for path in (self.dir / out).rglob("*"):
                self.assertFalse(path.is_file() and b"parfocal.progress" in path.read_bytes(), path)

    def test_a_run_without_standard_files_can_be_stopped(self):
        self.pipeline("p.yaml", 0, "type: ome_tiff, path: a.ome.tif", source="{type: push, fps: 50, "
                      "of: {type: generator, size: {t: 100000, y: 8, x: 8}}}")
        process = subprocess.Popen([PARFOCAL, "run", "p.yaml", "--out", "o"], cwd=self.dir,
                                   preexec_fn=close_standard_files((0, 1, 2)))
        record = self.dir / "o/run.json"
        while not (record.exists() and record.stat().st_size > 0 and (self.dir / "o/a.ome.tif").exists()):
            self.assertIsNone(process.poll())
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 143)
        self.assertEqual(json.loads(record.read_text())["status"], "stopped")


class Signals(Outputs):
    LIVE = ("{type: push, fps: 100, unbounded: true, overflow: wait, "
            "of: {type: generator, size: {t: %d, y: 64, x: 64}}}")

    def start_run(self, source, *arguments, **options):
        self.pipeline("p.yaml", 0, "type: ome_zarr, path: a.ome.zarr", source=source)
        process = self.start("run", "p.yaml", "--out", "o", *arguments, **options)
        while not (self.dir / "o/a.ome.zarr/zarr.json").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        return process

    def test_a_reader_of_messages_that_goes_away_ends_no_run(self):
        process = self.start_run(self.LIVE % 150, "--progress", "json")
        process.stderr.readline()
        process.stderr.close()
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(json.loads((self.dir / "o/run.json").read_text())["items"], 150)

    def test_a_reader_of_results_that_goes_away_is_no_failure(self):
        process = self.start("ops", "--schema")
        process.stdout.close()
        self.assertEqual(process.wait(60), 0, process.stderr.read())
        process.stderr.close()

    def run_limited(self, resource_kind, most, *arguments):
        """`run p.yaml --out o` where no more than `most` of a resource may be taken."""
        def limit():
            default_signals()
            resource.setrlimit(resource_kind, (most, most))
        return subprocess.run([PARFOCAL, "run", "p.yaml", "--out", "o", *arguments], cwd=self.dir, text=True,
                              preexec_fn=limit, capture_output=True, timeout=60)

    def test_with_few_files_a_run_does_not_take_its_own_results_for_others(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, path: a.ome.zarr")
        self.expect(0, "run", "p.yaml", "--out", "o")
        for files in range(5, 12):
            done = self.run_limited(resource.RLIMIT_NOFILE, files, "--overwrite")
            self.assertIn(done.returncode, (0, 1, 4), done.stderr)

    def test_without_room_for_its_record_a_run_makes_nothing(self):
        self.pipeline("p.yaml", 3, "type: table, path: a.csv")
        done = self.run_limited(resource.RLIMIT_FSIZE, 300)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot write the run record", done.stderr)
        self.assertFalse((self.dir / "o").exists())
        self.expect(0, "run", "p.yaml", "--out", "o")

    def test_a_limit_of_file_sizes_is_a_full_disk(self):
        self.pipeline("p.yaml", 200, "type: ome_tiff, path: a.ome.tif")
        done = self.run_limited(resource.RLIMIT_FSIZE, 100_000)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(json.loads((self.dir / "o/run.json").read_text())["status"], "failed")

    def test_a_hangup_stops_a_batch_run_readable(self):
        long = "{type: generator, kind: nuclei, size: {t: 100000, y: 256, x: 256}, dtype: uint8}"
        process = self.start_run(long, "--threads", "1")
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 129, err)
        self.assertEqual(json.loads((self.dir / "o/run.json").read_text())["status"], "stopped")
        self.expect(0, "info", "o/a.ome.zarr")

    def test_a_live_run_outlives_its_terminal_and_says_so(self):
        process = self.start_run(self.LIVE % 150)
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("the recording goes on", err)
        self.assertEqual(json.loads((self.dir / "o/run.json").read_text())["items"], 150)

    def test_a_signal_before_anything_is_written_ends_with_its_code(self):
        os.mkfifo(self.dir / "slow.yaml")  # reading it waits for ever
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)):
            process = self.start("run", "slow.yaml", "--out", "o")
            while not self.waits_for(process, number):
                self.assertIsNone(process.poll())
                time.sleep(0.002)
            process.send_signal(number)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, code)
            self.assertFalse((self.dir / "o").exists())

    @staticmethod
    def waits_for(process, number):
        with open(f"/proc/{process.pid}/status") as status:
            blocked = re.search(r"SigBlk:\s*(\w+)", status.read()).group(1)
        return int(blocked, 16) >> (number - 1) & 1


class Background(Outputs):
    def test_a_background_is_replaced_only_if_asked(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        self.pipeline("in.yaml", 300, "type: rtdc, path: in.rtdc, from: source")
        self.expect(0, "run", "in.yaml", "--out", "i")
        line = ["background", "rolling-median", "i/in.rtdc", "b.rtdc"]
        self.expect(0, *line)
        before = (self.dir / "b.rtdc").read_bytes()
        for method in ("rolling-median", "sparse-median", "copy"):
            _, err = self.expect(8, "background", method, *line[2:])
            self.assertEqual((self.dir / "b.rtdc").read_bytes(), before)
            self.assertIn("--overwrite", err)
        self.expect(0, *line, "--overwrite")
        self.assertEqual(self.hidden(), [])


if __name__ == "__main__":
    unittest.main()
