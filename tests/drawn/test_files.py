"""Drawn files of other writers are read right, or refused by name."""

import logging
import os

import pytest

from tests.drawn.files.__main__ import judged

DRAWS, SEED = 60, 20_000


@pytest.mark.filterwarnings("ignore")
def test_drawn_files_are_read_right_or_refused():
    logging.disable()  # what other readers say of damaged files
    command = os.environ.get("PARFOCAL", "parfocal")
    faults = []
    for seed in range(SEED, SEED + DRAWS):
        case, fault, _ = judged(seed, command)
        if fault:
            faults.append(f"seed {seed}: {case.how}\n    {fault}")
    logging.disable(logging.NOTSET)
    assert not faults, "\n" + "\n".join(faults)
