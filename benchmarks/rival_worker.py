"""One process of a rival of count_bench: Otsu, opening by disk(3), labels, table, on TIFF files.

    rival_worker.py RIVAL THREADS TABLE.npy FILE...

Imports, does one frame to warm up, prints "ready", waits for a line on stdin, does all files, and
prints one line of JSON with the monotonic times of start and end and the CPU seconds between. The
table has one row per object: frame, label, area, bounding box (4), centroid (2), mean intensity.
"""

import json
import os
import resource
import sys
import time

RIVAL, THREADS, TABLE, FILES = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(THREADS)

import numpy as np  # noqa: E402

COLUMNS = ("label", "area", "bbox-0", "bbox-1", "bbox-2", "bbox-3", "centroid-0", "centroid-1",
           "intensity_mean")
PROPERTIES = ("label", "area", "bbox", "centroid", "intensity_mean")


def means_by_sums(labels, image, stats):
    """Mean intensity of every object, from sums over foreground pixels."""
    inside = labels > 0
    sums = np.bincount(labels[inside], weights=image[inside], minlength=len(stats))
    return sums[1:] / stats[1:, 4]


def means_by_boxes(labels, image, stats):
    """The same object by object, in its bounding box; faster on large frames."""
    import cv2

    means = []
    for label, (x, y, w, h, _) in enumerate(stats[1:].tolist(), 1):
        box = np.s_[y:y + h, x:x + w]
        means.append(cv2.mean(image[box], (labels[box] == label).view(np.uint8))[0])
    return np.array(means)


def skimage_job(opening):
    """scikit-image as its documentation has it; `opening` is its fastest exact opening."""
    import tifffile
    from skimage import filters, measure, morphology

    disk, crosses = morphology.disk(3), morphology.disk(3, decomposition="crosses")
    openings = {
        "binary": lambda mask: morphology.binary_opening(mask, disk),
        "crosses": lambda mask: morphology.binary_opening(mask, crosses),
        "opening": lambda mask: morphology.opening(mask, disk),
        "isotropic": lambda mask: morphology.isotropic_opening(mask, 3),
    }

    def job(path):
        image = tifffile.imread(path)
        mask = openings[opening](image > filters.threshold_otsu(image))
        labels = measure.label(mask, connectivity=2)
        table = measure.regionprops_table(labels, image, properties=PROPERTIES)
        return np.column_stack([table[name] for name in COLUMNS])

    return job


def by_hand_job():
    """As a careful user writes it by hand: no regionprops, a bincount per column."""
    import cv2
    from scipy import ndimage
    from skimage import filters, measure, morphology

    disk = morphology.disk(3, decomposition="crosses")

    def job(path):
        image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
        mask = morphology.binary_opening(image > filters.threshold_otsu(image), disk)
        labels, count = measure.label(mask, connectivity=2, return_num=True)
        at = np.flatnonzero(labels)
        which = labels.ravel()[at]
        y, x = np.divmod(at, labels.shape[1])
        area = np.bincount(which, minlength=count + 1)[1:]

        def mean(values):
            return np.bincount(which, weights=values, minlength=count + 1)[1:] / area

        boxes = np.array([(s[0].start, s[1].start, s[0].stop, s[1].stop)
                          for s in ndimage.find_objects(labels)]).reshape(-1, 4)
        return np.column_stack([np.arange(1, count + 1), area, boxes, mean(y), mean(x),
                                mean(image.ravel()[at])])

    return job


def opencv_job(read, means):
    """OpenCV's own TIFF reader is slower than tifffile on large frames, faster on small ones."""
    import cv2
    import tifffile

    cv2.setNumThreads(THREADS)
    y, x = np.mgrid[-3:4, -3:4]
    disk = (y * y + x * x <= 9).astype(np.uint8)
    readers = {"tifffile": tifffile.imread, "imread": lambda p: cv2.imread(p, cv2.IMREAD_UNCHANGED)}

    def job(path, level=None):
        image = readers[read](path)
        otsu = cv2.THRESH_OTSU if level is None else 0
        found, mask = cv2.threshold(image, level or 0, 1, cv2.THRESH_BINARY | otsu)
        job.levels.append(found)
        mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disk)
        count, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8)
        left, top, width, height, area = stats[1:].T
        return np.column_stack([np.arange(1, count), area, top, left, top + height, left + width,
                                centroids[1:, ::-1], means(labels, image, stats)])

    job.levels = []
    return job


def same_levels(job, tables):
    """OpenCV weighs in double, scikit-image (and we) in float: where two levels tie within 1e-7,
    they choose differently. After the time, such frames are done again at scikit-image's level, so
    that all tables can be compared. Returns how many, and the largest distance in grey levels."""
    import tifffile
    from skimage import filters

    wanted = [int(filters.threshold_otsu(tifffile.imread(path))) for path in FILES]
    distances = [abs(a - b) for a, b in zip(wanted, job.levels[-len(FILES):])]
    for i, distance in enumerate(distances):
        if distance:
            tables[i] = job(FILES[i], wanted[i])
    return sum(d > 0 for d in distances), max(distances)


def dask_image_job():
    """dask-image's own functions where it has them; it has no Otsu, and its find_objects needs
    a table library, so these two are scikit-image's and SciPy's."""
    import dask
    import dask.array as da
    import tifffile
    from dask_image import ndmeasure, ndmorph
    from scipy import ndimage
    from skimage import filters

    dask.config.set(scheduler="threads", num_workers=THREADS)
    y, x = np.mgrid[-3:4, -3:4]
    disk = y * y + x * x <= 9

    def job(path):
        pixels = tifffile.imread(path)
        level = filters.threshold_otsu(pixels)
        image = da.from_array(pixels, chunks=pixels.shape, name=False)
        mask = ndmorph.binary_erosion(image > level, disk, border_value=1)
        mask = ndmorph.binary_dilation(mask, disk)
        labels, count = dask.persist(*ndmeasure.label(mask, structure=np.ones((3, 3))))
        index = np.arange(1, int(count) + 1)
        area, mean, centre, labels = dask.compute(
            ndmeasure.area(image, labels, index), ndmeasure.mean(image, labels, index),
            ndmeasure.center_of_mass(da.ones_like(labels), labels, index), labels)
        boxes = np.array([(s[0].start, s[1].start, s[0].stop, s[1].stop)
                          for s in ndimage.find_objects(labels)]).reshape(-1, 4)
        return np.column_stack([index, area, boxes, centre, mean])

    return job


def dask_blocks_job():
    """scikit-image on dask: whole frames as delayed tasks, the way that scales best."""
    import dask

    dask.config.set(scheduler="threads", num_workers=THREADS)
    frame = skimage_job("crosses")
    return lambda paths: dask.compute(*[dask.delayed(frame)(path) for path in paths])


def peak_mb():
    """Of this program alone: getrusage would count the process that started it as well."""
    with open("/proc/self/status") as f:
        return int(next(line for line in f if line.startswith("VmHWM")).split()[1]) / 1024


def main():
    jobs = {
        "skimage-binary": lambda: skimage_job("binary"),
        "skimage-crosses": lambda: skimage_job("crosses"),
        "skimage-opening": lambda: skimage_job("opening"),
        "skimage-isotropic": lambda: skimage_job("isotropic"),
        "by-hand": by_hand_job,
        "opencv-tifffile": lambda: opencv_job("tifffile", means_by_boxes),
        "opencv-imread": lambda: opencv_job("imread", means_by_sums),
        "dask-image": dask_image_job,
        "dask-skimage": dask_blocks_job,
    }
    job = jobs[RIVAL]()
    many = RIVAL == "dask-skimage"
    job(FILES[:1] if many else FILES[0])
    print("ready", flush=True)
    sys.stdin.readline()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu, start = used.ru_utime + used.ru_stime, time.monotonic()
    tables = job(FILES) if many else [job(path) for path in FILES]
    end = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_SELF)
    ties = same_levels(job, tables) if RIVAL.startswith("opencv") else (0, 0)
    frames = [int(os.path.basename(path)[1:6]) for path in FILES]
    np.save(TABLE, np.concatenate([np.column_stack([np.full(len(t), f), t])
                                   for f, t in zip(frames, tables)]))
    print(json.dumps({"start": start, "end": end, "peak_mb": peak_mb(), "ties": ties,
                      "cpu_seconds": used.ru_utime + used.ru_stime - cpu}), flush=True)


main()
