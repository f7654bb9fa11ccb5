import json
import unittest

from support import CommandTest, SHARED_DIR


class Info(CommandTest):
    def test_files_tell_shape_axes_and_dtype(self):
        self.write_movie()
        out, _ = self.expect(0, "info", "frame*.tif")
        self.assertRegex(out, r"layout: +t=6 \| y=40 x=60 uint8")
        document = self.expect_json(0, "parfocal.info/1", "info", "frame*.tif", "--json")
        self.assertEqual(document["items"][0]["frames"], 6)
        self.assertEqual(document["items"][0]["dtype"], "uint8")

    def test_one_file_whose_name_has_brackets(self):
        self.write_movie(1)
        (self.dir / "frame0.tif").rename(self.dir / "frame[0].tif")
        self.assertIn("y=40 x=60 uint8", self.expect(0, "info", "frame[0].tif")[0])

    def test_results_tell_shape_chunks_and_completeness(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml")
        document = self.expect_json(0, "parfocal.info/1", "info", "pipeline-out/smooth.ome.zarr",
                                    "--json")
        facts = document["items"][0]
        self.assertEqual(facts["shape"], [6, 40, 60])
        self.assertEqual(facts["labels"], ["cells"])
        self.assertIs(facts["complete"], True)
        self.assertIn("chunks", facts)
        self.assertIn("smooth", str(facts["provenance"]))

    def test_zarr_version_2_tells_its_axes_and_codecs(self):
        store = self.dir / "a.zarr"
        (store / "0").mkdir(parents=True)
        (store / ".zgroup").write_text('{"zarr_format": 2}')
        (store / ".zattrs").write_text(json.dumps({"multiscales": [{
            "version": "0.4", "axes": [{"name": "y", "unit": "micrometer"}, {"name": "x"}],
            "datasets": [{"path": "0", "coordinateTransformations": [
                {"type": "scale", "scale": [0.5, 0.5]}]}]}]}))
        array = {"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<u2", "order": "C",
                 "filters": None, "fill_value": 0,
                 "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}}
        (store / "0/.zarray").write_text(json.dumps(array))
        out, _ = self.expect(0, "info", "a.zarr")
        self.assertRegex(out, r"format: +OME-Zarr 0.4")
        self.assertRegex(out, r"axes: +y=0.5 um, x")
        self.assertRegex(out, r"codecs: +bytes, blosc\(lz4 5, shuffle\)")
        out, _ = self.expect(4, "info", "a.zarr", "--validate")
        self.assertIn("error /multiscales/0/axes: must have 2 or 3 axes of type space", out)
        array["shape"] = [4, -6]
        (store / "0/.zarray").write_text(json.dumps(array))
        _, err = self.expect(4, "info", "a.zarr")
        self.assertIn("shape has an impossible size", err)
        self.assertIn("a.zarr/0/.zarray", err)

    def test_what_we_write_is_valid(self):
        self.write_movie()
        self.expect(0, "run", "pipeline.yaml")
        document = self.expect_json(0, "parfocal.info/1", "info", "pipeline-out/smooth.ome.zarr",
                                    "--validate", "--json")
        facts = document["items"][0]
        self.assertIs(facts["valid"], True)
        self.assertEqual([f for f in facts.get("findings", ()) if f["level"] == "must"], [])

    def test_pipeline_tells_its_steps(self):
        self.write_movie(0)
        out, _ = self.expect(0, "info", "pipeline.yaml")
        self.assertRegex(out, r"step mask: +threshold \{method: otsu\} <- source")

    def test_rtdc_tells_features_logs_and_tables(self):
        path = (SHARED_DIR / "data" / "dcnum" / "fmt-hdf5_cytoshot_full-features_2024"
                / "dcnum_thresh_example.rtdc")
        if not path.exists():
            self.skipTest("no reference data")
        document = self.expect_json(0, "parfocal.info/1", "info", path, "--json")
        facts = document["items"][0]
        self.assertEqual(facts["events"], 13)
        self.assertEqual(facts["features"]["image"],
                         {"shape": [13, 80, 320], "dtype": "uint8", "chunks": [13, 80, 320],
                          "filters": "zstd 5, fletcher32"})
        self.assertEqual(facts["attributes"]["imaging:pixel size"], 0.2645)
        self.assertEqual(facts["logs"]["dclab-compress"], {"lines": 31})
        self.assertEqual(facts["tables"]["cytoshot_monitor"]["rows"], 750)
        self.assertEqual(facts["pipeline"]["dcnum generation"], "8")
        out, _ = self.expect(0, "info", path)
        self.assertIn("features.image: shape [13,80,320], dtype uint8", out)
        self.assertIn("time:        ", out)

    def test_what_is_no_rtdc_is_4(self):
        (self.dir / "text.rtdc").write_text("no HDF5")
        self.assertIn("no HDF5 file", self.expect(4, "info", "text.rtdc")[1])

    def test_missing_path_is_4(self):
        self.expect(4, "info", "nowhere.tif")
        self.expect_json(4, "parfocal.error/1", "info", "nowhere.ome.zarr", "--json")
        (self.dir / "empty").mkdir()
        self.expect(4, "info", "empty")


if __name__ == "__main__":
    unittest.main()
