"""Two commands in one place: the second one is refused."""

import shutil
import signal
import time
import unittest

from outputs import GENERATOR, Outputs
from support import tiff


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
        place = self.PLACES.get(command) or self.PLACES[command.replace(" --overwrite", "")]
        return self.stop_at(place, *self.line(command, output))

    def stop_at(self, place, *command):
        """Starts a command and stops it when this file is there."""
        process = self.start(*command)
        place = self.dir / place
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

    def go_on(self, process):
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    def test_what_was_put_into_a_store_meanwhile_is_not_thrown_away(self):
        sink = "type: ome_zarr, from: source, path: z.ome.zarr"
        self.pipeline("p.yaml", 0, sink, source=GENERATOR % 2000)
        (self.dir / "long.tif").write_bytes(tiff(320, 240, pages=600))
        for words, store, hidden, code in (
                (["run", "p.yaml", "--out", "o"], "o/z.ome.zarr", "o/.parfocal-new", 1),
                (["convert", "long.tif", "c.ome.zarr"], "c.ome.zarr", ".c.ome.zarr.parfocal", 8)):
            self.expect(0, *words)
            for name in ("my-notes.txt", "labels/mine/roi.txt", "frames/quality/c/0"):
                with self.subTest(store=store, name=name):
                    shutil.rmtree(self.dir / hidden, ignore_errors=True)  # of the last one
                    before = self.files(store)
                    process = self.stop_at(hidden + "/run.json", *words, "--overwrite", "--threads", "1")
                    path = self.dir / store / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text("precious")
                    status, err = self.go_on(process)
                    self.assertEqual(status, code, err)
                    self.assertEqual(self.files(store), {**before, name: b"precious"})
                    self.assertIn(name, err)
                    self.assertIn(hidden, err)
                    self.expect(0, "info", hidden + "/" + store.split("/")[-1])  # the new result
                    path.unlink()
            self.expect(0, *words, "--overwrite")

    def test_a_file_that_was_written_to_meanwhile_is_not_replaced(self):
        self.prepare("c.ome.tif", "type: ome_tiff, path: c.ome.tif")
        for command, code in (("convert --overwrite", 8), ("run --overwrite", 1)):
            with self.subTest(command=command):
                self.clear()
                self.expect(0, *self.line(command.split()[0], "c.ome.tif"))
                process = self.start_and_stop(command, "c.ome.tif")
                with open(self.dir / "c.ome.tif", "ab") as file:
                    file.write(b"mine")
                status, err = self.go_on(process)
                self.assertEqual(status, code, err)
                self.assertIn("was changed while", err)
                self.assertTrue((self.dir / "c.ome.tif").read_bytes().endswith(b"mine"))

    def test_a_recording_that_was_written_to_meanwhile_is_not_replaced(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        self.pipeline("in.yaml", 3000, "type: rtdc, path: in.rtdc, from: source")
        self.expect(0, "run", "in.yaml", "--out", ".")
        shutil.copy(self.dir / "in.rtdc", self.dir / "b.rtdc")
        process = self.start_and_stop("background --overwrite", "b.rtdc")
        with open(self.dir / "b.rtdc", "ab") as file:
            file.write(b"mine")
        status, err = self.go_on(process)
        self.assertEqual(status, 8, err)
        self.assertIn("was changed while", err)
        self.assertTrue((self.dir / "b.rtdc").read_bytes().endswith(b"mine"))

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
