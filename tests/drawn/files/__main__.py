"""Draws files, damages some, and judges what the command makes of them.

    python -m tests.drawn.files --draws 2000     # from the top folder; PARFOCAL names the command

Prints each failure with its seed, then how many of each layout were read, refused or in part gaps.
`--seed N --draws 1 --keep DIR` makes one again and leaves its files in DIR.
"""

import argparse
import collections
import logging
import os
import pathlib
import shutil
import sys
import tempfile
import warnings

import numpy as np

from . import judge, mutations, tiff_layouts, zarr_layouts


def draw(seed, folder):
    random = np.random.default_rng(seed)
    kind = random.choice(["tiff", "tiff", "zarr"])
    inside = folder / "in"
    inside.mkdir()
    case = (tiff_layouts if kind == "tiff" else zarr_layouts).draw(random, inside)
    if random.integers(3) == 0:
        damage = mutations.damage_tiff if kind == "tiff" else mutations.damage_zarr
        case = damage(random, case)
    return case


def judged(seed, command, keep=None):
    """(case, what is wrong or "", what became of it)"""
    folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="drawn-file-"))
    try:
        folder.mkdir(exist_ok=True)
        case = draw(seed, folder)
        return case, *judge.wrong(case, folder / "out.ome.zarr", command)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    logging.disable()  # what other readers say of damaged files
    warnings.simplefilter("ignore")
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--draws", type=int, default=100)
    options.add_argument("--keep")
    options = options.parse_args()
    command = os.environ.get("PARFOCAL", "parfocal")
    became, failures = collections.Counter(), 0
    for seed in range(options.seed, options.seed + options.draws):
        case, fault, what = judged(seed, command, options.keep)
        became[f"{case.how.split()[0].strip(',;')}{' damaged' * case.damaged}", what] += 1
        if fault:
            failures += 1
            print(f"seed {seed}: {case.how}\n    {fault}", flush=True)
    for (how, what), count in sorted(became.items()):
        print(f"{count:6} {how}: {what}")
    print(f"{options.draws - failures} passed, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
