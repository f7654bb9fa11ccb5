"""Peak memory of a process and everything it started: proportional shares, so that what processes
share is counted once."""

import os
import threading


def children_of(pid):
    """`pid` and its descendants that are alive."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as f:
                    waiting += map(int, f.read().split())
        except OSError:
            pass
    return found


def share_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


class PeakMemory:
    """Samples a process tree every 20 ms while the `with` block runs; `mib` is the peak."""

    def __init__(self, pid):
        self.pid, self.mib, self.over = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.wait(0.02):
            self.mib = max(self.mib, sum(map(share_kib, children_of(self.pid))) / 1024)
