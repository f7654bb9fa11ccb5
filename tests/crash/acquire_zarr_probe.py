"""Writes numbered frames by acquire-zarr and keeps a receipt of each that was acknowledged.

    acquire_zarr_probe.py CASE_JSON OUT

OUT.receipts holds one u64, little-endian, for each frame whose `append` has returned; it is written
after that. What it holds survives the death of this process, since write(2) has taken it.
"""

import json
import os
import pathlib
import struct
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from numbered import numbered_frame  # noqa: E402
from store_cases import Case  # noqa: E402
from store_rival import AcquireZarr  # noqa: E402


def main():
    case, out = Case(**json.loads(sys.argv[1])), sys.argv[2]
    receipts = os.open(out + ".receipts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = AcquireZarr(case, out)
    writer.open()
    start = time.monotonic()
    for number in range(case.frames):
        if case.rate:
            time.sleep(max(0, start + number / case.rate - time.monotonic()))
        writer.append(number, numbered_frame(number, case.side))
        os.write(receipts, struct.pack("<Q", number))
    writer.close()


if __name__ == "__main__":
    main()
