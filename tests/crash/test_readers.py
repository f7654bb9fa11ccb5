"""What zarr-python sees of a store while it is written, after its writer was killed, and after
`parfocal recover`: a valid store, and only frames that are right."""

import json
import os
import random
import signal
import subprocess
import time

import numpy as np
import pytest
import zarr

PROBE, PARFOCAL = os.environ["PARFOCAL_PROBE"], os.environ["PARFOCAL"]
LAYOUTS = {
    "shards": ["--chunk", "1,64,64", "--shard", "16,64,64"],
    "chunks_of_4": ["--chunk", "4,32,64", "--shard", "8,64,64", "--codec", "zstd"],
    "files_v2": ["--chunk", "1,64,64", "--format", "2"],
    "pyramid": ["--chunk", "1,32,32", "--shard", "8,64,64", "--levels", "2", "--codec", "lz4"],
}
Y, X = np.mgrid[:64, :64]


def plane_of(frame):
    return 1 + ((frame * 7919 + Y * 31 + X * 17) & 0x7FFF)


def start(folder, layout, *more):
    arguments = [*LAYOUTS[layout], "--skip-every", "29", *more]
    return subprocess.Popen([PROBE, folder / "store", folder / "receipts", *arguments])


def receipts_of(folder):
    path = folder / "receipts"
    data = path.read_bytes() if path.exists() else b""
    return np.frombuffer(data[:len(data) // 8 * 8], np.int64)


class Follower:
    """Opens the store anew each time, as a reader that was started just now."""

    def __init__(self, folder):
        self.folder, self.seen = folder, 0

    def opened(self):
        return zarr.open_group(self.folder / "store", mode="r")

    def check(self, frames=None):
        """Reads the newest frames and some others; returns how many there are."""
        group = self.opened()
        ome = group.attrs.get("ome", group.attrs)
        assert ome["multiscales"][0]["datasets"][0]["path"] == "0"
        image = group["0"]
        count = image.shape[0]
        assert count >= self.seen, "the image became shorter"
        for dataset in ome["multiscales"][0]["datasets"][1:]:
            level = self.opened()[dataset["path"]]
            assert level.shape[0] >= count, "a smaller level lags behind"
        self.seen = count
        if count == 0:
            return 0
        valid = self.opened()["frames/valid"]
        assert valid.shape[0] >= count
        valid = valid[:count]
        chosen = frames or {count - 1, count - 2, random.randrange(count)}
        for frame in sorted(f for f in chosen if f >= 0):
            assert valid[frame] == (frame % 29 != 1), f"frame {frame}"
            if valid[frame]:
                np.testing.assert_array_equal(image[frame], plane_of(frame), f"frame {frame}")
        return count


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_follower_never_sees_an_error_or_a_wrong_pixel(tmp_path, layout):
    frames = 2000 if layout == "shards" else 400
    probe = start(tmp_path, layout, "--frames", str(frames), "--rate", "400")
    follower, looks = Follower(tmp_path), 0
    while not (tmp_path / "receipts").exists() or not receipts_of(tmp_path).size:
        assert probe.poll() is None
        time.sleep(0.01)
    while probe.poll() is None:
        follower.check()
        looks += 1
    assert probe.returncode == 0
    assert follower.check(range(frames)) == frames
    assert looks >= 5
    assert follower.opened().attrs["parfocal"]["complete"] is True


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_killed_store_is_valid_before_and_whole_after_recovery(tmp_path, layout):
    random.seed(layout)
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        probe = start(folder, layout, "--frames", "300", "--rate", "600")
        wanted = random.randrange(1, 290)
        while receipts_of(folder).size < wanted and probe.poll() is None:
            time.sleep(0.001)
        probe.send_signal(signal.SIGKILL)
        probe.wait()
        receipts = receipts_of(folder)
        Follower(folder).check()
        done = subprocess.run([PARFOCAL, "recover", folder / "store", "--json"],
                              capture_output=True, check=True)
        report = json.loads(done.stdout)
        assert report["recovered"] and report["images"][0]["frames"] >= receipts.size
        follower = Follower(folder)
        assert follower.check(set(receipts)) > max(receipts)
        record = follower.opened().attrs["parfocal"]
        assert record["recovered"] is True and record["complete"] is False
        again = subprocess.run([PARFOCAL, "recover", folder / "store"], capture_output=True,
                               check=True, text=True)
        assert "nothing to recover" in again.stdout


def test_recover_refuses_a_store_that_is_being_written(tmp_path):
    probe = start(tmp_path, "shards", "--frames", "1000", "--rate", "100")
    while not receipts_of(tmp_path).size:
        time.sleep(0.01)
    done = subprocess.run([PARFOCAL, "recover", tmp_path / "store"], capture_output=True, text=True)
    assert done.returncode == 1 and "still being written" in done.stderr
    probe.kill()
    probe.wait()
    subprocess.run([PARFOCAL, "recover", tmp_path / "store"], check=True)


def test_recover_says_what_is_no_store(tmp_path):
    done = subprocess.run([PARFOCAL, "recover", tmp_path], capture_output=True, text=True)
    assert done.returncode == 4 and "no store" in done.stderr
