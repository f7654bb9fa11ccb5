"""What an oracle gives beside an array."""

from dataclasses import dataclass

import numpy as np

FAILS = "fails"  # the step has to fail on this item


@dataclass
class Within:
    value: np.ndarray
    tolerance: object   # absolute: a number, or an array of the same shape
    why: str = ""


def only_at(at, values, shape, item_shape):
    """Values of some pixels, by their places in `shape`; all others of the item may have any."""
    value, tolerance = np.zeros(shape, values.dtype), np.full(shape, np.inf)
    value[at], tolerance[at] = values, 0
    return Within(value.reshape(item_shape), tolerance.reshape(item_shape))
