import json
import signal
import time
import unittest

from support import CommandTest, tiff

# 20,000 frames of one small file: some seconds of work, so a signal always comes in the middle.
SLOW = """\
parfocal: 1
source: {type: files, glob: "long.tif", axes: tyx}
steps:
  - {id: smooth, op: gaussian, sigma: 8 px}
  - {id: mask, op: threshold, method: otsu, from: source}
  - {id: cells, op: label}
  - {id: objects, op: measure, intensity: smooth, properties: [area, intensity_mean]}
sinks:
  - {type: table, from: objects, path: objects.csv}
"""
FRAMES = 20_000


class Stop(CommandTest):
    def start_slow(self, *args):
        (self.dir / "long.tif").write_bytes(tiff(320, 240, pages=FRAMES))
        self.write("slow.yaml", SLOW)
        process = self.start("run", "slow.yaml", "--progress", "json", *args)
        for line in process.stderr:  # wait until frames are on their way
            if line.startswith("{") and json.loads(line).get("items_done", 0) > 0:
                return process
        self.fail("the run ended before it could be stopped")

    def stopped(self, process, *signals):
        began = time.monotonic()
        for number in signals:
            process.send_signal(number)
            time.sleep(0.02)
        out, err = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - began, 5)
        return process.returncode, out, err

    def test_first_interrupt_closes_readable_outputs_and_is_130(self):
        code, out, err = self.stopped(self.start_slow("--json"), signal.SIGINT)
        self.assertEqual(code, 130, err)
        record = json.loads(out)
        self.assertGreater(record["stopped"], 0)
        for edge in record["edges"]:
            self.assertEqual(edge["received"] + edge["missing"], edge["expected"])
        rows = (self.dir / "slow-out" / "objects.csv").read_text().splitlines()
        self.assertTrue(rows[0].startswith("t,label"))
        self.assertTrue(all(row.count(",") == rows[0].count(",") for row in rows))

    def test_terminate_is_143(self):
        code, _, err = self.stopped(self.start_slow(), signal.SIGTERM)
        self.assertEqual(code, 143, err)
        self.assertEqual(json.loads((self.dir / "slow-out/run.json").read_text())["exit_code"], 143)

    def test_second_interrupt_aborts(self):
        code, _, err = self.stopped(self.start_slow(), signal.SIGINT, signal.SIGINT)
        self.assertEqual(code, 130, err)


if __name__ == "__main__":
    unittest.main()
