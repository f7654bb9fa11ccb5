"""launch_measured.py LIMIT CGROUP COMMAND...: runs the command and adds two lines to stderr, its peak
resident bytes and its exit code. A process of its own, because the kernel counts the memory of the
process that forks, and a test runner is larger than the command. LIMIT bounds RLIMIT_DATA, 0 = not;
the command runs in CGROUP unless that is empty."""

import os
import resource
import sys

limit, cgroup, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
pid = os.fork()
if pid == 0:
    if limit:
        # The virtual size of all writable private memory. Stacks count whole, so they are small.
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 19, 1 << 19))
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    if cgroup:
        with open(os.path.join(cgroup, "cgroup.procs"), "w") as procs:
            procs.write(str(os.getpid()))
    os.execv(command[0], command)
_, status, usage = os.wait4(pid, 0)
sys.stderr.write(f"\n{usage.ru_maxrss * 1024}\n{os.waitstatus_to_exitcode(status)}\n")
