"""`convert --resume` goes on only with the same input by the same command, and always with these."""

import os
import unittest

from outputs import Outputs
from support import tiff

STORE = ["--set", "sink.shard=none", "--set", "sink.levels=1"]
RAW_BYTES = {"errors": "surrogateescape"}


class Resume(Outputs):
    def write_store(self):
        """in.ome.zarr, of four frames in a chunk file each; returns its last chunk."""
        (self.dir / "movie.tif").write_bytes(tiff(width=240, height=200, pages=4))
        self.expect(0, "convert", "movie.tif", "in.ome.zarr", *STORE)
        chunks = sorted(p for p in (self.dir / "in.ome.zarr/0").rglob("*") if p.is_file() and p.name != "zarr.json")
        self.assertEqual(len(chunks), 4)
        return chunks[-1]

    def is_refused(self, *line, **options):
        _, err = self.expect(8, "convert", *line, "--resume", **options)
        self.assertEqual(self.cures(err)[0][-1], "--overwrite", err)

    def test_chunks_written_anew_under_a_complete_result(self):
        chunk = self.write_store()
        line = ["in.ome.zarr", "out.ome.zarr"]
        self.expect(0, "convert", *line)
        self.write("in.ome.zarr/0/.DS_Store", "a system's own")
        self.expect(0, "convert", *line, "--resume")
        os.utime(chunk, ns=(1, 1))  # by as many bytes
        self.is_refused(*line)

    def test_chunks_written_anew_under_an_unfinished_result(self):
        chunk = self.write_store()
        line = ["in.ome.zarr", "out.ome.zarr", *STORE, "--threads", "1"]
        whole = chunk.read_bytes()
        chunk.write_bytes(b"damaged")
        self.expect(4, "convert", *line)
        self.assertTrue((self.dir / ".out.ome.zarr.parfocal").exists())
        self.expect(6, "convert", *line, "--resume", "--on-error", "skip")
        (self.dir / "out.ome.zarr").rename(self.dir / "other.ome.zarr")
        self.expect(4, "convert", *line)
        chunk.write_bytes(whole)
        self.is_refused(*line)

    def test_options_behind_many_names(self):
        names = [f"a_frame_of_a_long_recording_{k:03}.tif" for k in range(80)]
        for name in names:
            (self.dir / name).write_bytes(tiff(width=20, height=20))
        for out in ("a.ome.tif", "a.ome.zarr"):
            line = [*names, out]
            self.assertGreater(len(" ".join(line)), 2000)
            self.expect(0, "convert", *line, "--threads", "2")
            self.expect(0, "convert", *line, "--resume", "--threads", "1", "--memory", "512 MiB")
            self.is_refused(*line, "--set", "source.scale.t=2 s")
        self.is_refused(*names, "a.ome.tif", "--set", "sink.compression=deflate")
        self.is_refused(*names, "a.ome.zarr", "--set", "sink.codec=zstd")

    def test_names_that_are_no_utf8(self):
        for stem in ("a\udcff", "b\udce9\udc80", "c\udcc0\udcaf"):
            (self.dir / f"{stem}.tif").write_bytes(tiff())
            for out in (f"{stem}.ome.tif", f"{stem}.ome.zarr", "a.ome.tif", "a.ome.zarr"):
                line = [f"{stem}.tif", out]
                self.expect(0, "convert", *line, "--overwrite", **RAW_BYTES)
                _, err = self.expect(0, "convert", *line, "--resume", **RAW_BYTES)
                self.assertIn("complete already", err)
                self.is_refused(*line, "--set", "source.scale.y=2 um", **RAW_BYTES)

    def test_an_unfinished_result_of_names_that_are_no_utf8(self):
        for k in range(4):
            (self.dir / f"f\udcff{k}.tif").write_bytes(tiff(width=240 if k < 3 else 30, height=200))
        for out in ("a.ome.zarr", "a\udcff.ome.zarr"):
            line = ["f\udcff*.tif", out, *STORE, "--threads", "1"]
            self.expect(4, "convert", *line, **RAW_BYTES)
            _, err = self.expect(6, "convert", *line, "--resume", "--on-error", "skip", **RAW_BYTES)
            self.assertIn("3 of 4 received, 1 missing", err)
            self.assertNotIn("starting", err)


if __name__ == "__main__":
    unittest.main()
