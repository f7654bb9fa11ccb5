"""A pipeline that the planner accepts runs: whole frames or bands, and the memory that a refusal
names works."""

import re

import numpy as np
import pytest
import tifffile
import zarr

from outputs import record

SOURCE = "{type: generator, kind: gradient, size: {t: 8, y: 1500, x: 1000}, dtype: uint16}"


def advised(parfocal):
    """The memory that a refusal of p.yaml advises."""
    refused = parfocal("plan", "p.yaml", "--memory", "1MiB", "--threads", "1", exit_code=5)
    return re.search(r"--memory (\d+)MiB", refused.stderr).group(1)


def write(folder, sinks, steps=""):
    (folder / "p.yaml").write_text(f"parfocal: 1\nsource: {SOURCE}\nsteps:\n"
                                   "  - {id: g, op: gaussian, sigma: 2 px, from: source}\n"
                                   f"{steps}sinks:\n" + "".join(f"  - {s}\n" for s in sinks))


def run(parfocal, memory, out):
    parfocal("run", "p.yaml", "--memory", f"{memory}MiB", "--threads", "1", "--out", out)


MEAN = "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
LAST = "  - {id: d, op: subtract, from: g, by: m}\n"


def test_folds_and_windows_do_not_depend_on_bands(parfocal, tmp_path):
    write(tmp_path, ["{type: ome_zarr, from: m, path: m.ome.zarr}",
                     "{type: ome_zarr, from: source, path: s.ome.zarr}",
                     "{type: ome_zarr, from: g, path: g.ome.zarr}"], MEAN)
    least = advised(parfocal)
    run(parfocal, least, "bands")
    run(parfocal, 2000, "whole")
    y, x = np.mgrid[:1500, :1000]
    for out in ("bands", "whole"):
        mean = zarr.open_array(tmp_path / out / "m.ome.zarr" / "0", mode="r")[...]
        np.testing.assert_array_equal(mean, y + x + 3.5)
    for name in ("m", "s", "g"):
        images = [zarr.open_group(tmp_path / out / f"{name}.ome.zarr", mode="r").attrs.asdict()
                  for out in ("bands", "whole")]
        assert images[0]["ome"]["omero"] == images[1]["ome"]["omero"], name


@pytest.mark.parametrize("sink", [
    "{type: ome_tiff, from: g, path: g.ome.tif}",
    "{type: ome_tiff, from: g, path: g.ome.tif, compression: deflate}",
    "{type: rtdc, from: source, path: g.rtdc}",
    "{type: ome_zarr, from: g, path: g.ome.zarr, levels: 2}",
    "{type: ome_zarr, from: g, path: g.ome.zarr, shard: none, format: '0.4'}",
    "{type: ome_zarr, from: g, path: g.ome.zarr, codec: zstd_blosc}",
])
def test_what_a_refusal_advises_runs_with_every_sink(sink, parfocal, tmp_path):
    write(tmp_path, [sink, "{type: ome_zarr, from: source, path: s.ome.zarr}"])
    least = int(advised(parfocal))
    for memory in (least, least + 1, least + 5):
        run(parfocal, memory, f"o{memory}")
        done = record(tmp_path / f"o{memory}")
        assert done["status"] == "complete"
        assert all(edge["received"] == 8 for edge in done["edges"])


def test_a_deflated_tiff_holds_the_same_as_a_plain_one(parfocal, tmp_path):
    pages = []
    for compression in ("none", "deflate"):
        write(tmp_path, [f"{{type: ome_tiff, from: g, path: g.ome.tif, compression: {compression}}}"])
        run(parfocal, advised(parfocal), compression)
        pages.append(tifffile.imread(tmp_path / compression / "g.ome.tif"))
    np.testing.assert_array_equal(*pages)


def test_a_column_of_frames_has_one_row_a_frame(parfocal, tmp_path):
    steps = "  - {id: t, op: threshold, method: value, value: 900, from: source}\n"
    write(tmp_path, ["{type: ome_zarr, from: t, path: t.ome.zarr}",
                     "{type: ome_zarr, from: g, path: g.ome.zarr}",
                     "{type: table, from: t.threshold, path: level.csv}"], steps)
    run(parfocal, advised(parfocal), "o")
    for name in ("frames.csv", "level.csv"):
        assert len((tmp_path / "o" / name).read_text().splitlines()) == 9, name
