"""Recordings for tests, and dcnum run in this process."""

import contextlib
import hashlib
import os
import pathlib
import random
import threading

import h5py
import hdf5plugin
import numpy as np
import scipy.ndimage
from dcnum.feat.feat_background import bg_roll_median, bg_sparse_median
from dcnum.logic import DCNumJobRunner, DCNumPipelineJob
from dcnum.segm.segm_thresh import SegmentThresh

SHARED = pathlib.Path(
    os.environ.get("PARFOCAL_SHARED_DIR", pathlib.Path(__file__).resolve().parents[3] / "shared")
)
DATA = SHARED / "data" / "dcnum"
F23 = DATA / "fmt-hdf5_cytoshot_full-features_2023" / "cytoshot-test-data.rtdc"
LEGACY = (
    DATA / "fmt-hdf5_cytoshot_full-features_legacy_allev_2023" / "cytoshot-test-data-legacy_dce.rtdc"
)
# Random draws: how many, and from which seed. PARFOCAL_SEED=... draws a failed one again.
DRAWS = int(os.environ.get("PARFOCAL_DRAWS", 200))
SEED = int(os.environ.get("PARFOCAL_SEED", random.SystemRandom().randrange(2**32)))
# Newer HDF5 libraries can write files that HDF5 1.10, Debian's, cannot read.
READABLE = ("earliest", "v110")


def write_recording(
    path, images, time=None, frame=None, rate=None, attributes=None, chunk=None, pixel_um=0.34
):
    """An .rtdc file of `images` with whatever tells the time."""
    count, height, width = images.shape
    with h5py.File(path, "w", libver=READABLE) as h5:
        h5.attrs["experiment:event count"] = count
        h5.attrs["imaging:pixel size"] = pixel_um
        h5.attrs["imaging:roi size x"] = width
        h5.attrs["imaging:roi size y"] = height
        h5.attrs["experiment:run identifier"] = "a-recording"
        if rate is not None:
            h5.attrs["imaging:frame rate"] = float(rate)
        for key, value in (attributes or {}).items():
            h5.attrs[key] = value
        frames = min(count, chunk or max(1, 2**20 // (height * width)))
        h5.create_dataset(
            "events/image", data=images, chunks=(frames, height, width), fletcher32=True,
            **hdf5plugin.Zstd(clevel=5),
        )
        if time is not None:
            h5["events/time"] = np.asarray(time, float)
        if frame is not None:
            h5["events/frame"] = np.asarray(frame, float)
    return path


def repeated(source, path, times):
    """`source` so many times over, as dcnum's tests enlarge it: frames go on, time is dropped."""
    with h5py.File(source) as old, h5py.File(path, "w", libver=READABLE) as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        count = old["events/image"].shape[0]
        new.attrs["experiment:event count"] = count * times
        for name, data in old["events"].items():
            if name == "time":
                continue
            values = np.concatenate([data[:]] * times)
            if name == "frame":
                period = data[-1] + 1 - data[0]
                values = values.astype(float) + np.repeat(np.arange(times), count) * period
            options = hdf5plugin.Zstd(clevel=1) if values.ndim == 3 else {}
            new.create_dataset("events/" + name, data=values, **options)
    return path


def shape_of_time(source, path, time=None, frame=None, rate=None):
    """A copy of `source` that tells its time by these alone."""
    with h5py.File(source) as old:
        images = old["events/image"][:]
        attributes = {key: old.attrs[key] for key in old.attrs if key != "imaging:frame rate"}
    return write_recording(path, images, time, frame, rate, attributes)


def thread_of(worker):
    """dcnum's worker process as a thread: the same work, without the second that a start takes."""

    class Thread(threading.Thread):
        def __init__(self, *arguments):
            super().__init__(daemon=True, target=worker(*arguments).run)

    return Thread


def drawn(draw, *words):
    """The random numbers of a draw; tells how to draw it again."""
    print(f"PARFOCAL_SEED={SEED} draw {draw}")
    return random.Random(" ".join(map(str, (SEED, *words, draw))))


SCIPY_MEDIAN = scipy.ndimage.median_filter


def median_filter(input, size, **options):
    """scipy 1.17 reads before the array where a filter of 10 meets exactly 4 values."""
    if options or len(input) != 4:
        return SCIPY_MEDIAN(input, size=size, **options)
    return SCIPY_MEDIAN(np.pad(input, 2 * size, mode="symmetric"), size=size)[2 * size : -2 * size]


@contextlib.contextmanager
def in_threads():
    saved = bg_sparse_median.WorkerSparseMed, bg_roll_median.WorkerRollMed
    bg_sparse_median.WorkerSparseMed, bg_roll_median.WorkerRollMed = map(thread_of, saved)
    scipy.ndimage.median_filter = median_filter
    try:
        yield
    finally:
        bg_sparse_median.WorkerSparseMed, bg_roll_median.WorkerRollMed = saved
        scipy.ndimage.median_filter = SCIPY_MEDIAN


def dcnum_sparse(source, target, **options):
    with in_threads(), bg_sparse_median.BackgroundSparseMed(
        input_data=pathlib.Path(source), output_path=pathlib.Path(target), num_cpus=1, **options
    ) as background:
        background.process()
    return target


def dcnum_rolling(source, target, **options):
    with in_threads(), bg_roll_median.BackgroundRollMed(
        input_data=pathlib.Path(source), output_path=pathlib.Path(target), num_cpus=1, **options
    ) as background:
        background.process()
    return target


def dcnum_job(source, target, **options):
    job = DCNumPipelineJob(
        path_in=source, path_out=target, basin_strategy="tap", num_procs=1, debug=True, **options
    )
    with DCNumJobRunner(job=job) as runner:
        runner.run()
    return target


def labels_of(image, background, offset, threshold, cleaning):
    """As dcnum segments and cleans a frame."""
    mask = (image.astype(np.int16) - background) - offset < threshold
    labels, _ = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
    return SegmentThresh.process_labels(labels, **cleaning)


def background_of(path):
    """The kept backgrounds, the index and the offset of each frame (None: not there)."""
    with h5py.File(path) as h5:
        offset = h5["events/bg_off"][:] if "bg_off" in h5["events"] else None
        return h5["basin_events/image_bg"][:], h5["events/basinmap0"][:], offset


def assert_same_background(ours, theirs):
    for mine, his in zip(background_of(ours), background_of(theirs)):
        np.testing.assert_array_equal(mine, his)


def md5(path):
    return hashlib.md5(pathlib.Path(path).read_bytes()).hexdigest()


def ramp(count, raised=None):
    """Frames of 5 x 7 whose pixel is 7 y + x, some of them raised."""
    images = np.tile(np.arange(35, dtype=np.uint8).reshape(1, 5, 7), (count, 1, 1))
    for frame, by in (raised or {}).items():
        images[frame] += np.uint8(by)
    return images
