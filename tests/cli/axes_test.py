"""What a pipeline says of the axes of TIFF files, beside what the files say of themselves."""

import json
import re
import unittest

from support import CommandTest, PIPELINE, ome_xml, tiff

SOURCE = '{type: files, glob: "*.tif"}'
DESCRIPTIONS = {
    "OME-XML": ome_xml(t=3, c=2),
    "description (ImageJ)": "ImageJ=1.53t\nimages=6\nchannels=2\nframes=3\nhyperstack=true\n",
    "description (tifffile)": '{"shape": [3, 2, 40, 60], "axes": "TCYX"}',
}


class Axes(CommandTest):
    def notes(self, *sets):
        """What a run says of the axes, on stderr and in its record."""
        self.write("p.yaml", PIPELINE.replace('{type: files, glob: "*.tif", axes: tyx}', SOURCE))
        line = [word for text in sets for word in ("--set", text)]
        _, err = self.expect(0, "run", "p.yaml", "--out", "o", "--overwrite", *line)
        said = re.compile(r"(?m)^note: (?:source: )?(The .* says .*)$")
        told = said.findall(err)
        _, err = self.expect(0, "plan", "p.yaml", *line)
        self.assertEqual(said.findall(err), told)
        recorded = json.loads((self.dir / "o/run.json").read_text())["notices"]
        for note in told:
            self.assertTrue(any(note in text for text in recorded), recorded)
        return told

    def refused(self, *sets):
        """The cure of a plan that fails."""
        self.write("p.yaml", PIPELINE.replace('{type: files, glob: "*.tif", axes: tyx}', SOURCE))
        line = [word for text in sets for word in ("--set", text)]
        _, err = self.expect(3, "plan", "p.yaml", *line)
        return re.search(r"(?m)^  cure: +(.*)$", err).group(1)

    def test_axes_that_the_file_contradicts_are_told(self):
        for origin, description in DESCRIPTIONS.items():
            (self.dir / "a.tif").write_bytes(tiff(pages=6, description=description))
            wanted = (f"The {origin} says t=3 c=2; taken as %s, as axes: %s says "
                      "(axes: auto takes what the file says).")
            self.assertEqual(self.notes(), [wanted % ("t=6", "tyx (the default)")])
            self.assertEqual(self.notes("source.axes=zyx"), [wanted % ("z=6", "zyx")])
            self.assertEqual(self.notes("source.axes=tcyx", "source.sizes={c: 3}"),
                             [wanted % ("t=2 c=3", "tcyx")])
            self.assertEqual(self.notes("source.axes=ctyx", "source.sizes={t: 3}"),
                             [wanted % ("c=2 t=3", "ctyx")])
            self.assertEqual(self.notes("source.axes=tcyx", "source.sizes={c: 2}"), [])
            self.assertEqual(self.notes("source.axes=auto"), [])
            header = (self.dir / "o/frames.csv").read_text().split(",")
            self.assertEqual(header[:2], ["t", "c"])

    def test_of_several_files_the_axes_within_one_are_compared(self):
        for name in ("a.tif", "b.tif"):
            (self.dir / name).write_bytes(tiff(pages=6, description=DESCRIPTIONS["OME-XML"]))
        (note,) = self.notes()
        self.assertIn("The OME-XML of a.tif says t=3 c=2; taken as t=6,", note)
        self.assertEqual(self.notes("source.axes=tcyx", "source.sizes={c: 2}"), [])
        for name in ("a.tif", "b.tif"):
            (self.dir / name).write_bytes(tiff(pages=6, description=ome_xml(z=6)))
        self.assertEqual(self.notes("source.axes=tzyx"), [])
        (note,) = self.notes()
        self.assertIn("says z=6; taken as t=6,", note)

    def test_files_that_say_nothing_or_the_same_are_no_news(self):
        for description in ("", "by hand", ome_xml(), ome_xml(t=6), '{"shape": [6, 40, 60]}'):
            (self.dir / "a.tif").write_bytes(tiff(pages=6, description=description))
            self.assertEqual(self.notes(), [], description)
        for i in range(3):
            (self.dir / f"{'abc'[i]}.tif").write_bytes(tiff(description=ome_xml()))
        self.assertEqual(self.notes(), [])

    def test_sizes_that_lack_or_do_not_fit_are_those_of_the_file(self):
        (self.dir / "a.tif").write_bytes(tiff(pages=30, description=ome_xml(t=5, c=2, z=3)))
        for sizes in ([], ["source.sizes={c: 2}"], ["source.sizes={c: 7, z: 3}"]):
            cure = self.refused("source.axes=tczyx", *sizes)
            self.assertIn("as the OME-XML says", cure)
            sizes = re.search(r"write sizes: (\{.*?\})", cure).group(1)
            self.assertEqual(self.notes("source.axes=tczyx", "source.sizes=" + sizes), [])
        cure = self.refused("source.axes=tzcyx")
        self.assertIn("the OME-XML says t=5 c=2 z=3", cure)
        axes = re.search(r"write axes: (\w+)", cure).group(1)
        self.assertEqual(self.notes("source.axes=" + axes), [])

    def test_sizes_of_which_nothing_is_known_divide_the_images(self):
        for pages, axes, known in ((12, "tczyx", ""), (30, "tczyx", "c: 5"), (7, "tczyx", ""),
                                   (8, "tpczyx", "p: 2")):
            (self.dir / "a.tif").write_bytes(tiff(pages=pages))
            line = ["source.axes=" + axes]
            cure = self.refused(*line, *(["source.sizes={%s}" % known] if known else []))
            sizes = re.search(r"write sizes: (\{.*?\})", cure).group(1)
            self.assertIn(known, sizes)
            self.write("q.yaml", f"parfocal: 1\nsource: {SOURCE}\n"
                       "steps: [{op: reduce, over: [y, x], how: mean}]\n"
                       "sinks: [{type: table, path: mean.csv}]\n")
            self.expect(0, "run", "q.yaml", "--out", "q", "--overwrite", "--set", *line, "--set",
                        "source.sizes=" + sizes)
            self.assertEqual(len((self.dir / "q/mean.csv").read_text().splitlines()), 1 + pages)


if __name__ == "__main__":
    unittest.main()
