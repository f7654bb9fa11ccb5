"""Turns the measurements of store_compare.py into benchmarks/RESULTS-store.md."""

import statistics

import report
from report import table, verdict

RIVAL, RAW = "acquire-zarr", "raw, direct"
RSS_TARGET, DURABLE_TARGET = 0.5, 1
SMALL_THINGS = 4 << 20  # stacks of threads, and code that is touched for the first time


def to_close(run):
    return run["seconds_append"] + run["seconds_close"]


def gigabytes(run):
    return run["bytes"] / to_close(run) / 1e9


def row_of(rows, name):
    return next((row for row in rows if row.name == name and not row.differs), None)


def seconds_ratio(slow, fast):
    """How many times as fast: by the medians, and by the least times."""
    return (slow.median(to_close) / fast.median(to_close),
            min(map(to_close, slow.runs)) / min(map(to_close, fast.runs)))


def claim(what, target, unit, ratios, at_least=True):
    sign = ">=" if at_least else "<="
    measured, least = (f"{ratio:.2f} {unit}" if unit == "x" else f"{ratio:.0%}"
                       for ratio in ratios)
    wanted = f"{sign} {target} x" if unit == "x" else f"{sign} {target:.0%}"
    return [what, wanted, measured, least, verdict(ratios[0], target, at_least)]


def claims_of(case, rows):
    rival, raw = row_of(rows, RIVAL), row_of(rows, RAW)
    own, durable = row_of(rows, "Parfocal, kernel"), row_of(rows, "Parfocal, durable")
    if own and rival and case.speed:
        yield claim(f"{case.title}: as fast as acquire-zarr", case.speed, "x",
                    seconds_ratio(rival, own))
    if own and raw and case.of_raw:
        yield claim(f"{case.title}: of the raw limit", case.of_raw, "%", seconds_ratio(raw, own))
    if durable and rival and not case.rate:
        yield claim(f"{case.title}: durable, as fast as acquire-zarr's queued", DURABLE_TARGET, "x",
                    seconds_ratio(rival, durable))
    if own and rival:
        peaks = [[run["peak_rss_bytes"] for run in row.runs] for row in (own, rival)]
        shares = [how(peaks[0]) / how(peaks[1]) for how in (statistics.median, min)]
        yield claim(f"{case.title}: peak memory of acquire-zarr's", RSS_TARGET, "%", shares, False)


def stated_claim(done):
    """Of all cases and runs of ours, the most memory that was taken of what was stated before."""
    shares = [(run["peak_rss_bytes"] - run["base_rss_bytes"]) / (run["stated_bytes"] + SMALL_THINGS)
              for _, rows in done for row in rows if row.name.startswith("Parfocal")
              for run in row.runs]
    if shares:
        yield claim("most memory taken in any run, of what was stated before it", 1, "%",
                    [max(shares), min(shares)], False)


def claims(done):
    rows = [line for case, found in done for line in claims_of(case, found)]
    rows += stated_claim(done)
    if not rows:
        return "Our own writer was not measured in this run.\n"
    return table(["", "target", "medians", "least of each", ""], rows)


def layout(case):
    def sides(name, sizes):
        return f"{name} {' x '.join(map(str, sizes))}"

    words = [f"{case.frames} frames of {case.side} x {case.side}, {case.bytes / 2**30:g} GiB",
             sides("chunks", case.chunk), sides("shards", case.shard)]
    words.append(f"codec {case.codec}, {case.data} pixels")
    if case.levels > 1:
        words.append(f"{case.levels} levels (the raw rows write the first only)")
    return ", ".join(words) + "."


def measured(row, rival):
    times = sorted(map(to_close, row.runs))
    base = row.runs[0].get("base_rss_bytes")
    ratio = f"{seconds_ratio(rival, row)[0]:.2f}" if rival else ""

    def milliseconds(key):
        return f"{row.median(lambda run: run['latencies_ms'][key]):.2f}"

    mebibytes = row.median(lambda run: run["peak_rss_bytes"]) / 2**20
    return [f"**{row.name}**" if row.name.startswith("Parfocal") else row.name,
            f"{row.median(gigabytes):.2f}", f"{max(map(gigabytes, row.runs)):.2f}",
            f"{row.median(lambda run: run['seconds_append']):.2f}",
            f"{statistics.median(times):.2f}", *map(milliseconds, ("p50", "p99", "p999", "max")),
            f"{mebibytes:.0f}", f"{base / 2**20:.0f}" if base else "",
            f"{row.median(lambda run: run['cpu_seconds']):.2f}", f"{row.disk_bytes / 2**20:.0f}",
            row.codecs, ratio]


HEADER = ["", "GB/s", "best", "s to append", "s to close", "p50 ms", "p99", "p99.9", "max",
          "peak MiB", "before", "CPU s", "MiB on disk", "codec as stored", "x acquire-zarr"]


def section(case, rows):
    lines = []
    for row in rows:
        if row.differs:
            lines.append([row.name, f"does not count: {row.differs}"] + [""] * (len(HEADER) - 2))
        else:
            lines.append(measured(row, row_of(rows, RIVAL)))
    return f"## {case.title}\n\n{layout(case)}\n\n{table(HEADER, lines)}\n"


def page(about, done, rounds, warm_bytes):
    warm = sorted(row.warm_seconds for _, rows in done for row in rows)
    plural = "s" * (rounds > 1)
    return f"""# Results: writing Zarr while frames come

{report.facts(about)}
{claims(done)}
- **Time** goes from the creation of the store to the return of its close; GB/s are bytes of pixels
  by that time, the median of {rounds} run{plural}. "best" is the best run. Contenders run in turn,
  each in a process of its own; imports and reading the frames to memory come before.
- **Same for all**: the same frames from memory ({about['ring_frames']} of them, again and again),
  the same chunks and shards, blosc at level 1 with byte shuffle where compressed, as many threads
  as each library takes by itself. What each wrote was read back and is equal pixel by pixel.
- **Not the same**: what is on the disk at the end. acquire-zarr syncs every full shard, but no
  folder; tensorstore syncs every file and folder; we at `kernel` and `durable` as docs/store.md
  tells. The raw rows end with fdatasync. No cache was dropped and there is no sync after close.
  "raw, direct" (O_DIRECT, from huge pages, into one preallocated file, as many frames under way as
  our writer has threads) is the raw limit; "durable" waits for the disk in each of them; "buffered"
  goes through the page cache.
- **Acknowledged** is what append has returned for. acquire-zarr holds it in memory then, where a
  killed process loses it; so does tensorstore, which copies the frame into the slab it will write.
  tensorstore knows the number of frames before the start and gets whole shards along t.
- **Latencies** are those of append; at a fixed rate, from when the frame was due to its return.
- **Memory** is the peak of the process; "before" is what it held before the store was created:
  frames, interpreter and libraries. Each run comes after {warm_bytes / 2**30:g} GiB of memory were
  touched and given back, which took {warm[0]:.2f} to {warm[-1]:.2f} s: on a virtual machine that
  returns free memory to its host, the first use of memory is slow, and who uses more pays more.
- **CPU** is user and system time of the process during the measured time.

{"".join(section(case, rows) for case, rows in done)}"""
