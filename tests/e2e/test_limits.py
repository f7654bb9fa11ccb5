"""Under limits of the system a run ends with a reason, counts that add up and readable outputs."""

import json
import resource
import shutil
import subprocess

import pytest

from conftest import command

SINKS = {
    "ome_zarr": "{{type: ome_zarr, from: {step}, path: {step}.ome.zarr, codec: none}}",
    "lz4": "{{type: ome_zarr, from: {step}, path: {step}.ome.zarr, codec: lz4}}",
    "zstd_blosc": "{{type: ome_zarr, from: {step}, path: {step}.ome.zarr, codec: zstd_blosc}}",
    "zstd": "{{type: ome_zarr, from: {step}, path: {step}.ome.zarr, codec: zstd}}",
    "ome_tiff": "{{type: ome_tiff, from: {step}, path: {step}.ome.tif}}",
    "deflate": "{{type: ome_tiff, from: {step}, path: {step}.ome.tif, compression: deflate}}",
    "rtdc": "{{type: rtdc, from: {step}, path: {step}.rtdc}}",
}
CLEAR = (0, 1, 4, 5)


def pipeline(sink, step="source"):
    source = "{type: generator, kind: noise, size: {t: 40, y: 200, x: 320}, dtype: uint8}"
    return (f"parfocal: 1\nsource: {source}\nsteps:\n"
            "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
            "sinks:\n  - " + SINKS[sink].format(step=step) + "\n"
            "  - {type: ome_zarr, from: m, path: m.ome.zarr, codec: none}\n")


def run_limited(folder, limits):
    def limit():
        for name, value in limits.items():
            resource.setrlimit(name, (value, value))

    return subprocess.run(
        [command(), "run", "p.yaml", "--memory", "200MiB", "--threads", "2", "--overwrite",
         "--progress", "none"], cwd=folder, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, preexec_fn=limit)


def check(folder, done):
    """No crash; a reason; and what run.json counts adds up."""
    assert done.returncode in CLEAR, (done.returncode, done.stderr)
    assert "terminate" not in done.stderr
    if done.returncode != 0:
        assert "error" in done.stderr or "failed" in done.stderr, done.stderr
    path = folder / "p-out" / "run.json"
    if path.exists() and path.stat().st_size:
        record = json.loads(path.read_text())
        for edge in record.get("edges", []):
            assert edge["received"] + edge["missing"] == edge["expected"], edge
        if done.returncode == 0:
            assert record["status"] == "complete"


@pytest.mark.parametrize("sink", SINKS)
def test_little_address_space(sink, tmp_path):
    (tmp_path / "p.yaml").write_text(pipeline(sink))
    codes = set()
    for mib in (90, 130, 180, 4000):
        shutil.rmtree(tmp_path / "p-out", ignore_errors=True)
        done = run_limited(tmp_path, {resource.RLIMIT_AS: mib << 20})
        if "loading shared libraries" in done.stderr or done.returncode == 127:
            continue  # the program itself does not start
        check(tmp_path, done)
        codes.add(done.returncode)
    assert 0 in codes, codes


def test_chunks_that_are_not_stored_are_fill_with_little_address_space_too(tmp_path):
    (tmp_path / "p.yaml").write_text(pipeline("ome_zarr").replace("codec: none", "codec: none, shard: none"))
    assert run_limited(tmp_path, {}).returncode == 0
    shutil.move(tmp_path / "p-out/source.ome.zarr", tmp_path / "in.ome.zarr")
    shutil.rmtree(tmp_path / "in.ome.zarr/frames", ignore_errors=True)  # every frame counts
    for t in range(0, 40, 3):
        (tmp_path / f"in.ome.zarr/0/c/{t}/0/0").unlink()
    (tmp_path / "p.yaml").write_text(
        "parfocal: 1\non_error: skip\nsource: {type: ome_zarr, path: in.ome.zarr}\n"
        "sinks:\n  - {type: ome_zarr, from: source, path: a.ome.zarr}\n")
    read = 0
    for mib in range(100, 300, 20):
        done = run_limited(tmp_path, {resource.RLIMIT_AS: mib << 20})
        read += done.returncode == 0
        assert done.returncode in CLEAR or "loading shared libraries" in done.stderr, done.stderr
    assert read > 0


@pytest.mark.parametrize("sink", SINKS)
def test_few_open_files(sink, tmp_path):
    (tmp_path / "p.yaml").write_text(pipeline(sink))
    for files in (4, 8, 16):
        shutil.rmtree(tmp_path / "p-out", ignore_errors=True)
        done = run_limited(tmp_path, {resource.RLIMIT_NOFILE: files})
        if "loading shared libraries" in done.stderr:
            continue
        check(tmp_path, done)


def test_the_budget_without_proc_is_that_of_a_machine(tmp_path):
    """A sandbox may hide /proc: the default memory is still what there is."""
    (tmp_path / "p.yaml").write_text(pipeline("ome_zarr"))
    script = f"mount -t tmpfs none /proc && exec {command()} plan p.yaml --json"
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert done.returncode in (0, 5), done.stderr
    if done.returncode == 5:
        assert "--memory" in done.stderr
        return
    plan = json.loads(done.stdout)
    assert 1 << 20 < plan["memory_bytes"] < 1 << 46
    assert plan["base_bytes"] > 4 << 20, "the process itself counts"
