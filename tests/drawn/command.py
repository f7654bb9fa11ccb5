"""The command under test: run in a folder, measured, never longer than a minute or two."""

import json
import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def binary():
    return os.environ.get("PARFOCAL", str(ROOT / "build/release/bin/parfocal"))


@dataclass
class Ran:
    """What a command did. `exit_code` is -N where signal N ended it."""
    arguments: list
    exit_code: int
    timed_out: bool
    peak_rss_bytes: int
    seconds: float
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    @property
    def line(self):
        return "parfocal " + " ".join(map(str, self.arguments))

    @property
    def last_words(self):
        """What it says where it fails, as JSON or as text."""
        try:
            issues = [f"{issue['what']} ({issue['where']})" for issue in self.json()["issues"]]
        except (ValueError, KeyError, TypeError):
            issues = []
        return "\n".join(issues or (self.stderr or self.stdout).strip().splitlines()[-6:])[:600]


class Command:
    """Starts the binary by way of one small process (launcher.py) that lives as long as this."""

    def __init__(self, timeout=60):
        self.timeout = timeout
        self.runs = 0
        self._server = subprocess.Popen(
            [sys.executable, "-S", "-E", str(HERE / "launcher.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def __call__(self, folder, *arguments, file_limit=0):
        """`file_limit`: bytes that no file may exceed, 0 = none."""
        folder = pathlib.Path(folder)
        logs = folder.parent  # never in the folder whose files are looked at
        out, err = logs / "stdout.txt", logs / "stderr.txt"
        job = {"command": [binary(), *map(str, arguments)], "cwd": str(folder), "stdout": str(out),
               "stderr": str(err), "timeout": self.timeout, "file_limit": file_limit}
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        self.runs += 1
        return Ran(list(map(str, arguments)), stdout=out.read_text(errors="replace"),
                   stderr=err.read_text(errors="replace"), **answer)

    def start_rss_bytes(self, folder):
        """Peak memory of a command that does nothing, now: it depends on how the system caches the program."""
        return self(folder, "--version").peak_rss_bytes

    def close(self):
        self._server.stdin.close()
        self._server.wait()
