"""Converts a drawn input and tells what is wrong with the result, if anything is."""

import os
import pathlib
import subprocess

import numpy as np
import zarr

from . import mutations

UNITS = {"micrometer": 1, "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6,
         "angstrom": 1e-4, "picometer": 1e-6, "inch": 25400, "femtometer": 1e-9}
REFUSED, READ, GAPS = (2, 3, 4, 5, 8), (0,), (6, 7)


class Result:
    """What the command wrote: planes in order, which of them are there, axes and scales."""

    def __init__(self, folder):
        group = zarr.open_group(folder, mode="r")
        ome = dict(group.attrs)["ome"]
        if "bioformats2raw.layout" in ome:
            raise ValueError("a series")
        about = ome["multiscales"][0]
        self.axes = "".join(a["name"] for a in about["axes"])
        units = {a["name"]: a.get("unit") for a in about["axes"]}
        scale = about["datasets"][0]["coordinateTransformations"][0]["scale"]
        self.scale = dict(zip(self.axes, scale))
        self.scale_um = {a: s * UNITS[units[a]] for a, s in self.scale.items()
                         if units[a] in UNITS}
        self.second = {"second": 1, "millisecond": 1e-3, "minute": 60}.get(units.get("t"))
        self.pixels = group["0"][...]
        self.names = [c.get("label") for c in ome.get("omero", {}).get("channels", [])]
        self.frames = self.pixels.reshape(-1, *self.pixels.shape[-2:])
        self.valid = np.ones(len(self.frames), bool)
        if "frames/valid" in group:
            valid = group["frames/valid"][...].astype(bool)
            self.valid[:] = False
            self.valid[:len(valid)] = valid[:len(self.valid)]


def convert(case, out, command):
    line = [command, "convert", str(case.path), str(out), "--progress", "none", "--memory", "512MiB",
            "--threads", "2", *case.arguments]
    return subprocess.run(line, capture_output=True, text=True, errors="replace", timeout=120,
                          stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"})


def has_word(done):
    return any(line.startswith(("note", "warning", "error")) for line in done.stderr.splitlines())


def wrong(case, out, command):
    """A sentence, or "" where all is right; and what became of it: read, gaps, refused."""
    try:
        done = convert(case, out, command)
    except subprocess.TimeoutExpired:
        return "hangs", "hangs"
    code = done.returncode
    if code in REFUSED or (code == 1 and case.damaged):
        if "error:" not in done.stderr:
            return f"exit {code} without an error", "refused"
        if case.readable:
            return f"refused: {done.stderr[:400]}", "refused"
        return "", "refused"
    if code not in READ + GAPS:
        return f"exit {code}: {done.stderr[-400:]}", "failed"
    try:
        result = Result(pathlib.Path(out))
    except Exception as error:
        return f"exit {code} and the result cannot be read: {error!r}", "failed"
    judge = wrong_in_damaged if case.damaged else wrong_in_whole
    return judge(case, result, done), "gaps" if code in GAPS else "read"


def wrong_in_whole(case, result, done):
    truth, axes = case.truth, case.axes
    if axes:
        for axis in axes:  # of length 1, and left out
            if axis not in result.axes and truth.shape[axes.index(axis)] == 1:
                truth, axes = truth.squeeze(axes.index(axis)), axes.replace(axis, "")
        if axes != result.axes or truth.shape != result.pixels.shape:
            return f"axes {result.axes} {result.pixels.shape} of {axes} {truth.shape}"
    expected = truth.reshape(-1, *truth.shape[-2:])
    if expected.shape != result.frames.shape:
        return f"{result.frames.shape} of {expected.shape}"
    if done.returncode == 0 and not result.valid.all():
        return "frames are missing, exit 0"
    for i in np.flatnonzero(result.valid):
        if not np.array_equal(expected[i], result.frames[i], equal_nan=expected.dtype.kind == "f"):
            return f"plane {i} has other pixels"
    for axis, um in case.scale_um.items():
        if axis in result.axes and not np.isclose(result.scale_um.get(axis, 0), um, rtol=1e-5):
            return f"{axis}: {result.scale_um.get(axis)} um of {um} um"
    if case.step_s and "t" in result.axes and (
            not result.second or not np.isclose(result.scale["t"] * result.second, case.step_s)):
        return f"t: {result.scale['t']} of {case.step_s} s"
    if case.names and "c" in result.axes and result.names != case.names:
        return f"channels {result.names} of {case.names}"
    return ""


def same(a, b):
    return a is not None and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def wrong_in_damaged(case, result, done):
    """Each plane that counts is one of the input, in its order; fewer of them only with a word, and in the order of
    other axes, too. Pixels that are damaged are those that another reader sees."""
    whole, frames = case.frames(), result.frames
    others = mutations.other_reader(case)
    if any(same(planes, frames) for planes in [whole, *others]):
        return ""
    if whole.shape[1:] != frames.shape[1:] or whole.dtype != frames.dtype:
        return "" if has_word(done) else f"{frames.dtype} {frames.shape} of {whole.shape} without a word"
    damaged = [plane for planes in others[-1:] for plane in planes if not any(same(plane, one) for one in whole)]
    any_order = (has_word(done) or "source.axes" in case.how) and len(result.axes) > 3
    left = list(whole)
    for i in np.flatnonzero(result.valid):
        if found := [k for k, plane in enumerate(left) if same(plane, frames[i])]:
            left = left[:found[0]] + left[found[0] + 1:] if any_order else left[found[0] + 1:]
        elif not any(same(plane, frames[i]) for plane in damaged):
            return f"plane {i} is none of the input, or comes twice or too late"
    unseen = any(len(planes) == len(frames) for planes in others)  # nothing tells of the rest
    if len(np.flatnonzero(result.valid)) < len(whole) and not unseen and not has_word(done):
        return f"{len(frames)} of {len(whole)} planes without a word"
    return ""
