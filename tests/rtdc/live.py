"""A small recording, and the pipeline of examples/flow-cytometry-live.yaml on a replay of it."""

import h5py
import numpy as np

import support

HEIGHT, WIDTH = 48, 96
KERNEL, SPLIT_S, FPS = 20, 0.1, 400

STEPS = f"""\
  - {{id: now, op: background_sparse_median, kernel_size: {KERNEL}, split_time: {SPLIT_S} s, use: latest, from: source}}
"""
FINAL = f"""\
  - {{id: background, op: background_sparse_median, kernel_size: {KERNEL}, split_time: {SPLIT_S} s, from: source}}
  - {{id: cells, op: segment_below_background, from: source, background: background, offset: background.offset}}
  - {{id: events, op: flow_features, from: cells, image: source, background: background, offset: background.offset}}
"""
EVENTS = """\
  - type: rtdc_events
    from: events
    labels: cells
    index: background.index
    offset: background.offset
    series: background.series
    steps: background.steps
    path: events.rtdc
"""
RECORDING = "  - {type: rtdc, from: source, path: recording.rtdc, zstd_level: 0}\n"
PROVISIONAL = """\
  - {type: ome_zarr, from: now, path: provisional.ome.zarr, shard: none}
  - {type: table, from: now.index, path: versions.csv}
"""


def camera(path, **options):
    """A replay of `path`; by default its ring holds all frames, so that no load loses one."""
    options = {"fps": FPS, "ring": 4096, **options}
    words = ", ".join(f"{key}: {value}" for key, value in options.items())
    return f"{{type: push, {words}, of: {{type: rtdc, path: {path}}}}}"


def recorded(path):
    return f"{{type: rtdc, path: {path}}}"


def batch(source):
    return f"parfocal: 1\nsource: {source}\nsteps:\n{FINAL}sinks:\n{EVENTS}"


def live(source, steps=""):
    return (
        f"parfocal: 1\nsource: {source}\nsteps:\n{STEPS}{FINAL}{steps}"
        f"sinks:\n{RECORDING}{EVENTS}    input: recording.rtdc\n{PROVISIONAL}"
    )


def flow(count, seed=1):
    """Frames at 400 Hz over a background that grows darker, with dark cells that move on."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    images = rng.integers(-2, 3, (count, HEIGHT, WIDTH)) + 150
    images -= (np.arange(count) // 60)[:, None, None]
    for cell in range(count // 4):
        at, row, speed = 4 * cell, rng.integers(24, 38), rng.integers(8, 20)
        for frame in range(at, min(at + 4, count)):
            column = 10 + speed * (frame - at)
            images[frame][(y - row) ** 2 + (x - column) ** 2 < rng.integers(16, 30)] -= 25
    return images.astype(np.uint8)


def write(path, count=330):
    return support.write_recording(
        path, flow(330)[:count], time=np.arange(count) / FPS, frame=np.arange(count) + 1, rate=FPS
    )


def assert_equal(ours, theirs, but=()):
    """Every dataset but those named `but`, in every byte, and every attribute of events."""
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        datasets = []
        b.visititems(lambda name, item: datasets.append(name) if hasattr(item, "shape") else None)
        datasets = [n for n in datasets if n.split("/")[0] in ("events", "basin_events")]
        assert len(datasets) > 40
        mine = [n for group in ("events", "basin_events") for n in a[group]]
        assert len(mine) == len(datasets)
        for name in datasets:
            if name in but:
                continue
            assert a[name].dtype == b[name].dtype, name
            assert a[name].shape == b[name].shape, name
            assert a[name][:].tobytes() == b[name][:].tobytes(), name
        assert a.attrs["pipeline:dcnum hash"] == b.attrs["pipeline:dcnum hash"]
        return len(a["events/deform"])
