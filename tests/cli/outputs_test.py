"""Where outputs may lie; no message gets into them; signals and limits leave them readable."""

import json
import os
import re
import resource
import signal
import subprocess
import time
import unittest

from outputs import Outputs
from support import default_signals, digest, PARFOCAL


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
                     "run.json.part", "frames.csv.part", "frames.csv.part.journal", "a" * 241,
                     ".parfocal-new/a.csv", "sub/.a.csv.parfocal/a.csv"):
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


if __name__ == "__main__":
    unittest.main()
