"""One command under an accident: it can be stopped at an operation, limited, cut from its terminal."""

import fcntl
import os
import resource
import signal
import subprocess
import threading
from dataclasses import dataclass, field

from ..command import binary

LIMIT_S = 60
NAMES = {"v": resource.RLIMIT_AS, "u": resource.RLIMIT_NPROC, "n": resource.RLIMIT_NOFILE,
         "f": resource.RLIMIT_FSIZE}
NOBODY = 61234  # who has no process but this one: the system's limit of them does not bind root


@dataclass
class Setting:
    """Under what it is started. `closed`: of 0, 1, 2; `full`: 1 and 2 lead to a full disk;
    `piped`: their readers can go away."""
    environment: dict = field(default_factory=dict)
    closed: tuple = ()
    full: tuple = ()
    piped: bool = False
    limits: dict = field(default_factory=dict)


class Process:
    def __init__(self, words, cwd, logs, setting=Setting()):
        self.words, self.logs, self.timed_out = list(map(str, words)), logs, False
        self.code = None
        out, err = open(logs / "stdout.txt", "wb"), open(logs / "stderr.txt", "wb")
        if setting.piped:
            out, err = subprocess.PIPE, subprocess.PIPE
        self._popen = subprocess.Popen(
            [binary(), *self.words], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={**os.environ, **setting.environment}, preexec_fn=lambda: prepare(setting))
        self.pid = self._popen.pid
        for file in (out, err):
            if not setting.piped:
                file.close()
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe:  # nobody reads them until they are closed
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
        self._timer = threading.Timer(LIMIT_S, self._late)
        self._timer.start()

    def _late(self):
        self.timed_out = True
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """Until it ends or is stopped; True if stopped."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return True
        self._timer.cancel()
        self.code = self._popen.returncode = os.waitstatus_to_exitcode(status)
        self.close_readers()
        return False

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def kill(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            while self.wait():
                pass

    def close_readers(self):
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe:
                pipe.close()

    def finish(self):
        while self.wait():
            self.go_on()
        return self.code

    @property
    def line(self):
        return "parfocal " + " ".join(self.words)

    def text(self, name="stderr"):
        path = self.logs / f"{name}.txt"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def last_words(self):
        return " | ".join((self.text() or self.text("stdout")).strip().splitlines()[-6:])[:400]


def prepare(setting):
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for fd in setting.full:
        os.dup2(os.open("/dev/full", os.O_WRONLY), fd)
    for name, value in setting.limits.items():
        resource.setrlimit(NAMES[name], (value, value))
    if "u" in setting.limits and os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    for fd in setting.closed:
        os.close(fd)
