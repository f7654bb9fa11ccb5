"""Many more of the files of test_drawn_files."""

import pytest

import support
from test_drawn_files import draws


@pytest.mark.parametrize("part", range(10))
def test_files_of_every_kind(tmp_path, part):
    draws(tmp_path, support.DRAWS, first=10_000 + part * 1000)
