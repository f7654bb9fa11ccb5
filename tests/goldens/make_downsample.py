"""Writes downsample.json: random volumes halved by tensorstore's downsample driver.

Run: python3 make_downsample.py > downsample.json   (needs numpy and tensorstore)
"""
import json
import sys
from importlib import metadata

import numpy as np
import tensorstore as ts

SHAPE = (3, 3, 7) if len(sys.argv) < 2 else tuple(map(int, sys.argv[1].split(",")))
FACTORS = {"plane": (1, 2, 2), "pair": (2, 2, 2)}
METHODS = {"mean": "mean", "mode": "mode", "nearest": "stride"}
rng = np.random.default_rng(4)


def draw(dtype):
    """Extremes, few values for ties and modes, many signs."""
    if dtype.kind == "f":
        return (rng.normal(size=SHAPE) * 10.0 ** rng.integers(-3, 4, SHAPE)).astype(dtype)
    limits = np.iinfo(dtype)
    wide = rng.integers(limits.min, limits.max, SHAPE, dtype=dtype, endpoint=True)
    few = rng.integers(max(limits.min, -3), 4, SHAPE).astype(dtype)
    return np.where(rng.random(SHAPE) < 0.3, wide, few)


def halve(volume, factors, method):
    array = ts.downsample(ts.array(volume), factors, method)
    return array.read().result().ravel().tolist()


def case(name):
    volume = draw(np.dtype(name))
    methods = {m: t for m, t in METHODS.items() if m != "mode" or volume.dtype.kind != "f"}
    return {"dtype": name, "shape": SHAPE, "volume": volume.ravel().tolist(),
            "halves": {f"{m}_{f}": halve(volume, FACTORS[f], t)
                       for m, t in methods.items() for f in FACTORS}}


names = [f"{kind}{bits}" for bits in (8, 16, 32, 64) for kind in ("uint", "int")]
print(json.dumps({
    "made_by": f"tensorstore {metadata.version('tensorstore')}, numpy {np.__version__}",
    "cases": [case(name) for name in names + ["float32", "float64"]],
}, separators=(",", ":")))
