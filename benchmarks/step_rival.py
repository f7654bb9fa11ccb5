"""One step by a rival, on one frame in memory, one thread.

    step_rival.py RIVAL STEP DTYPE SIDE FRAME.raw RUNS OUT.raw

Prints a line of JSON as step_bench: seconds of the runs after a first one, and the peak memory."""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402


def opencv(step):
    import cv2

    cv2.setNumThreads(1)
    if step["op"] == "median":
        return lambda image: cv2.medianBlur(image, step["size"])
    raise SystemExit(f"OpenCV has no {step['op']}")


def scipy(step):
    from scipy import ndimage

    return {"median": lambda image: ndimage.median_filter(image, step["size"]),
            "fill_holes": ndimage.binary_fill_holes}[step["op"]]


def skimage(step):
    from skimage import measure, morphology, segmentation, util

    def remove_small(mask):
        labels = measure.label(mask, connectivity=2)
        return morphology.remove_small_objects(labels, max_size=step["min_size"] - 1) > 0

    return {"remove_small": remove_small, "invert": util.invert,
            "clear_border": segmentation.clear_border}[step["op"]]


def peak_mb():
    with open("/proc/self/status") as f:
        return int(next(line for line in f if line.startswith("VmHWM")).split()[1]) / 1024


def main():
    rival, step, dtype, side, frame, runs, out = sys.argv[1:]
    side, runs = int(side), int(runs)
    job = {"OpenCV": opencv, "SciPy": scipy, "scikit-image": skimage}[rival](json.loads(step))
    image = np.fromfile(frame, dtype).reshape(side, side)
    result = job(image)
    start = time.perf_counter()
    for _ in range(runs):
        result = job(image)
    seconds = (time.perf_counter() - start) / runs
    np.ascontiguousarray(result).tofile(out)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


main()
