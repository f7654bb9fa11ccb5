"""The peak of memory and the disk taken stay within what the plan states, whatever is drawn."""

import json

import pytest

from big_movie import run_measured
from drawn_bounds import faults, room


@pytest.mark.parametrize("seed", range(16))
def test_a_drawn_pipeline_takes_no_more_than_its_plan_states(seed, tmp_path):
    assert not faults(seed, tmp_path)


@pytest.mark.parametrize("frames, side", [(20000, 1), (5000, 20), (2000, 64), (500, 200)])
@pytest.mark.parametrize("words", ["", ", shard: none", ", format: '0.4'"])
def test_small_frames_take_a_disk_of_the_order_of_their_data(frames, side, words, tmp_path, parfocal):
    (tmp_path / "p.yaml").write_text(
        "parfocal: 1\n"
        f"source: {{type: generator, kind: noise, size: {{t: {frames}, y: {side}, x: {side}}}, dtype: uint8}}\n"
        f"sinks: [{{type: ome_zarr, from: source, path: a.ome.zarr, codec: none{words}}}]\n")
    stated = json.loads(parfocal("plan", "p.yaml", "--json").stdout)["disk_bytes"]
    parfocal("run", "p.yaml", "--out", "out")
    taken, pixels = room(tmp_path / "out"), frames * side * side
    assert taken <= stated
    # A frame has besides 33 bytes of columns, 16 of the index and a line of frames.csv.
    assert taken <= pixels * 5 // 4 + frames * 128 + (1 << 19)
    assert stated <= 2 * pixels + frames * 512 + (2 << 20)
    assert stated <= 2 * taken + (6 << 20)  # the journal, while it runs


@pytest.mark.parametrize("memory, threads", [("48MiB", 1), ("4GiB", 4), ("4GiB", 8)])
def test_the_default_codec_stays_within_the_plan_where_pixels_shrink(memory, threads, tmp_path):
    sinks = ", ".join(f"{{type: ome_zarr, from: source, path: {name}.ome.zarr}}" for name in "abc")
    for kind, dtype in (("gradient", "float32"), ("nuclei", "uint16")):
        (tmp_path / "p.yaml").write_text(
            "parfocal: 1\n"
            f"source: {{type: generator, kind: {kind}, size: {{t: 40, y: 724, x: 724}}, dtype: {dtype}}}\n"
            f"sinks: [{sinks}]\n")
        peak, code, messages = run_measured(
            ["run", "p.yaml", "--memory", memory, "--threads", threads, "--out", dtype], tmp_path)
        assert code == 0, messages
        planned = json.loads((tmp_path / dtype / "run.json").read_text())["planned_peak_bytes"]
        assert peak <= planned
