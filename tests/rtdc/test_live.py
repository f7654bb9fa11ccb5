"""A live stream: recorded as it comes, its exact result made from the recording when it has ended."""

import json

import h5py
import numpy as np
import pytest

import support

STEPS = """
steps:
  - {id: background, op: background_sparse_median, kernel_size: 50, split_time: 1 s}
  - {id: cells, op: segment_below_background, from: source, background: background,
     offset: background.offset}
  - {id: features, op: flow_features, from: cells, image: source, background: background,
     offset: background.offset, pixel_size: 0.34 um, haralick: false}
sinks:
  - {type: rtdc, from: source, path: recording.rtdc, zstd_level: 1}
  - {type: rtdc_events, from: features, labels: cells, series: background.series,
     steps: background.steps, index: background.index, offset: background.offset,
     path: events.rtdc, input: recording.rtdc}
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    draw = np.random.default_rng(2)
    images = draw.integers(118, 124, (1500, 60, 90), np.uint8)
    for frame in range(0, 1500, 3):
        y, x = draw.integers(8, 40), draw.integers(8, 70)
        images[frame, y : y + 12, x : x + 10] -= np.uint8(30)
    path = tmp_path_factory.mktemp("recording") / "in.rtdc"
    return support.write_recording(path, images, time=np.arange(1500) * 0.01)


@pytest.fixture
def run(start, tmp_path):
    def run_it(name, source):
        pipeline = tmp_path / f"{name}.yaml"
        pipeline.write_text(f"parfocal: 1\nsource: {source}{STEPS}")
        process = start("run", pipeline, "--out", tmp_path / name, "--json", "--progress", "none")
        out, err = process.communicate(timeout=120)
        assert process.returncode in (0, 7), err
        return tmp_path / name, json.loads(out)

    return run_it


def pushed(recording, ring):
    return (
        f"{{type: push, fps: 3000, ring: {ring}, unbounded: true, "
        f"of: {{type: rtdc, path: {recording}}}}}"
    )


def assert_same_data(one, other):
    with h5py.File(one) as a, h5py.File(other) as b:
        for group in ("events", "basin_events"):
            assert set(a[group]) == set(b[group])
            for name in a[group]:
                np.testing.assert_array_equal(a[group][name][:], b[group][name][:], err_msg=name)
        assert a.attrs["pipeline:dcnum hash"] == b.attrs["pipeline:dcnum hash"]


def test_live_gives_what_batch_gives(run, recording):
    batch, _ = run("batch", f"{{type: rtdc, path: {recording}}}")
    for name in ("live", "again"):
        live, record = run(name, pushed(recording, 2000))
        assert record["lost"] == 0
        assert record["peak_rss_bytes"] <= record["planned_peak_bytes"]
        assert_same_data(live / "events.rtdc", batch / "events.rtdc")
        with h5py.File(live / "recording.rtdc") as h5, h5py.File(recording) as original:
            np.testing.assert_array_equal(h5["events/image"], original["events/image"])
            np.testing.assert_array_equal(h5["events/time"], original["events/time"])
    with h5py.File(batch / "events.rtdc") as h5:
        assert h5.attrs["experiment:event count"] > 400


def test_events_of_a_lossy_stream_refer_to_the_frames_that_were_recorded(run, recording):
    folder, record = run("lossy", pushed(recording, 1))
    with h5py.File(folder / "recording.rtdc") as h5, h5py.File(recording) as original:
        images, numbers = h5["events/image"][:], h5["events/frame"][:].astype(int)
        assert h5.attrs["experiment:event count"] == len(images) == len(numbers)
        np.testing.assert_array_equal(images, original["events/image"][:][numbers])
        np.testing.assert_array_equal(h5["events/time"][:], original["events/time"][:][numbers])
        assert len(images) + record["lost"] == record["items"]
    for edge in record["edges"]:
        assert edge["received"] + edge["missing"] == edge["expected"]
    with h5py.File(folder / "events.rtdc") as h5:
        frames, masks = h5["events/basinmap0"][:], h5["events/mask"][:] > 0
        assert len(frames) > 0
        for frame, mask in zip(frames, masks):
            assert images[frame][mask].mean() < images[frame][~mask].mean() - 10
