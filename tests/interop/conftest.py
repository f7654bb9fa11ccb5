"""What every interop test needs: the command, and the reference images."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def parfocal(tmp_path):
    """Runs the command in an empty folder; returns the finished process, or fails the test."""
    command = os.environ.get("PARFOCAL", str(ROOT / "build/release/bin/parfocal"))

    def run(*arguments, exit_code=0):
        done = subprocess.run(
            [command, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == exit_code, done.stderr
        return done

    return run


@pytest.fixture
def shared_dir():
    """The folder of reference images and golden numbers."""
    folder = pathlib.Path(os.environ.get("PARFOCAL_SHARED_DIR", ROOT.parent / "shared"))
    assert folder.is_dir(), f"no reference images in {folder}; set PARFOCAL_SHARED_DIR"
    return folder
