"""Time of commands on inputs of 10 to 10,000 entries grows no faster than the input. Run by name, on a machine
with nothing else to do: CPU seconds of the command, the best of three, less those of a command that does nothing."""

import os
import shutil
import signal
import subprocess

import pytest

from ..command import binary
from . import large_inputs

SIZES = (10, 100, 1_000, 10_000)
MOST_GROWTH = 14   # from 1,000 to 10,000 entries
NOTICED_S = 0.05   # less than that is not told from the start
LIMIT_S = 300


def cpu_seconds(words, folder):
    """Of one command, and its exit code."""
    process = subprocess.Popen([binary(), *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.alarm(LIMIT_S))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, process.returncode


def best(words, folder, times=3):
    """Of so many times, as long as that takes no longer than some seconds."""
    seconds = []
    while len(seconds) < times and sum(seconds) < 8:
        seconds.append(timed(words, folder))
    return min(seconds)


def timed(words, folder):
    for name in ("o", "c.ome.zarr"):
        shutil.rmtree(folder / name, ignore_errors=True)
    seconds, code = cpu_seconds(words, folder)
    assert code >= 0, f"signal {-code}: parfocal {' '.join(words)}"
    return seconds


@pytest.fixture(scope="module")
def start_seconds(tmp_path_factory):
    return best(["--version"], tmp_path_factory.mktemp("start"), 5)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """{kind: {n: (folder, {command: words})}}, each made when it is asked for."""
    made = {}

    def folder(kind, n):
        if (kind, n) not in made:
            path = tmp_path_factory.mktemp(f"{kind.__name__}{n}")
            made[kind, n] = path, kind(path, n)
        return made[kind, n]
    return folder


CASES = [(kind, command) for kind in large_inputs.KINDS for command in ("info", "info --validate", "check", "plan", "run", "convert")]


@pytest.mark.parametrize("kind, command", CASES, ids=lambda value: getattr(value, "__name__", value))
def test_time_grows_no_faster_than_the_input(folders, start_seconds, kind, command):
    if command not in folders(kind, SIZES[0])[1]:
        pytest.skip("opens nothing of this kind")
    seconds = {}
    for n in SIZES:
        folder, commands = folders(kind, n)
        seconds[n] = best([*command.split(), *commands[command]], folder) - start_seconds
    print(f"{kind.__name__}, {command}: " + ", ".join(f"{n}: {s:.3f} s" for n, s in seconds.items()))
    if seconds[10_000] > NOTICED_S:
        assert seconds[10_000] / max(seconds[1_000], NOTICED_S / 10) <= MOST_GROWTH, seconds


def test_a_plate_of_4000_wells_opens_in_two_seconds(tmp_path, start_seconds):
    commands = large_inputs.wells(tmp_path, 4_000)
    for command in ("info", "info --validate", "plan"):
        assert best([*command.split(), *commands[command]], tmp_path) < 2, command
