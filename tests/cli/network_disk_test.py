"""Disks that keep a file which is removed while it is open, in its folder: NFS, FUSE."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from outputs import Outputs
from support import tiff

CXX = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")


@unittest.skipUnless(CXX, "no compiler")
class NetworkDisk(Outputs):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.made.cleanup)
        cls.shim = pathlib.Path(cls.made.name) / "network_disk.so"
        source = pathlib.Path(__file__).with_name("network_disk.cpp")
        subprocess.run([CXX, "-std=c++20", "-shared", "-fPIC", source, "-o", cls.shim, "-ldl"], check=True)

    def test_nothing_hidden_stays_behind_a_command(self):
        (self.dir / "a.tif").write_bytes(tiff(pages=3))
        self.pipeline("p.yaml", 3, "type: ome_zarr, from: source, path: z.ome.zarr", "type: table, path: a.csv")
        environment = {**os.environ, "LD_PRELOAD": str(self.shim)}
        for words in (["convert", "a.tif", "o.ome.zarr"], ["convert", "a.tif", "o.ome.tif"],
                      ["convert", "a.tif", "o.ome.zarr", "--overwrite"],
                      ["convert", "a.tif", "o.ome.tif", "--overwrite"],
                      ["run", "p.yaml", "--out", "o"], ["run", "p.yaml", "--out", "o", "--overwrite"]):
            with self.subTest(words=words):
                self.expect(0, *words, env=environment)
                self.assertEqual(self.hidden(), [])


if __name__ == "__main__":
    unittest.main()
