"""The page that `parfocal report` and the sink `report` make of a run."""

import base64
import csv
import html.parser
import re
import struct
import unittest
import zlib

from support import SHARED_DIR, CommandTest, tiff

MOVIE = SHARED_DIR / "data/cells/neubias/image_data/mitocheck-movie"
PIPELINE = """\
parfocal: 1
source: {type: files, glob: "%s", axes: tyx}
steps:
  - {id: mask, op: threshold, method: otsu}
  - {id: cells, op: label}
  - {id: number, op: count}
  - {id: objects, op: measure, from: cells, intensity: source, properties: [label, area]}
sinks:
  - {type: ome_zarr, from: source, path: copy.ome.zarr, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
"""


class Page(html.parser.HTMLParser):
    """Sources of pictures, tables by the caption of their figure, and whether tags are closed."""

    VOID = {"meta", "img"}

    def __init__(self, text):
        super().__init__()
        self.pictures, self.tables, self.open, self.caption, self.scripts = [], {}, [], "", 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.pictures.append(attributes["src"])
        self.scripts += tag == "script" or any(name.startswith("on") for name in attributes)
        if tag == "figcaption":
            self.caption = ""
        if tag == "tr" and self.caption:
            self.tables.setdefault(self.caption, []).append([])
        if tag in ("td", "th") and self.caption:
            self.tables[self.caption][-1].append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
        if tag == "figure":
            self.caption = ""

    def handle_data(self, data):
        if self.open and self.open[-1] == "figcaption":
            self.caption += data
        if self.open and self.open[-1] in ("td", "th") and self.caption:
            self.tables[self.caption][-1][-1] += data


def png_size(data):
    """Width and height of a PNG whose pixels decode."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, pixels, size, colours = 8, b"", None, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        check = data[at + 8 + length:at + 12 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", check)[0]
        if kind == b"IHDR":
            size, colours = struct.unpack(">II", body[:8]), {0: 1, 2: 3}[body[9]]
        if kind == b"IDAT":
            pixels += body
        at += 12 + length
    assert len(zlib.decompress(pixels)) == size[1] * (size[0] * colours + 1)
    return size


class ReportTest(CommandTest):
    def page(self, path):
        text = path.read_text()
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertEqual(page.scripts, 0)
        for address in re.findall(r"https?://[^\s\"'<]*", text):
            self.assertEqual(address, "http://www.w3.org/2000/svg")
        self.assertLess(len(text), 5 << 20)
        for source in page.pictures:
            self.assertTrue(source.startswith("data:image/png;base64,"))
            png = base64.b64decode(source.split(",")[1], validate=True)
            self.assertLessEqual(max(png_size(png)), 256)
        return page

    @unittest.skipUnless(MOVIE.is_dir(), "no reference images")
    def test_the_numbers_of_a_movie(self):
        pipeline = self.write("cells.yaml", PIPELINE % (MOVIE / "*.tif"))
        self.expect(0, "run", pipeline, "--out", "out")
        out, _ = self.expect(0, "report", "out")
        self.assertEqual(out, "out/report.html\n")
        page = self.page(self.dir / "out/report.html")
        with open(self.dir / "out/frames.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for column in ("count", "threshold"):
            shown = page.tables[column + " over frames"]
            self.assertEqual(shown[0], ["frame", column])
            self.assertEqual(shown[1:], [[row["t"], row[column]] for row in rows])
        with open(self.dir / "out/objects.csv", newline="") as file:
            areas = [float(row["area"]) for row in csv.DictReader(file)]
        self.assertEqual(sum(int(row[2]) for row in page.tables["area"][1:]), len(areas))
        self.assertEqual(page.tables["area, quartiles"][1][1:3],
                         [str(len(areas)), "%.6g" % min(areas)])
        self.assertIn(len(page.pictures), (6, 8))  # with the most flagged frame, if there is one
        between = page.tables["What passes between the steps"]
        self.assertIn("source", [row[0] for row in between])

    def test_missing_frames_are_named(self):
        self.write_movie(frames=4)
        (self.dir / "frame2.tif").write_bytes(tiff()[:100])
        pipeline = self.write("cells.yaml", PIPELINE % "*.tif")
        self.expect(6, "run", pipeline, "--out", "out", "--on-error", "skip")
        self.expect(0, "report", "out", "--out", "page.html")
        self.page(self.dir / "page.html")
        text = (self.dir / "page.html").read_text()
        self.assertIn("4 frames were expected, 3 came, 1 are missing.", text)
        self.assertIn("frame2.tif", text)
        self.assertFalse((self.dir / "out/report.html").exists())

    def test_a_run_makes_its_page(self):
        self.write_movie(frames=3)
        text = PIPELINE % "*.tif" + "  - {type: report, path: pages/cells.html}\n"
        pipeline = self.write("cells.yaml", text)
        out, _ = self.expect(0, "run", pipeline, "--out", "out")
        self.assertIn("out/pages/cells.html", out.splitlines())
        self.assertIn("count over frames", self.page(self.dir / "out/pages/cells.html").tables)
        self.expect(8, "run", pipeline, "--out", "out")
        self.expect(0, "run", pipeline, "--out", "out", "--overwrite")
        self.assertIn("count over frames", self.page(self.dir / "out/pages/cells.html").tables)

    def test_nothing_but_a_report_is_replaced(self):
        self.write_movie(frames=1)
        self.expect(0, "run", "pipeline.yaml", "--out", "out")
        self.write("notes.html", "mine")
        self.expect(8, "report", "out", "--out", "notes.html")
        self.assertEqual((self.dir / "notes.html").read_text(), "mine")
        self.expect(0, "report", "out")
        self.expect(0, "report", "out")
        self.expect(4, "report", "absent")
        document = self.expect_json(0, "parfocal.report/1", "report", "out", "--json")
        self.assertEqual(document["page"], "out/report.html")

    def test_texts_of_files_stay_texts(self):
        self.write_movie(frames=1)
        pipeline = self.write("p.yaml", PIPELINE % "*.tif" + "# <script>alert(1)</script>\n")
        self.expect(0, "run", pipeline, "--out", "out")
        table = self.dir / "out/objects.csv"
        table.write_text(table.read_text().replace("area", '"<img src=x onerror=alert(1)>"'))
        self.expect(0, "report", "out")
        self.page(self.dir / "out/report.html")

    def test_what_is_damaged_is_told(self):
        self.write_movie(frames=2)
        self.expect(0, "run", "pipeline.yaml", "--out", "out")
        damages = {"run.json": "run.json is damaged", "frames.csv": "damaged after"}
        for name, sentence in damages.items():
            path = self.dir / "out" / name
            whole = path.read_bytes()
            path.write_bytes(whole[:-9])
            self.expect(0, "report", "out")
            self.page(self.dir / "out/report.html")
            self.assertIn(sentence, (self.dir / "out/report.html").read_text())
            path.write_bytes(whole)


if __name__ == "__main__":
    unittest.main()
