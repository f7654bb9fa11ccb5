"""python -m tests.drawn.accidents --draws 1000 --seed 1: draws pipelines and what befalls them."""

import argparse
import collections
import sys
import time

from .session import AccidentSession
from .accident import DRAWS


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.drawn.accidents", description=__doc__)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--seed", type=int, help="of the first draw; default: of the clock")
    parser.add_argument("--minutes", type=float, default=1e9, help="draw no longer than that")
    parser.add_argument("--only", choices=list(DRAWS), help="this kind of accident")
    parser.add_argument("--list", action="store_true", help="one line for each failure, no pipelines")
    parser.add_argument("--verbose", action="store_true", help="a line for each draw")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one draw again, with --only if it was drawn so")
    parser.add_argument("--keep", help="with --replay: folder in which everything stays")
    return parser.parse_args()


def main():
    options = arguments()
    session = AccidentSession()
    first = options.seed if options.seed is not None else int(time.time())
    if options.replay is not None:
        first, options.draws = options.replay, 1
    print(f"seeds {first}..{first + options.draws - 1}", flush=True)
    began, met, bad = time.monotonic(), collections.Counter(), collections.Counter()
    for number, seed in enumerate(range(first, first + options.draws), 1):
        verdict = session.attempt(seed, options.only, options.keep)
        met[verdict.accident.kind] += 1
        if options.verbose:
            print(verdict.line(), flush=True)
        if verdict.failures:
            bad[verdict.accident.kind] += 1
            print(f"draw {number}: {verdict.line()}" if options.list else f"--- draw {number} ---\n{verdict.text()}", flush=True)
        if time.monotonic() - began > 60 * options.minutes:
            break
    session.close()
    print("accidents: " + ", ".join(f"{kind} {count}" for kind, count in met.most_common()))
    print(f"{sum(bad.values())} of {sum(met.values())} draws failed in {time.monotonic() - began:.0f} s"
          + "".join(f", {kind} {count}" for kind, count in bad.most_common()))
    return bool(bad)


sys.exit(main())
