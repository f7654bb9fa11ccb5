"""Turns the measurements of compare.py into benchmarks/RESULTS.md."""

import statistics

SKIMAGE_TARGET, OPENCV_TARGET = 15, 1.2
FUSED_US, QUEUES_US = 5, 25


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def quartile_range(values):
    if len(values) < 3:
        return values[-1] - values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return high - low


def best(rows, prefix, threads):
    """The fastest contender of that name whose table equals ours; None if no table does."""
    fitting = [c for c in rows if c.name.startswith(prefix) and c.threads == threads
               and not c.verdict]
    return min(fitting, key=lambda c: c.median("seconds"), default=None)


def count_rows(rows):
    for threads in (1, 2):
        ours = best(rows, "Parfocal", threads).median("seconds")
        chosen = [c for c in rows if c.threads == threads]
        for c in sorted(chosen, key=lambda c: c.median("seconds")):
            how = f"{c.processes} processes" if c.processes > 1 else f"{threads} thread" + "s" * (
                threads > 1)
            if c.verdict:
                yield [c.name, how, f"does not count: {c.verdict}", "", "", "", "", "", ""]
                continue
            wall = c.values("seconds")
            yield [f"**{c.name}**" if c.name == "Parfocal" else c.name, how,
                   f"{c.median('seconds'):.2f}", f"{wall[0]:.2f}", f"{quartile_range(wall):.2f}",
                   f"{c.median('cpu_seconds'):.2f}", f"{c.median('peak_mb'):.0f}",
                   f"{c.median('seconds') / ours:.2f}", f"{len(wall)} x {c.frames}"]


def verdict(measured, target, at_least=True):
    return "met" if (measured >= target if at_least else measured <= target) else "**missed**"


def claims(count, overhead):
    rows = []
    for r in count.values():
        for threads in (1, 2):
            ours = best(r["rows"], "Parfocal", threads)
            where = f"{r['side']} x {r['side']}, {threads} thread" + "s" * (threads > 1)
            for prefix, target in (("scikit-image", SKIMAGE_TARGET), ("OpenCV", OPENCV_TARGET),
                                   ("NumPy by hand", None)):
                rival = best(r["rows"], prefix, threads)
                factor = rival.median("seconds") / ours.median("seconds") if rival else 0
                least = rival.values("seconds")[0] / ours.values("seconds")[0] if rival else 0
                rows.append([f"count job beside the best {prefix}, {where}", 
                             f">= {target} x" if target else "",
                             f"{factor:.1f} x" if rival else "no rival's table agrees",
                             f"{least:.1f} x" if rival else "",
                             verdict(factor, target) if target else ""])
    for mode, target in (("fused", FUSED_US), ("queues", QUEUES_US)):
        for threads in (1, 2):
            costs = [r["cpu_us"] for r in overhead["rows"][5, mode, threads]]
            cost = statistics.median(costs)
            rows.append([f"five steps, {mode}, {threads} thread" + "s" * (threads > 1),
                         f"<= {target} us", f"{cost:.2f} us", f"{min(costs):.2f} us",
                         verdict(cost, target, False)])
    return table(["", "target", "medians", "least of each", ""], rows)


def count_section(r):
    head = (f"## {r['side']} x {r['side']}, {r['frames']} frames, {r['objects']} objects\n\n")
    header = ["", "processors", "ms/frame", "least", "IQR", "CPU ms/frame", "peak MiB", "x ours",
              "runs x frames"]
    return head + table(header, count_rows(r["rows"]))


def overhead_section(overhead):
    rows = []
    for (steps, mode, threads), runs in overhead["rows"].items():
        bare = statistics.median(r["cpu_us"] for r in overhead["rows"][0, "fused", threads])
        cpu = sorted(r["cpu_us"] for r in runs)
        name = f"{steps} steps, {mode}" if steps else "source and sink only"
        rows.append([name, str(threads), str(runs[0]["stages"]), f"{statistics.median(cpu):.2f}",
                     f"{cpu[0]:.2f}", f"{quartile_range(cpu):.2f}",
                     f"{(statistics.median(cpu) - bare) / steps:.2f}" if steps else "",
                     f"{statistics.median(r['wall_us'] for r in runs):.2f}",
                     f"{statistics.median(r['peak_mb'] for r in runs):.0f}"])
    return table(["", "threads", "stages", "CPU us/frame", "least", "IQR", "per step",
                  "wall us/frame", "peak MiB"], rows)


def kernel_section(kernels):
    rows = [[name, f"{ms:.2f}"] for name, ms in kernels.items()]
    return table(["kernel", "ms"], rows + [["sum", f"{sum(kernels.values()):.2f}"]])


def losses(count):
    found = []
    for r in count.values():
        ties = max((c.ties for c in r["rows"]), default=(0, 0))
        if ties[0]:
            found.append(f"- {r['side']} x {r['side']}: on {ties[0]} of {r['frames']} frames "
                         f"OpenCV's Otsu level is up to {ties[1]:.0f} grey level away. Two levels "
                         "tie there within 1e-7 of the variance; OpenCV weighs in double and is "
                         "right, scikit-image weighs in float, and we give scikit-image's numbers")
        for threads in (1, 2):
            ours = best(r["rows"], "Parfocal", threads)
            where = f"{r['side']} x {r['side']}, {threads} thread" + "s" * (threads > 1)
            found += [f"- {c.name} is faster than we are: {where}" for c in r["rows"]
                      if c.rival and c.threads == threads and not c.verdict
                      and c.median("seconds") < ours.median("seconds")]
            bare = best(r["rows"], "read()", threads)
            found.append(f"- {where}: the bare read of the files takes "
                         f"{100 * bare.median('seconds') / ours.median('seconds'):.0f} % of our "
                         "time; the rest is computing")
        one, two = (best(r["rows"], "Parfocal", n).median("seconds") for n in (1, 2))
        found.append(f"- {r['side']} x {r['side']}: two threads are {one / two:.2f} times as fast "
                     "as one")
    return "\n".join(found) + "\n"


def facts(about):
    """The first lines of a page: what was measured where, and whether it can be trusted."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    load = " and ".join(f"{about[key][0]:.2f}" for key in ("load_before", "load_after"))
    busy = ("\n**The machine was busy with other work during this run; trust the least times before "
            "the medians.**\n" if about["load_before"][0] > 0.5 else "")
    return f"""Written by `make bench`; do not edit. {about['date']}, commit {about['commit']},
{about['cpu']}, {about['cpus']} processors, load average {load} before and after. Python
{about['python']}, {versions}.
{busy}"""


def page(about, count, overhead, kernels, rounds):
    return f"""# Results

{facts(about)}
{claims(count, overhead)}
The best rival is the fastest of all its rows below with as many processors. "NumPy by hand" is
scikit-image's threshold, opening and labels, the table made without regionprops and the files read
by OpenCV: not scikit-image as one finds it, but what a careful user can make of it.

# The count job

Otsu's level, opening by disk(3), 8-connected labels, a table of area, bounding box, centroid and
mean intensity per object, written as CSV; from uncompressed 16-bit TIFF files in the page cache, a
movie of dividing nuclei from a fixed seed. Reading is included. Start-up is not: rivals import and
do one frame before their time starts (and do not write their table within it); ours is `run_plan`
from start to end, cold memory and closed files included, with frames.csv and run.json beside the
table.

Every row is the median of runs in processes of their own, {rounds} for most; one run of each per
round, the order rotating. A row counts only if its table equals ours: same number of objects,
areas and boxes, centroids and means within 1e-9 (labels too, except OpenCV's, which numbers in
another order). What does fewer frames takes them evenly from the whole movie. Processes share the
files evenly; their memory is summed, shared libraries counted for each. `read()` is the physical
limit: the bare read of the same files into one buffer.

{"".join(count_section(r) + chr(10) for r in count.values())}
dask-image builds a task for every object and property; it runs on the small frames only, since one
large frame took it 18 s when tried.

## Where our time goes

The kernels of the job on one frame of 2048 x 2048, one thread, in a warm cache; the rest of our
row above is reading, memory that is touched for the first time, and the cache that one frame's
33 MB of intermediate images do not fit.

{kernel_section(kernels)}
# Engine overhead

{overhead['frames']} frames of 64 x 64 uint16 from a source that fills them with one number,
through `add 1` steps (which really add) to a sink that looks at one pixel; frames.csv is written
as always. "fused": the steps share a stage. "queues": every edge is a queue
(`PlanOptions::fuse = false`). CPU time of the process from start to end of `run_plan`.

{overhead_section(overhead)}
# Where we lose, and how far we are from the limits

{losses(count)}"""
