"""Writes flow.json: labels and features of small images by dcnum.

Run: python3 make_flow.py > flow.json   (needs dcnum)

Images are made of a hash, so that only masks and results are stored:
  h(i) = splitmix64(i) >> 56; image[y, x] = 90 + h(64 y + x) % 64, background = 120 + (x + 2 y) % 5.
"""
import json

import dcnum
import numpy as np
import scipy.ndimage as ndi
from dcnum.feat import feat_brightness, feat_contour, feat_texture
from dcnum.segm.segm_thresh import SegmentThresh

PIXEL_UM = 0.34
OFFSET = -0.3795
DIGITS = ".123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def h(i):
    z = np.asarray(i, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(56)).astype(np.int64)


def object_images(height, width):
    y, x = np.mgrid[:height, :width]
    return ((90 + h(64 * y + x) % 64).astype(np.uint8),
            (120 + (x + 2 * y) % 5).astype(np.uint8))


def ellipse(height, width, cy, cx, ry, rx, angle=0.0):
    y, x = np.mgrid[:height, :width]
    c, s = np.cos(angle), np.sin(angle)
    u, v = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
    return (u / rx) ** 2 + (v / ry) ** 2 <= 1


def masks():
    rng = np.random.default_rng(11)
    square = np.zeros((6, 6), bool)
    square[2:4, 2:4] = True
    yield "square of 2x2", square
    for size in ((1, 9), (9, 1)):
        line = np.zeros((11, 11), bool)
        line[1:1 + size[0], 1:1 + size[1]] = True
        yield f"line of {size[1]}x{size[0]}", line
    yield "diagonal line", np.eye(13, dtype=bool)
    yield "disk", ellipse(24, 32, 11, 15, 8, 8)
    yield "ellipse", ellipse(24, 32, 12, 16, 5, 13)
    yield "turned ellipse", ellipse(24, 32, 12.3, 16.1, 4, 11, 0.5)
    ring = ellipse(24, 32, 12, 14, 10, 12) & ~ellipse(24, 32, 12, 14, 6, 7)
    yield "ring", ring
    yield "ring around a part", ring | ellipse(24, 32, 12, 14, 2, 3)
    yield "three parts", (ellipse(24, 32, 5, 6, 3, 4) | ellipse(24, 32, 8, 23, 4, 5)
                          | ellipse(24, 32, 18, 12, 2, 4))
    yield "at the edge", ellipse(24, 32, 2, 30, 9, 12)
    comb = np.zeros((12, 25), bool)
    comb[2, 2:23] = comb[2:10, 2:23:2] = True
    yield "comb", comb
    for k in range(14):
        noise = ndi.gaussian_filter(rng.normal(size=(20, 30)), 1.0 + 0.15 * k)
        labels, _ = ndi.label(noise > noise.std() * 0.4, structure=np.ones((3, 3)))
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        yield f"random {k}", labels == sizes.argmax()


def features(mask):
    image, background = object_images(*mask.shape)
    m = mask[np.newaxis]
    found = feat_contour.moments_based_features(m, pixel_size=PIXEL_UM, ret_contour=True)
    contour = found.pop("contour")
    if not found.pop("valid")[0]:
        return None
    found.update(feat_brightness.brightness_features(
        mask=m, image=image[np.newaxis], image_bg=background[np.newaxis], bg_off=OFFSET))
    found.update(feat_texture.haralick_texture_features(
        mask=m, image=image[np.newaxis], image_bg=background[np.newaxis]))
    found.update(feat_contour.volume_from_contours(
        contour=contour, pos_x=found["pos_x"], pos_y=found["pos_y"], pixel_size=PIXEL_UM))
    return {k: None if np.isnan(v[0]) else float(v[0]) for k, v in sorted(found.items())}


def rows(labels):
    return ["".join(DIGITS[v] for v in row) for row in labels]


def segment(seed, height, width, threshold, offset, **cleaning):
    y, x = np.mgrid[:height, :width]
    block = h(100000 * seed + 64 * (y // 5) + x // 6)
    image = (np.where(block % 4 == 0, 104, 118) + h(5000 + 100000 * seed + 64 * y + x) % 4).astype(np.uint8)
    background = (120 + (x + 2 * y) % 5).astype(np.uint8)
    mask = (image.astype(np.int16) - background) - offset < threshold
    labels, _ = ndi.label(mask, structure=np.ones((3, 3)))
    labels = SegmentThresh.process_labels(labels, **cleaning)
    return {"seed": seed, "threshold": threshold, "offset": offset,
            "clear_border": cleaning["clear_border"], "fill_holes": cleaning["fill_holes"],
            "open_radius": cleaning["closing_disk"], "labels": rows(labels)}


segments = []
for k in range(24):
    segments.append(segment(
        k, 20 + k % 5, 33 + 2 * (k % 4), -6.0 if k % 3 else -9.5, (k % 7 - 3) * 0.75,
        clear_border=k % 4 != 3, fill_holes=k % 3 != 2, closing_disk=(2, 0, 1, 3)[k // 2 % 4]))

print(json.dumps({
    "made_by": f"dcnum {dcnum.__version__}, numpy {np.__version__}",
    "pixel_um": PIXEL_UM, "offset": OFFSET,
    "objects": [{"name": n, "rows": rows(m.astype(int)), "features": features(m)}
                for n, m in masks()],
    "segments": segments,
}, separators=(",", ":")))
