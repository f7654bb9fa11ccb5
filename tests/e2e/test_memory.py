"""The plan states the peak memory and the run stays below it, on a movie ten times the budget."""

import json

import pytest

from big_movie import (LAYOUTS, MIB, Movie, check_memory, check_values, generated, memory_cgroup,
                       pipeline, run_measured, scratch_folder)

BUDGET = ("--memory", "32MiB", "--threads", "2")


@pytest.fixture(scope="module")
def movie():
    return Movie(frames=80, size=2048)  # 640 MiB


@pytest.fixture(scope="module")
def expected(movie):
    return movie.expected()


def plan_of(parfocal, *arguments):
    return json.loads(parfocal("plan", "p.yaml", "--json", *arguments).stdout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_peak_is_within_the_plan_and_the_values_are_right(layout, tmp_path, movie, expected):
    with scratch_folder() as folder:
        (tmp_path / "p.yaml").write_text(pipeline(movie.write(layout, folder)))
        check_memory(tmp_path, layout, "--memory", "64MiB", "--threads", "2")
    check_values(tmp_path, layout, *expected)


def test_the_plan_does_not_grow_with_the_number_of_frames(parfocal, tmp_path):
    """What a plan takes grows with its budget in steps of 0.7 MiB here, and the process that it
    counts is 0.3 MiB larger or smaller from one start to the next. So half a step is left free,
    for the same step to fit each time, and the smallest of a few starts is compared."""
    def peak(frames, memory, starts=4):
        (tmp_path / "p.yaml").write_text(pipeline(generated(frames, 1024, 1024)))
        options = ("--memory", str(memory), "--threads", "2")
        return min(plan_of(parfocal, *options)["peak_bytes"] for _ in range(starts))

    memory = peak(100, 32 * MIB, starts=1) + MIB * 35 // 100
    peaks = [peak(frames, memory) for frames in (100, 100_000)]
    assert abs(peaks[1] - peaks[0]) < 0.01 * peaks[0]


def test_the_suggestion_of_a_refused_plan_works(parfocal, tmp_path):
    (tmp_path / "p.yaml").write_text(pipeline(generated(6, 1024, 1024)))
    refused = parfocal("run", "p.yaml", "--memory", "1MiB", "--threads", "2", "--json", exit_code=5)
    (issue,) = json.loads(refused.stdout)["issues"]
    words = issue["cure"].split()
    suggested = words[words.index("--memory") + 1]
    plan = plan_of(parfocal, "--memory", suggested, "--threads", "2")
    peak, code, messages = run_measured(
        ["run", "p.yaml", "--memory", suggested, "--threads", "2"], tmp_path)
    assert code == 0, messages
    assert peak <= plan["peak_bytes"] <= plan["memory_bytes"]


def test_a_cgroup_of_the_plan_and_a_tenth_holds(parfocal, tmp_path):
    """Pages of the file cache count too, but the kernel can drop them."""
    slow = "  - {id: slow, op: delay, items: 2, busy_us: 5000}\n"
    (tmp_path / "p.yaml").write_text(pipeline(generated(80, 2048, 2048), slow))
    options = ("--memory", "80MiB", "--threads", "2")
    planned = plan_of(parfocal, *options)["peak_bytes"]
    with memory_cgroup(planned * 11 // 10) as group:
        if group is None:
            pytest.skip("no cgroup with a memory limit can be made here: needs root and a controller")
        peak, code, messages = run_measured(["run", "p.yaml", *options], tmp_path, cgroup=group)
    assert code == 0, messages
    assert peak <= planned


def test_a_slow_step_fills_the_queues_and_a_hard_limit_still_holds(parfocal, tmp_path):
    """RLIMIT_DATA bounds all writable private memory, resident or not: stricter than a cgroup,
    which would also count pages of the file cache that the kernel can drop."""
    slow = "  - {id: slow, op: delay, items: 2, busy_us: 5000}\n"
    (tmp_path / "p.yaml").write_text(pipeline(generated(80, 1024, 1024), slow))
    plan = plan_of(parfocal, *BUDGET)
    limit = plan["peak_bytes"] * 11 // 10
    peak, code, messages = run_measured(
        ["run", "p.yaml", *BUDGET], tmp_path, limit)
    assert code == 0, messages
    assert peak <= plan["peak_bytes"]
