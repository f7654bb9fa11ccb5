import json
import os
import pty
import re
import shlex
import subprocess
import unittest

from support import CommandTest, PARFOCAL, PIPELINE, tiff


class Run(CommandTest):
    def test_results_on_stdout_are_paths_that_exist(self):
        self.write_movie()
        out, err = self.expect(0, "run", "pipeline.yaml")
        paths = out.splitlines()
        self.assertTrue(any(path.endswith("objects.csv") for path in paths), out)
        self.assertTrue(any(path.endswith("frames.csv") for path in paths), out)
        for path in paths:
            self.assertTrue((self.dir / path).exists(), path)
        self.assertIn("peak", err)
        self.assertIn("half of what is available", err)

    def test_every_object_is_a_row(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "results")
        rows = (self.dir / "results" / "objects.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 6 * 6)
        self.assertTrue(rows[0].startswith("t,label,area"), rows[0])
        self.assertTrue(rows[1].startswith("0,1,81"), rows[1])

    def test_json_is_the_run_record_and_nothing_else(self):
        self.write_movie()
        record = self.expect_json(0, "parfocal.run/1", "run", "pipeline.yaml", "--json")
        self.assertEqual(record["exit_code"], 0)
        self.assertGreater(record["peak_rss_bytes"], 0)
        for edge in record["edges"]:
            self.assertEqual(edge["received"] + edge["missing"], edge["expected"])

    def test_the_record_holds_the_pipeline_and_its_fingerprint(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        told = json.loads((self.dir / "o/run.json").read_text())["provenance"]
        self.assertEqual(told["pipeline_text"], PIPELINE)
        fingerprint = 0xcbf29ce484222325  # FNV-1a
        for byte in PIPELINE.encode():
            fingerprint = (fingerprint ^ byte) * 0x100000001b3 % 2**64
        self.assertEqual(told["pipeline_fnv1a64"], f"{fingerprint:016x}")

    def test_workers_are_no_more_than_the_processors_that_are_allowed(self):
        self.write_movie()
        allowed = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, allowed)
        os.sched_setaffinity(0, {min(allowed)})
        self.assertEqual(json.loads(self.expect(0, "plan", "pipeline.yaml", "--json")[0])["threads"], 1)

    def test_results_do_not_depend_on_threads(self):
        self.write_movie()
        for n in ["1", "2"]:
            self.expect(0, "run", "pipeline.yaml", "--threads", n, "--out", "out" + n)
        self.assertEqual((self.dir / "out1" / "objects.csv").read_bytes(),
                         (self.dir / "out2" / "objects.csv").read_bytes())

    def test_missing_input_is_4(self):
        self.write("p.yaml", PIPELINE)
        _, err = self.expect(4, "run", "p.yaml")
        self.assertIn("*.tif", err)
        self.assertFalse((self.dir / "p-out").exists())
        self.expect_json(4, "parfocal.error/1", "run", "p.yaml", "--json")

    def test_a_name_that_the_system_refuses_to_look_at_is_4(self):
        (self.dir / "loop.tif").symlink_to("loop.tif")
        for name in ("loop.tif", 300 * "a" + ".tif"):
            for words in (["convert", name, "o.ome.zarr"], ["info", name], ["recover", name],
                          ["background", "copy", name, "o.rtdc"]):
                with self.subTest(words=words):
                    _, err = self.expect(4, *words)
                    self.assertIn("cure:", err)
                    self.assertNotIn("filesystem error", err)
                    self.expect_json(4, "parfocal.error/1", *words, "--json")

    def test_set_of_an_unknown_step_is_3(self):
        self.write_movie()
        _, err = self.expect(3, "run", "pipeline.yaml", "--set", "msak.method=otsu")
        self.assertIn("mask", err)

    def test_existing_output_is_8_and_both_lines_work(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml")
        _, err = self.expect(8, "run", "pipeline.yaml")
        lines = re.findall(r"(?m)^\s+(\S*parfocal run pipeline.yaml .*)$", err)
        self.assertEqual(len(lines), 2, err)
        for line in lines:
            paths = self.expect(0, *shlex.split(line)[1:])[0].splitlines()
            self.assertTrue(all((self.dir / path).exists() for path in paths), paths)
            self.assertIn("objects.csv", {path.split("/")[-1] for path in paths})
        self.assertTrue((self.dir / "pipeline-out-2" / "objects.csv").exists())

    def test_a_broken_frame_stops_and_the_line_with_skip_works(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(tiff()[:1000])
        _, err = self.expect(4, "run", "pipeline.yaml")
        self.assertIn("frame2.tif", err)
        line = re.search(r"(?m)^\s+\S*parfocal (run pipeline.yaml .*--on-error skip.*)$", err)
        self.assertIsNotNone(line, err)
        self.expect(6, *shlex.split(line.group(1)))
        frames = (self.dir / "pipeline-out" / "frames.csv").read_text().splitlines()
        self.assertEqual(len(frames), 7)
        self.assertIn("broken", frames[3])

    def test_on_error_is_for_steps_too(self):
        """Frames of one value each, of which the later ones do not fit a byte."""
        self.write("p.yaml", "parfocal: 1\non_error: stop\n"
                   "source: {type: generator, kind: sequence, size: {t: 260, y: 4, x: 4}, dtype: uint16}\n"
                   "steps: [{id: small, op: cast, dtype: uint8}]\nsinks: [{type: ome_zarr, path: a.ome.zarr}]\n")
        self.expect(1, "run", "p.yaml", "--out", "a")
        _, err = self.expect(6, "run", "p.yaml", "--out", "b", "--on-error", "skip")
        self.assertRegex(err, r"done: 260 frames in [0-9.]+ s, 4 failed, peak memory")
        self.write("p.yaml", (self.dir / "p.yaml").read_text().replace("on_error: stop", "on_error: skip"))
        self.expect(6, "run", "p.yaml", "--out", "c")
        self.expect(1, "run", "p.yaml", "--out", "d", "--on-error", "stop")

    def test_a_value_over_all_frames_that_cannot_be_made_is_a_failure(self):
        self.write("p.yaml", """parfocal: 1
source: {type: generator, kind: gradient, size: {t: 4, y: 32, x: 32}}
steps: [{id: mask, op: threshold, method: minimum, per: stack}]
sinks: [{type: ome_zarr, path: m.ome.zarr}]
""")
        _, err = self.expect(1, "run", "p.yaml", "--out", "a")
        self.assertIn("step 'mask/level' (p.yaml:3:24), item t=3: the histogram has no two peaks", err)
        self.expect(6, "run", "p.yaml", "--out", "b", "--on-error", "skip")
        rows = (self.dir / "b/frames.csv").read_text().splitlines()[1:]
        self.assertEqual([row.split(",")[4] for row in rows], 4 * ["gap"])

    def test_the_last_line_counts_what_could_not_be_read(self):
        self.write_movie()
        for i in (1, 4):
            (self.dir / f"frame{i}.tif").write_bytes(tiff()[:1000])
        _, err = self.expect(6, "run", "pipeline.yaml", "--on-error", "skip")
        self.assertRegex(err, r"done: 6 frames in [0-9.]+ s, 2 unreadable, peak memory")


class Budget(CommandTest):
    def test_over_budget_is_5_and_the_suggested_line_works(self):
        self.write_movie()
        _, err = self.expect(5, "plan", "pipeline.yaml", "--memory", "1MiB")
        line = re.search(r"(?m)^\s+\S*parfocal (plan pipeline.yaml --memory \S+)$", err)
        self.assertIsNotNone(line, err)
        words = shlex.split(line.group(1))
        self.expect(0, *words)
        self.expect(0, "run", *words[1:])

    def test_the_peak_of_the_process_is_within_the_plan(self):
        self.write_movie()
        plan = json.loads(self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        record = self.expect_json(0, "parfocal.run/1", "run", "pipeline.yaml", "--json")
        self.assertLessEqual(record["peak_rss_bytes"], plan["peak_bytes"])

    def test_a_saved_plan_runs_and_takes_no_other_decisions(self):
        self.write_movie()
        self.write("plan.json", self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        self.expect(2, "run", "plan.json", "--memory", "1GiB")
        self.expect(0, "run", "plan.json", "--out", "planned")
        self.expect(0, "run", "pipeline.yaml", "--out", "direct")
        self.assertEqual((self.dir / "planned" / "objects.csv").read_bytes(),
                         (self.dir / "direct" / "objects.csv").read_bytes())

    def test_a_saved_plan_is_of_the_input_that_it_saw(self):
        self.write_movie()
        self.write("plan.json", self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        frame = next(self.dir.rglob("*.tif"))
        os.utime(frame, (1e9, 1e9))
        _, err = self.expect(4, "run", "plan.json")
        self.assertIn("an input changed between the plan and the run", err)

    def test_what_a_saved_plan_has_decided_cannot_be_asked_for(self):
        self.write_movie()
        self.write("plan.json", self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        for words in (["--memory", "1GiB"], ["--threads", "1"], ["--set", "smooth.sigma=2px"], ["--on-error", "skip"]):
            for command in ("run", "plan"):
                _, err = self.expect(2, command, "plan.json", *words)
                self.assertIn("a plan has decided about memory, threads, on-error and parameters", err)
        self.assertFalse((self.dir / "pipeline-out").exists())

    def test_a_saved_plan_is_refused_where_the_disk_has_no_room_for_it(self):
        self.write_movie()
        plan = json.loads(self.expect(0, "plan", "pipeline.yaml", "--json")[0])
        plan["disk_bytes"] = 2**60
        self.write("plan.json", json.dumps(plan))
        _, err = self.expect(5, "run", "plan.json", "--out", "planned")
        self.assertIn("may not fit the disk", err)
        self.assertFalse((self.dir / "planned").exists())

    def test_an_output_whose_name_begins_with_a_dash_is_advised_so_that_it_works(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out=-x")
        _, err = self.expect(8, "run", "pipeline.yaml", "--out=-x")
        for line in re.findall(r"(?m)^ +/\S*parfocal (.*)$", err):
            self.expect(0, *shlex.split(line))
        self.assertTrue((self.dir / "-x-2" / "frames.csv").exists())

    def test_a_connector_that_the_hdf5_library_lacks_ends_nothing(self):
        if self.run_command("ops", "rtdc").returncode != 0:
            self.skipTest("built without HDF5")
        environment = {**os.environ, "HDF5_VOL_CONNECTOR": "none_of_that_name"}
        self.write("p.yaml", "parfocal: 1\nsource: {type: generator, size: {t: 9, y: 20, x: 30}, dtype: uint8}\n"
                   "sinks: [{type: rtdc, from: source, path: a.rtdc, frame_rate: 100}]\n")
        self.expect(0, "run", "p.yaml", "--out", "o", env=environment)
        self.expect(0, "info", "o/a.rtdc", env=environment)
        self.write("no.rtdc", "text")
        self.expect(4, "info", "no.rtdc", env=environment)


class ProgressLines(CommandTest):
    def on_a_terminal(self, **env):
        """The bytes that a person's terminal gets on stderr."""
        self.write_movie()
        terminal, end = pty.openpty()
        process = subprocess.Popen(
            [PARFOCAL, "run", "pipeline.yaml", "--overwrite"], cwd=self.dir, stderr=end,
            stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", **env})
        os.close(end)
        data = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            data += part
        os.close(terminal)
        self.assertEqual(process.wait(), 0)
        return data.decode()

    def test_a_terminal_gets_one_line_redrawn(self):
        self.assertIn("\x1b[K", self.on_a_terminal())

    def test_a_dumb_terminal_gets_no_escape_codes(self):
        self.assertNotIn("\x1b", self.on_a_terminal(TERM="dumb"))

    def test_a_pipe_gets_no_escape_codes(self):
        self.write_movie()
        _, err = self.expect(0, "run", "pipeline.yaml")
        self.assertNotIn("\x1b", err)
        self.assertNotIn("\r", err)

    def test_no_color_is_respected(self):
        self.write("bad.yaml", PIPELINE.replace("otsu", "ostu"))
        for value, coloured in [("", True), ("1", False)]:
            terminal, end = pty.openpty()
            process = self.start("check", "bad.yaml",
                                 env={**os.environ, "TERM": "xterm", "NO_COLOR": value}, stderr=end)
            process.communicate()
            os.close(end)
            self.assertEqual(b"\x1b[1;31m" in os.read(terminal, 65536), coloured)
            os.close(terminal)

    def test_json_progress_is_one_object_a_line(self):
        self.write_movie()
        _, err = self.expect(0, "run", "pipeline.yaml", "--progress", "json")
        events = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        self.assertEqual(events[-1]["event"], "end")
        for event in events:
            self.assertEqual(event["schema"], "parfocal.progress/1")

    def test_progress_none_is_silent_while_running(self):
        self.write_movie()
        _, err = self.expect(0, "run", "pipeline.yaml", "--progress", "none")
        self.assertNotIn("6 of 6 frames", err)


if __name__ == "__main__":
    unittest.main()
