"""Memory and disk beside the plan, of many drawn pipelines. PARFOCAL_FIRST_SEED draws others."""

import os
import tempfile

from drawn_bounds import faults

FIRST = int(os.environ.get("PARFOCAL_FIRST_SEED", "1000"))


def test_hundreds_of_drawn_pipelines_take_no_more_than_their_plans_state():
    found = []
    for seed in range(FIRST, FIRST + 400):
        with tempfile.TemporaryDirectory() as folder:
            found += faults(seed, folder)
    assert not found
