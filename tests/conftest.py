"""What tests of the built command need: the command, and the reference images."""

import os
import pathlib
import signal
import subprocess

import pytest

# Steps that only tests use, as jitter and gap_at; the command refuses them otherwise.
os.environ.setdefault("PARFOCAL_TEST_PARTS", "1")

ROOT = pathlib.Path(__file__).resolve().parents[1]


def command():
    return os.environ.get("PARFOCAL", str(ROOT / "build/release/bin/parfocal"))


def default_signals():
    """A runner in the background may ignore SIGINT; the command must not inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(tmp_path):
    """Starts the command in an empty folder and returns the process."""

    def popen(*arguments, **options):
        return subprocess.Popen(
            [command(), *map(str, arguments)], cwd=tmp_path, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=default_signals, **options)

    return popen


@pytest.fixture
def parfocal(start):
    """Runs the command in an empty folder; returns the finished process, or fails the test."""

    def run(*arguments, exit_code=0, timeout=240, **options):
        process = start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == exit_code, f"exit {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a file system of so many bytes; skips where that is not allowed."""
    folder = tmp_path / "small"
    folder.mkdir()

    def mount(size):
        line = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(line, capture_output=True).returncode != 0:
            pytest.skip("may not mount a small file system")
        return folder

    yield mount
    subprocess.run(["umount", folder], capture_output=True)


@pytest.fixture
def shared_dir():
    """The folder of reference images and golden numbers."""
    folder = pathlib.Path(os.environ.get("PARFOCAL_SHARED_DIR", ROOT.parent / "shared"))
    assert folder.is_dir(), f"no reference images in {folder}; set PARFOCAL_SHARED_DIR"
    return folder
