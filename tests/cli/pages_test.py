"""Every command line that README, docs and examples show runs, from where the page says, in its order."""

import os
import re
import shutil
import subprocess
import unittest

from support import PARFOCAL, SHARED_DIR, SOURCE_DIR, CommandTest, png, tiff

PAGES = [SOURCE_DIR / "README.md", *sorted((SOURCE_DIR / "docs").glob("*.md")),
         *sorted((SOURCE_DIR / "examples").glob("*.yaml"))]
RECORDING = (SHARED_DIR / "data/dcnum/fmt-hdf5_cytoshot_full-features_2024/dcnum_thresh_example.rtdc")


def blocks(page):
    """The text of each fenced block that is meant for a shell."""
    for language, text in re.findall(r"(?ms)^```(\w*)\n(.*?)^```", page.read_text()):
        if language in ("sh", "") and re.search(r"(?m)^(\$ )?(parfocal|curl|export|make)\b", text):
            yield text
    if page.suffix == ".yaml":  # the header of an example
        yield "\n".join(re.findall(r"(?m)^# +(parfocal [a-z]+ \S*\.yaml.*)$", page.read_text()))


def commands(text):
    """(command line, what it prints or None) of a block."""
    if not re.search(r"(?m)^\$ ", text):
        return [(line, None) for line in text.splitlines() if line.startswith(("parfocal", "cd "))]
    return [(line, printed) for line, printed in re.findall(r"(?m)^\$ (.*)\n((?:(?!\$ ).*\n?)*)", text)]


def shape(text):
    """What stays the same from one machine and run to the next."""
    return [re.sub(r"\d+(\.\d+)?", "#", line).strip() for line in text.splitlines() if line.strip()]


class Pages(CommandTest):
    def fill(self, folder, page):
        """A folder in which a page's lines find what they name: for the first page and the examples
        a checkout after `make demo`, in which only the recording is the reader's."""
        shutil.copytree(SOURCE_DIR / "examples", folder / "examples")
        for name in ("recording.rtdc", "M001_data.rtdc"):
            shutil.copyfile(RECORDING, folder / name)
        if page == PAGES[0]:
            return  # it shows the demo itself
        if page.suffix == ".yaml":
            self.expect(0, "demo", "cells", "--dir", folder / "parfocal-demo")
            return
        shutil.copy(SOURCE_DIR / "examples/flow-cytometry.yaml", folder)
        (folder / "movie").mkdir()
        for i in range(3):
            (folder / "movie" / f"frame_{i:03d}.tif").write_bytes(tiff())
        for name in ("hyperstack.tif", "big.tif"):
            (folder / name).write_bytes(tiff(pages=4))
        self.expect(0, "convert", folder / "hyperstack.tif", folder / "run.ome.zarr")
        if more := {"pictures.md": self.fill_pictures, "datasets.md": self.fill_datasets,
                    "report.md": self.fill_report}.get(page.name):
            more(folder, page.read_text())

    def fill_pictures(self, folder, text):
        (folder / "colours.yaml").write_text(re.search(r"(?s)```yaml\n(.*?)```", text)[1])
        (folder / "photos").mkdir()
        for name in ("a.jpg", "b.jpg"):  # bytes tell what they are
            (folder / "photos" / name).write_bytes(png((9, 20, 30)))

    def fill_datasets(self, folder, text):
        self.expect(0, "demo", "cells", "--dir", folder / "demo")
        shutil.copy(folder / "demo/cells.yaml", folder)
        (folder / "datasets.csv").write_text(re.search(r"(?s)```\n(dataset,.*?)```", text)[1])
        for name in ("A1", "A2", "B10"):
            shutil.copytree(folder / "demo/movie", folder / "plates" / name)

    def fill_report(self, folder, text):
        self.expect(0, "demo", "cells", "--dir", folder / "parfocal-demo")

    def shell(self, line, folder):
        path = os.pathsep.join([os.path.dirname(PARFOCAL), os.environ["PATH"]])
        return subprocess.run(["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": path},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def check(self, page, line, printed, folder):
        done = self.shell(line, folder)
        said = f"{page.name}: {line}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
        fails = printed is not None and "error:" in printed
        self.assertEqual(done.returncode != 0, fails, said)
        if printed is not None:  # its lines, whatever stands between them
            output = iter(shape(done.stderr + done.stdout))
            for told in shape(printed):
                self.assertIn(told, output, said)

    def test_every_command_line_runs(self):
        if not RECORDING.exists():
            self.skipTest(f"no recording in {RECORDING}")
        shown = 0
        for page in PAGES:
            folder = self.dir / page.parent.name / page.stem
            folder.mkdir(parents=True)
            self.fill(folder, page)
            for block in blocks(page):
                for line, printed in commands(block):
                    if line.startswith("cd "):
                        folder = folder / line.split()[1]
                        continue
                    shown += 1
                    with self.subTest(page=page.name, line=line):
                        self.check(page, line, printed, folder)
        self.assertGreaterEqual(shown, 15)


if __name__ == "__main__":
    unittest.main()
