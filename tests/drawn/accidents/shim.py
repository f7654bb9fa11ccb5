"""What stands between the command and the disk: tests/crash/shim, found or compiled."""

import atexit
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass

from ..command import ROOT

SOURCE = ROOT / "tests/crash/shim/io_shim.cpp"
BUILT = ROOT / "build/release/lib/libio_shim.so"


def library():
    """PARFOCAL_IO_SHIM names it, or a build has made it, or it is compiled by one line into a folder that
    is removed."""
    given = os.environ.get("PARFOCAL_IO_SHIM")
    if given:
        return given
    if BUILT.exists() and all(BUILT.stat().st_mtime > file.stat().st_mtime for file in SOURCE.parent.iterdir()):
        return str(BUILT)
    folder = tempfile.mkdtemp(prefix="io-shim-")
    atexit.register(shutil.rmtree, folder, True)
    path = pathlib.Path(folder) / "libio_shim.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-std=c++20", str(SOURCE), "-ldl", "-o", str(path)],
                   check=True)
    return str(path)


@dataclass
class Counts:
    """What a command did to the files below a folder."""
    operations: int = 0
    writes: int = 0
    syncs: int = 0
    written: int = 0
    renames: int = 0

    @staticmethod
    def read(path):
        data = path.read_bytes() if path.exists() else b""
        return Counts(*struct.unpack("<5q", data)) if len(data) == 40 else Counts()


def environment(shim, root, count=None, **more):
    """`more`: SHIM_... without the SHIM_, as signals="20:9"."""
    found = {"LD_PRELOAD": shim, "SHIM_ROOT": str(root)}
    if count:
        found["SHIM_COUNT"] = str(count)
    return {**found, **{f"SHIM_{name.upper()}": str(value) for name, value in more.items()}}
