"""Files drawn at random: our frames, times and attributes are h5py's and dcnum's, or a refusal says why."""

import json
import subprocess

import h5py
import numpy as np
import pytest
from conftest import command

import drawn_files
import support

PIPELINE = """\
parfocal: 1
source: {type: rtdc, path: in.rtdc}
sinks:
  - {type: rtdc, from: source, path: out.rtdc}
"""


def run(folder, *words):
    return subprocess.run([command(), *words], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


def expect_equal(folder, rng):
    images, times, must, attributes = drawn_files.draw(rng, folder / "in.rtdc")
    (folder / "p.yaml").write_text(PIPELINE)
    done = run(folder, "run", "p.yaml")
    if done.returncode != 0:
        assert 0 < done.returncode < 128 and not must, done.stderr
        assert "in.rtdc" in done.stderr and "error" in done.stderr, done.stderr
        return
    with h5py.File(folder / "p-out" / "out.rtdc") as h5:
        np.testing.assert_array_equal(h5["events/image"][:], images)
        assert h5["events/image"].dtype == images.dtype.newbyteorder("=")
        expected = times()
        if expected is not None:
            np.testing.assert_array_equal(h5["events/time"][:], expected)
    facts = json.loads(run(folder, "info", "in.rtdc", "--json").stdout)["items"][0]
    for name, told in facts["attributes"].items():
        expect_attribute(told, attributes[name], name)


def expect_attribute(told, value, name):
    if isinstance(value, np.ndarray):
        assert value.size == 1, name
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode()
    assert told == value, name


def draws(folder, count, first=0):
    for draw in range(first, first + count):
        place = folder / str(draw)
        place.mkdir()
        expect_equal(place, support.drawn(draw, "files"))


@pytest.mark.parametrize("part", range(4))
def test_files_of_every_kind(tmp_path, part):
    draws(tmp_path, max(1, support.DRAWS // 20), first=part * 1000)
