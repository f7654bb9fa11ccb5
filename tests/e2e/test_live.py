"""A camera gives the same bytes as its recording, and no viewer holds it up."""

import time

from outputs import contents_of, record

PIPELINE = """\
parfocal: 1
source: {source}
steps:
  - {{id: smooth, op: gaussian, sigma: 1.5 px}}
  - {{id: later, op: delay, items: 3}}
  - {{id: mean, op: reduce, over: t, how: mean, from: source}}
  - {{id: peak, op: reduce, over: t, how: max, from: later}}
  - {{id: mask, op: threshold, method: otsu, from: source}}
  - {{id: cells, op: label}}
  - {{id: number, op: count}}
  - {{id: objects, op: measure, from: cells, intensity: source, properties: [area, centroid]}}
sinks:
  - {{type: ome_zarr, from: later, path: later.ome.zarr, labels: {{cells: cells}}}}
  - {{type: ome_zarr, from: mean, path: mean.ome.zarr}}
  - {{type: ome_zarr, from: peak, path: peak.ome.zarr}}
  - {{type: table, from: objects, path: objects.csv}}
  - {{type: table, from: number, path: number.csv}}
"""
MOVIE = ("{{type: generator, kind: nuclei, size: {{t: {frames}, y: 64, x: 72}}, dtype: uint8, "
         "seed: 3, radius_px: 3}}")


def write(folder, name, frames, live, observe=""):
    movie = MOVIE.format(frames=frames)
    # A ring for all frames: what is compared are the numbers, not the speed of a loaded machine.
    camera = f"{{type: push, fps: 1000, ring: {frames}, of: {movie}}}"
    text = PIPELINE.format(source=camera if live else movie) + observe
    (folder / name).write_text(text)


def comparable(folder):
    """Everything but the run record, times, and what names the source."""
    files = contents_of(folder)
    files.pop("run.json")
    lines = [line.split(",") for line in files.pop("frames.csv").decode().splitlines()]
    time_column = lines[0].index("time")
    files["frames.csv"] = [line[:time_column] + line[time_column + 1:] for line in lines]
    for name in [name for name in files if name.endswith("zarr.json")]:
        files[name]["attributes"].get("parfocal", {}).pop("provenance", None)
    return files


def test_pushed_at_1000_frames_a_second_is_byte_equal_to_pulled(parfocal, tmp_path):
    write(tmp_path, "live.yaml", 600, live=True)
    write(tmp_path, "recorded.yaml", 600, live=False)
    parfocal("run", "live.yaml", "--threads", "2")
    parfocal("run", "recorded.yaml", "--threads", "2")
    live, recorded = comparable(tmp_path / "live-out"), comparable(tmp_path / "recorded-out")
    assert live.keys() == recorded.keys() and len(live) > 20
    different = [name for name in live if live[name] != recorded[name]]
    assert not different, different


def test_an_observer_that_hangs_drops_nothing_from_the_recording(parfocal, tmp_path):
    observe = "observe: [{type: hang, from: later}, {type: count, from: objects}]\n"
    write(tmp_path, "plain.yaml", 300, live=True)
    write(tmp_path, "watched.yaml", 300, live=True, observe=observe)
    parfocal("run", "plain.yaml")
    began = time.monotonic()
    parfocal("run", "watched.yaml", "--threads", "2")
    took = time.monotonic() - began
    done = record(tmp_path / "watched-out")
    assert took < done["seconds"] + 2, "the process waits for a viewer"
    edges = {edge["edge"]: edge for edge in done["edges"]}
    assert edges["later -> observer hang"]["dropped"] >= 297, "it holds the first, one waits"
    for name, edge in edges.items():
        assert "observer" in name or edge["received"] == edge["expected"], edge
        assert "observer" in name or edge["dropped"] == edge["missing"] == 0, edge
    assert comparable(tmp_path / "watched-out") == comparable(tmp_path / "plain-out")
