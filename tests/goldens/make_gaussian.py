"""Writes gaussian.json: blurs of small images by scipy.ndimage.gaussian_filter in double.

Run: python3 make_gaussian.py > gaussian.json   (needs numpy and scipy)
"""
import json

import numpy as np
import scipy
from scipy.ndimage import gaussian_filter

rng = np.random.default_rng(20)
large = rng.integers(0, 65536, (29, 37)).astype(np.uint16)
small = rng.integers(0, 65536, (5, 3)).astype(np.uint16)


def case(image, sigma_y, sigma_x):
    blurred = gaussian_filter(image.astype(np.float64), (sigma_y, sigma_x), mode="reflect")
    height, width = image.shape
    return {
        "height": height, "width": width, "sigma_y": sigma_y, "sigma_x": sigma_x,
        "image": image.ravel().tolist(),
        "expected": [float(f"{v:.12g}") for v in blurred.ravel()],
    }


print(json.dumps({
    "made_by": f"scipy {scipy.__version__}, numpy {np.__version__}",
    "cases": [case(large, 0.5, 0.5), case(large, 1, 1), case(large, 2.5, 0),
              case(small, 6, 4)],
}, separators=(",", ":")))
