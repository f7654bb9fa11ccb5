"""One drawn input: where it lies, what it holds, and what has to come out of it."""

import dataclasses
import pathlib

import numpy as np

ORDER = "tpczyx"  # of axes in every result


@dataclasses.dataclass
class Case:
    path: pathlib.Path            # what the command is given
    axes: str                     # of `truth`, in the order ORDER
    truth: np.ndarray
    how: str                      # who wrote it and how, for people
    arguments: list = dataclasses.field(default_factory=list)  # of `parfocal convert`
    scale_um: dict = dataclasses.field(default_factory=dict)   # axis -> micrometres, where told
    step_s: float = 0             # between two t, where told
    names: list = None            # of channels, where told
    readable: bool = False        # refusing it is a failure
    damaged: bool = False         # what is right is what another reader says of it

    def frames(self):
        """The planes, in order."""
        return self.truth.reshape(-1, *self.truth.shape[-2:])


def coordinates(shape, dtype):
    """Pixels that tell where they stand: in no two planes of a case the same."""
    dtype = np.dtype(dtype)
    planes = int(np.prod(shape[:-2], dtype=np.int64))
    plane, y, x = np.meshgrid(np.arange(planes), *map(np.arange, shape[-2:]), indexing="ij")
    value = plane * 31 + y * 7 + x + 1
    if dtype == bool:
        value = (plane >> (x % 6) & 1) ^ (x == 6)
    return value.astype(dtype).reshape(shape)


def draw_shape(random, axes, most=4):
    """Small and odd; no two axes of one case are likely to be of one length."""
    sizes = {a: int(random.integers(1, most + 1)) for a in axes}
    sizes["y"], sizes["x"] = int(random.integers(1, 24)), int(random.integers(7, 40))
    return tuple(sizes[a] for a in axes)


def moved(array, axes, to):
    """`array` with its axes in the order `to`."""
    return np.ascontiguousarray(np.transpose(array, [axes.index(a) for a in to]))
