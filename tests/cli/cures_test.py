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


class Pictures(Told):
    def test_other_formats_are_told_what_to_do(self):
        (self.dir / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60))
        (self.dir / "b.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(60))
        (self.dir / "c.czi").write_bytes(b"ZISRAWFILE" + bytes(60))
        (self.dir / "pngs").mkdir()
        (self.dir / "pngs/a.png").write_bytes((self.dir / "a.png").read_bytes())
        for name in ("a.png", "b.jpg", "pngs"):
            _, err = self.expect(4, "convert", name, "x.ome.zarr")
            self.assertIn("imagecodecs.imread", err)
        self.assertIn("imagecodecs.imread", self.expect(4, "info", "a.png")[1])
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


if __name__ == "__main__":
    unittest.main()
