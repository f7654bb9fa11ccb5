"""What killed conversions leave, and what the next commands make of it."""

import os
import pathlib
import time
import unittest

from outputs import Outputs
from support import tiff


class Left(Outputs):
    def kill(self, out, enough):
        """Kills a conversion of movie.tif to `out` once `enough` bytes lie in its folder."""
        (self.dir / "movie.tif").write_bytes(tiff(width=600, height=600, pages=3000))
        left = self.dir / f".{out}.parfocal" / out
        process = self.start("convert", "movie.tif", out, "--threads", "1", "--progress", "none")
        while process.poll() is None and self.blocks(left) < enough:
            time.sleep(0.001)
        process.kill()
        process.communicate()
        if (self.dir / out).exists():
            self.skipTest("it was complete before it could be killed")
        return f".{out}.parfocal/{out}"

    def blocks(self, path):
        files = [path] if path.is_file() else [pathlib.Path(folder) / name for folder, _, names
                                               in os.walk(path) for name in names]
        total = 0
        for file in files:
            try:
                total += file.stat().st_blocks * 512
            except OSError:
                pass  # renamed meanwhile
        return total

    def recover_and_move(self, left, out):
        _, err = self.expect(0, "recover", left)
        self.assertIn(f"mv {left} {out}\n  parfocal info {out}", err)
        (self.dir / left).rename(self.dir / out)

    def check_partial(self, out):
        _, err = self.expect(8, "convert", "movie.tif", out, "--resume")
        self.assertIn("the output is not whole", err)
        self.assertRegex(err, r"given: +\d+ frames of 3000")
        self.assertNotIn("complete", err)
        self.assertNotIn("another command", err)
        self.assertTrue(self.cures(err)[0][-1] == "--overwrite", err)

    def test_a_recovered_result_is_not_taken_for_a_complete_one(self):
        for out in ("a.ome.zarr", "a.ome.tif"):
            self.recover_and_move(self.kill(out, 110_000_000 if out.endswith("tif") else 2_000_000), out)
            self.check_partial(out)
            (self.dir / "movie.tif").write_bytes(tiff(width=600, height=600, pages=3))
            self.expect(0, "convert", "movie.tif", out, "--overwrite")

    def test_a_file_that_was_moved_without_recovery_is_not_whole_either(self):
        left = self.kill("a.ome.tif", 110_000_000)
        (self.dir / left).rename(self.dir / "a.ome.tif")
        self.check_partial("a.ome.tif")

    def test_the_next_command_on_a_moved_result_clears_what_is_left_of_its_making(self):
        for command in (["info", "a.ome.tif"], ["convert", "a.ome.tif", "b.ome.tif"]):
            self.recover_and_move(self.kill("a.ome.tif", 110_000_000), "a.ome.tif")
            self.assertIn(".a.ome.tif.parfocal/run.json", self.hidden_files())
            self.run_command(*command)
            self.assertEqual(self.hidden_files(), [])
            (self.dir / "a.ome.tif").unlink()

    def test_files_of_others_in_the_folder_of_a_moved_result_stay(self):
        self.recover_and_move(self.kill("a.ome.tif", 110_000_000), "a.ome.tif")
        self.write(".a.ome.tif.parfocal/notes.txt", "mine")
        self.expect(0, "info", "a.ome.tif")
        self.assertEqual(self.hidden_files(), [".a.ome.tif.parfocal/notes.txt"])

    def hidden_files(self):
        return sorted(str(p.relative_to(self.dir)) for p in self.dir.glob(".*/*"))

    def test_an_unfinished_ome_tiff_that_starts_over_is_told(self):
        self.kill("a.ome.tif", 110_000_000)
        (self.dir / "movie.tif").write_bytes(tiff(pages=3))
        _, err = self.expect(0, "convert", "movie.tif", "a.ome.tif")
        self.assertIn("an unfinished conversion to this name is thrown away", err)

    def test_of_other_options_only_those_that_differ_are_named(self):
        self.write_movie()
        (self.dir / "frame2.tif").write_bytes(b"broken")
        self.expect(4, "convert", "frame*.tif", "a.ome.zarr")
        _, err = self.expect(8, "convert", "frame*.tif", "a.ome.zarr", "--resume", "--set", "sink.codec=zstd")
        self.assertIn("made with other options", err)
        self.assertLess(len(err), 1500)
        self.assertRegex(err, r"(?m)given: +codec zstd$")
        self.assertRegex(err, r"(?m)needed: +codec lz4$")
        self.assertNotIn("axes", err.split("made with other options")[1])

    def test_a_store_of_a_killed_writer_without_frames_is_told_to_be_recovered(self):
        left = self.kill("k.ome.zarr", 500_000)  # its journal is there
        if "published" not in self.run_command("convert", left, "b.ome.tif").stderr:
            (self.dir / left / "zarr.json").unlink(missing_ok=True)  # as a kill a moment earlier leaves it
        for words in (["convert", left, "b.ome.tif"], ["info", left]):
            _, err = self.expect(4, *words)
            self.assertIn(f"parfocal recover {left}", err)
        self.expect(0, "recover", left)

    def test_a_tiff_of_others_has_nothing_to_recover(self):
        self.write("cut.tif", "").write_bytes(tiff(pages=6)[:-40])
        _, err = self.expect(4, "recover", "cut.tif")
        self.assertIn("nothing to recover", err)
        self.write_movie()
        self.expect(0, "convert", "frame*.tif", "a.ome.tif")
        self.assertIn("its writer closed it", self.expect(0, "recover", "a.ome.tif")[0])


class Words(Outputs):
    def test_labels_are_made_under_a_name_of_their_own(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml", "--out", "o")
        _, err = self.expect(0, "convert", "o/smooth.ome.zarr", "out.ome.zarr")
        line = self.cures(err)[0]
        self.assertEqual(line[2], "out-cells.ome.zarr")
        self.expect(0, *line)
        info = self.expect_json(0, "parfocal.info/1", "info", "out.ome.zarr", "--json")["items"][0]
        self.assertEqual(info["dtype"], "float32")  # the image, not its labels

    def test_cures_need_no_steps(self):
        self.write("movie.yaml", "parfocal: 1\nsource: {type: generator, kind: counter, size: {t: 3, y: 40, x: 60}, "
                   "dtype: uint64}\nsinks: [{type: ome_zarr, path: u.ome.zarr}]\n")
        self.expect(0, "run", "movie.yaml", "--out", ".")
        _, err = self.expect(3, "convert", "u.ome.zarr", "v.ome.tif")
        self.assertNotIn("add a step", err)
        self.assertIn("v.ome.zarr", err)
        lines = [line.strip() for line in err.splitlines() if line.strip().startswith("printf")]
        self.assertEqual(os.system(f"cd {self.dir} && {lines[0]}"), 0)
        self.expect(0, "run", "v.yaml", "--out", "v")
        self.assertIn("float64", self.expect(0, "info", "v/v.ome.tif")[0])

    def test_one_of_several_positions_can_be_taken(self):
        images = "".join(
            f'<Image ID="Image:{i}" Name="P{i}"><Pixels ID="Pixels:{i}" DimensionOrder="XYZCT" Type="uint8" '
            f'SizeX="60" SizeY="40" SizeZ="1" SizeC="1" SizeT="2"><TiffData IFD="{2 * i}" PlaneCount="2"/></Pixels></Image>'
            for i in range(3))
        xml = f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{images}</OME>'
        self.write("pos.ome.tif", "").write_bytes(tiff(pages=6, description=xml))
        out, _ = self.expect(0, "info", "pos.ome.tif")
        self.assertLessEqual(out.count("channels:"), 1)
        self.assertIn("positions:   P0, P1, P2", out)
        _, err = self.expect(3, "convert", "pos.ome.tif", "z.ome.tif")
        self.assertNotIn("op:", err)
        lines = self.cures(err)
        self.assertEqual(lines[0][-1], "source.image=0")
        for line in lines:
            self.expect(0, *line)

    def test_a_value_in_two_words_is_told(self):
        self.write_movie()
        _, err = self.expect(2, "convert", "frame0.tif", "m.ome.zarr", "--set", "source.axes=tyx", "--set",
                             "source.scale.x=0.65", "um")
        self.assertIn("--set 'source.scale.x=0.65 um'", err)
        self.expect(0, *self.cures(err)[0])

    def test_the_result_before_many_inputs_is_told(self):
        self.write_movie()
        files = [f"frame{i}.tif" for i in range(6)]
        _, err = self.expect(2, "convert", "a.ome.zarr", *files)
        self.assertEqual(self.cures(err)[0], ["convert", "*.tif", "a.ome.zarr"])
        self.expect(0, *self.cures(err)[0])

    def test_an_input_that_is_named_twice_is_refused(self):
        self.write_movie()
        _, err = self.expect(2, "convert", "frame0.tif", "./frame0.tif", "a.ome.zarr")
        self.assertIn("an input is named twice", err)


if __name__ == "__main__":
    unittest.main()
