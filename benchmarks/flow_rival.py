"""One job of dcnum in a process of its own, for flow_compare.py.

    flow_rival.py JOB IN.rtdc OUT.rtdc PROCESSES

Prints `ready` when everything is imported and its worker processes have started, does the job when
it is told to go, and prints the seconds it took as JSON.
"""

import json
import sys
import time


def background(name, processes, **parameters):
    from dcnum.feat.feat_background import bg_roll_median, bg_sparse_median

    kind = {"sparse": bg_sparse_median.BackgroundSparseMed,
            "rolling": bg_roll_median.BackgroundRollMed}[name]
    work = kind(sys.argv[2], sys.argv[3], num_cpus=processes, **parameters)
    time.sleep(4)  # its workers import numpy meanwhile
    return work, work.process


def whole_job(processes):
    from dcnum import logic

    job = logic.DCNumPipelineJob(path_in=sys.argv[2], path_out=sys.argv[3], basin_strategy="tap",
                                 num_procs=processes)
    runner = logic.DCNumJobRunner(job=job)
    return runner, runner.run


def main():
    name, processes = sys.argv[1], int(sys.argv[4])
    if name == "job":
        work, run = whole_job(processes)
    elif name == "rolling":
        work, run = background(name, processes, kernel_size=100, batch_size=1000)
    else:
        work, run = background(name, processes)
    with work:
        print("ready", flush=True)
        sys.stdin.readline()
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
