"""The lesson as a script of another library: the red channel of each image, median, Otsu, opening,
labels, how many; one row an image. Also the mean of a folder of JPEGs.

    lesson_rival.py count skimage|opencv PROCESSES OUT.csv FILE...
    lesson_rival.py mean pillow PROCESSES OUT.npy FILE...

As a user would write it, and spread over processes. Prints one line of JSON: the peak memory.
"""

import json
import os
import sys
from multiprocessing import Pool

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

DISK = np.array([[x * x + y * y <= 9 for x in range(-3, 4)] for y in range(-3, 4)])


def count_by_skimage(path):
    from scipy import ndimage
    from skimage import filters, io, measure, morphology

    red = io.imread(path)[..., 0]
    smooth = ndimage.median_filter(red, size=3)
    mask = smooth > filters.threshold_otsu(smooth)
    return int(measure.label(morphology.binary_opening(mask, DISK)).max())


def count_by_opencv(path):
    import cv2

    cv2.setNumThreads(1)
    red = np.ascontiguousarray(cv2.imread(path)[..., 2])
    smooth = cv2.medianBlur(red, 3)
    _, mask = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, DISK.astype(np.uint8))
    return cv2.connectedComponents(opened)[0] - 1


def sum_by_pillow(paths):
    from PIL import Image

    return sum(np.asarray(Image.open(path)).astype(np.uint64) for path in paths)


def main():
    job, rival, processes, out, files = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:]
    with Pool(processes) as pool:
        if job == "mean":
            sums = pool.map(sum_by_pillow, [files[i::processes] for i in range(processes)])
            np.save(out, sum(sums) / len(files))
        else:
            count = {"skimage": count_by_skimage, "opencv": count_by_opencv}[rival]
            counts = pool.map(count, files, chunksize=8)
            with open(out, "w") as table:
                table.write("file,count\n")
                table.writelines(f"{os.path.basename(f)},{n}\n" for f, n in zip(files, counts))
    print(json.dumps({"images": len(files)}))


if __name__ == "__main__":
    main()
