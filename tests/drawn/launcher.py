"""Starts commands and measures them, from a process smaller than any of them: the kernel counts the
memory of the process that forks as memory of the command. One line of JSON in, one line out."""

import json
import os
import resource
import signal
import sys
import time


def start(job):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(job["cwd"])
        for fd, name in ((1, job["stdout"]), (2, job["stderr"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), fd)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if job["file_limit"]:  # as on a full disk: writing fails, and no signal tells of it
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_limit"],) * 2)
        os.execv(job["command"][0], job["command"])
    finally:
        os._exit(127)


def stop_late(pid, seconds):
    """Kills the command when its time is over; True if that was needed."""
    def late(*_):
        os.killpg(pid, signal.SIGKILL)
        stop_late.fired = True

    stop_late.fired = False
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def main():
    for line in sys.stdin:
        job = json.loads(line)
        began = time.monotonic()
        pid = start(job)
        stop_late(pid, job["timeout"])
        _, status, usage = os.wait4(pid, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps({
            "exit_code": os.waitstatus_to_exitcode(status),
            "timed_out": stop_late.fired,
            "peak_rss_bytes": usage.ru_maxrss * 1024,
            "seconds": time.monotonic() - began,
        }), flush=True)


main()
