"""Pipelines that failed once, one a line of failed.jsonl: replayed first, ever after."""

import json
import pathlib

from .pipeline import Pipeline

FILE = pathlib.Path(__file__).with_name("failed.jsonl")


def kept():
    """[(kind, pipeline)]"""
    if not FILE.exists():
        return []
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines() if line]
    return [(entry["kind"], Pipeline(**entry["pipeline"])) for entry in lines]


def keep(verdict):
    entry = json.dumps({"kind": verdict.failures[0].kind, "pipeline": json.loads(verdict.pipeline.line())},
                       ensure_ascii=False)
    known = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    if entry not in known:
        with open(FILE, "a", encoding="utf-8") as file:
            file.write(entry + "\n")
