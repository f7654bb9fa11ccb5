"""Judges the drawer: makes single-line changes to engine and planner, one at a time, builds each in a
scratch worktree and draws until one pipeline fails. Each mutant has to die.

    python -m tests.drawn.mutants [--only NAME,...] [--draws 500] [--worktree DIR] [--jobs 2] [--ignore KINDS]

The worktree is of HEAD; its build folder stays, so that each mutant compiles a file or a few. The
first build compiles all (from ccache where that has it)."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIST = HERE / "mutants.json"


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.drawn.mutants", description=__doc__)
    parser.add_argument("--only", help="names of mutants, by comma")
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worktree", type=pathlib.Path, default=pathlib.Path("/tmp/drawn-mutants/w"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ignore", default="", help="kinds of failures, as memory,disk")
    parser.add_argument("--check", action="store_true", help="only say whether each has its place")
    return parser.parse_args()


def mutants(only=None):
    found = json.loads(LIST.read_text())
    return [m for m in found if not only or m["name"] in only.split(",")]


def mutated(text, mutant):
    """The file with the change, or None unless the old line is there exactly once."""
    return text.replace(mutant["old"], mutant["new"]) if text.count(mutant["old"]) == 1 else None


def prepare(folder):
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "worktree", "add", "--detach", folder], cwd=ROOT, check=True)
        shared = os.environ.get("PARFOCAL_SHARED_DIR", ROOT.parent / "shared")
        subprocess.run(["cmake", f"-DPARFOCAL_SHARED_DIR={shared}", "--preset", "release",
                        "-DPARFOCAL_TESTS=OFF"], cwd=folder, check=True)


def build(folder, jobs):
    line = ["nice", "ninja", "-C", "build/release", f"-j{jobs}", "parfocal_cli"]
    ran = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if ran.returncode:
        print(ran.stdout[-2000:])
    return ran.returncode == 0


def death(folder, options):
    """(draws it took, what failed), or None if it lives."""
    line = [sys.executable, "-m", "tests.drawn", "--draws", str(options.draws), "--seed",
            str(options.seed), "--stop", "--list", "--no-record", "--ignore", options.ignore]
    binary = folder / "build/release/bin/parfocal"
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, text=True,
                         env={**os.environ, "PARFOCAL": str(binary)})
    found = [text for text in ran.stdout.splitlines() if text.startswith("draw ")]
    if not found:
        return (0, ran.stderr.strip()[-200:]) if ran.returncode not in (0, 1) else None
    return int(found[0].split()[1].rstrip(",")), found[0]


def judge(mutant, options):
    path = options.worktree / mutant["file"]
    original = path.read_text()
    changed = mutated(original, mutant)
    if changed is None:
        return "has no place: its line is not there exactly once"
    path.write_text(changed)
    try:
        if not build(options.worktree, options.jobs):
            return "does not compile"
        began = time.monotonic()
        died = death(options.worktree, options)
        seconds = time.monotonic() - began
        return f"died at draw {died[0]} ({seconds:.0f} s): {died[1][:160]}" if died else f"LIVES ({seconds:.0f} s)"
    finally:
        path.write_text(original)


def main():
    options = arguments()
    listed = mutants(options.only)
    if options.check:
        for mutant in listed:
            there = mutated((ROOT / mutant["file"]).read_text(), mutant) is not None
            print(f"{mutant['name']}: {'ok' if there else 'NO PLACE'}")
        return
    prepare(options.worktree)
    alive = 0
    for mutant in listed:
        verdict = judge(mutant, options)
        alive += not verdict.startswith("died")
        print(f"{mutant['name']}: {verdict}", flush=True)
    print(f"{len(listed) - alive} of {len(listed)} mutants died")
    sys.exit(alive > 0)


if __name__ == "__main__":
    main()
