"""python -m tests.drawn --draws 2000 --seed 1: draws so many pipelines and judges them."""

import argparse
import sys
import time

from . import failed
from .pipeline import Pipeline
from .session import KNOWN, Session, report


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.drawn", description=__doc__)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--seed", type=int, help="of the first draw; default: of the clock")
    parser.add_argument("--minutes", type=float, default=1e9, help="draw no longer than that")
    parser.add_argument("--ignore", default="", help="kinds of failures, as memory,disk")
    parser.add_argument("--stop", action="store_true", help="at the first failure")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--no-record", action="store_true", help="do not keep what fails in failed.jsonl")
    parser.add_argument("--replay", help="one pipeline, as a failure prints it")
    parser.add_argument("--keep", help="with --replay: folder in which everything stays")
    parser.add_argument("--list", action="store_true", help="one line for each failure, no pipelines")
    return parser.parse_args()


def replay(session, options):
    verdict = session.judge(Pipeline.of(options.replay), options.keep)
    print(report(verdict) if verdict.failures else f"nothing fails; refused: {verdict.refused}")
    return bool(verdict.failures)


def tell(session, verdict, options, number):
    if options.list:
        for kind in dict.fromkeys(failure.kind for failure in verdict.failures):
            first, *more = [f for f in verdict.failures if f.kind == kind]
            print(f"draw {number}, seed {verdict.pipeline.seed}: {first}"[:500].replace("\n", " | ")
                  + (f" (and {len(more)} more)" if more else ""), flush=True)
        return
    smallest = verdict if options.no_shrink else session.shrunk(verdict)
    print(f"--- draw {number} ---\n{report(smallest)}", flush=True)
    if not options.no_record:
        failed.keep(smallest)


def main():
    options = arguments()
    session = Session(KNOWN | set(options.ignore.split(",")))
    if options.replay:
        return replay(session, options)
    first = options.seed if options.seed is not None else int(time.time())
    print(f"seeds {first}..{first + options.draws - 1}", flush=True)
    began, bad = time.monotonic(), 0
    for number, seed in enumerate(range(first, first + options.draws), 1):
        verdict = session.attempt(seed)
        if verdict.failures:
            bad += 1
            tell(session, verdict, options, number)
            if options.stop:
                break
        if time.monotonic() - began > 60 * options.minutes:
            break
    print(session.coverage.text())
    print(f"{bad} of {session.coverage.trials} pipelines failed in {time.monotonic() - began:.0f} s")
    session.close()
    return bad > 0


sys.exit(main())
