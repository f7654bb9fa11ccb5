"""Outputs and inputs on other file systems, and places with two names by a bind mount."""

import subprocess
import unittest

from outputs import Outputs
from support import PARFOCAL, default_signals, tiff

MAY_MOUNT = subprocess.run(["unshare", "-rm", "mount", "-t", "ramfs", "none", "/mnt"],
                           capture_output=True).returncode == 0


@unittest.skipUnless(MAY_MOUNT, "this user may not mount anything in a namespace of its own")
class Mounts(Outputs):
    def mounted(self, code, mount, *words):
        """Runs the command where `mount` was done; returns stderr."""
        script = f"mount {mount} && exec \"$0\" \"$@\""
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script, PARFOCAL, *words], cwd=self.dir,
                              stdin=subprocess.DEVNULL, preexec_fn=default_signals, text=True,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stderr

    def store(self):
        (self.dir / "real").mkdir()
        (self.dir / "bind").mkdir()
        (self.dir / "a.tif").write_bytes(tiff(pages=3))
        self.expect(0, "convert", "a.tif", "real/s.ome.zarr")

    def test_a_conversion_does_not_replace_its_input_by_another_name(self):
        self.store()
        before = self.files("real")
        for out in ("bind/s.ome.zarr", "bind/s.ome.zarr/t.ome.tif", "bind"):
            with self.subTest(out=out):
                self.mounted(2, "--bind real bind", "convert", "real/s.ome.zarr", out, "--overwrite")
                self.assertEqual(self.files("real"), before)

    def test_a_run_does_not_write_into_its_input_by_another_name(self):
        self.store()
        self.pipeline("p.yaml", 3, "type: ome_tiff, from: source, path: x.ome.tif",
                      source="{type: ome_zarr, path: real/s.ome.zarr}")
        before = self.files("real")
        err = self.mounted(8, "--bind real bind", "run", "p.yaml", "--out", "bind/s.ome.zarr/0")
        self.assertIn("input of this run", err)
        self.assertEqual(self.files("real"), before)

    def test_a_result_that_cannot_get_its_name_is_told_where_it_is(self):
        (self.dir / "a.tif").write_bytes(tiff(pages=3))
        self.expect(0, "convert", "a.tif", "o.ome.tif")
        (self.dir / "mounted.tif").write_bytes((self.dir / "o.ome.tif").read_bytes())
        err = self.mounted(1, "--bind mounted.tif o.ome.tif", "convert", "a.tif", "o.ome.tif", "--overwrite")
        made = self.dir / ".o.ome.tif.parfocal/o.ome.tif"
        self.assertIn(f"the new result is {made.resolve()}", err)
        self.assertTrue(made.exists())
        self.expect(0, "convert", "a.tif", "o.ome.tif", "--overwrite")
        self.assertEqual(self.hidden(), [])

    def test_a_disk_that_tells_of_no_blocks_is_not_called_full(self):
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr")
        (self.dir / "ram").mkdir()
        self.mounted(0, "-t ramfs none ram", "run", "p.yaml", "--out", "ram/o")


if __name__ == "__main__":
    unittest.main()
