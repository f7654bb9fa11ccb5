"""What a user is told about files that cannot be used: what, where, and what to do."""

import h5py
import numpy as np
import pytest

import support

TIMES = np.arange(40) * 0.1


@pytest.fixture
def refused(parfocal, tmp_path):
    """Runs the command on in.rtdc, which must fail, and returns what it tells."""

    def run(*options, exit_code=4):
        before = support.md5(tmp_path / "in.rtdc")
        done = parfocal("background", "sparse-median", "in.rtdc", "out.rtdc", "--progress", "none",
                        *options, exit_code=exit_code)
        assert support.md5(tmp_path / "in.rtdc") == before
        assert not (tmp_path / "out.rtdc").exists()
        assert "in.rtdc" in done.stderr
        return done.stderr

    return run


@pytest.fixture
def recording(tmp_path):
    return support.write_recording(tmp_path / "in.rtdc", support.ramp(40), time=TIMES)


def test_a_truncated_file(refused, recording):
    recording.write_bytes(recording.read_bytes()[:-500])
    assert "truncated" in refused()


def test_a_file_of_another_kind(refused, tmp_path):
    (tmp_path / "in.rtdc").write_text("time,frame\n")
    assert "HDF5" in refused()


def test_a_file_without_images(refused, recording):
    with h5py.File(recording, "a") as h5:
        del h5["events/image"]
    assert "image" in refused()


def test_a_file_without_events(refused, recording):
    with h5py.File(recording, "a") as h5:
        del h5["events"]
    assert "events" in refused()


@pytest.mark.parametrize(
    "frame, time, told", [(7, np.nan, "frame 7"), (3, np.inf, "frame 3")]
)
def test_a_time_that_is_none(refused, recording, frame, time, told):
    with h5py.File(recording, "a") as h5:
        h5["events/time"][frame] = time
    assert told in refused()


def test_a_time_of_another_length(refused, recording):
    with h5py.File(recording, "a") as h5:
        del h5["events/time"]
        h5["events/time"] = TIMES[:-1]
    message = refused()
    assert "39" in message and "40" in message


def test_a_damaged_chunk(parfocal, refused, recording, tmp_path):
    images = np.random.default_rng(1).integers(90, 130, (200, 24, 30), np.uint8)
    support.write_recording(recording, images, time=np.arange(200) * 0.1, chunk=20)
    with h5py.File(recording) as h5:
        chunk = h5["events/image"].id.get_chunk_info(3)
    data = bytearray(recording.read_bytes())
    data[chunk.byte_offset + chunk.size // 2] ^= 255
    recording.write_bytes(data)
    told = refused("--kernel-size", "20")
    assert "damaged" in told and "--on-error skip" in told
    parfocal("background", "sparse-median", "in.rtdc", "out.rtdc", "--kernel-size", "20",
             "--on-error", "skip", exit_code=6)
    _, index, offset = support.background_of(tmp_path / "out.rtdc")
    assert np.flatnonzero(np.isnan(offset)).tolist() == list(range(60, 80))
    assert (index >= 0).all() and (index[60:80] == index[59]).all()


@pytest.mark.parametrize("options", [
    ("--kernel-size", "0"), ("--split-time", "0"), ("--frac-cleansing", "0"),
    ("--frac-cleansing", "1.1"), ("--thresh-cleansing=-1",), ("--split-time", "nan")])
def test_parameters_out_of_range(parfocal, recording, tmp_path, options):
    done = parfocal("background", "sparse-median", "in.rtdc", "out.rtdc", *options, exit_code=3)
    assert options[0][2:].split("=")[0].replace("-", "_") in done.stderr
    assert not (tmp_path / "out.rtdc").exists()


def test_fewer_frames_than_a_rolling_kernel(parfocal, recording, tmp_path):
    done = parfocal("background", "rolling-median", "in.rtdc", "out.rtdc", "--kernel-size", "200",
                    exit_code=3)
    assert "cannot compute a background" in done.stderr and "--kernel-size 40" in done.stderr
    assert not (tmp_path / "out.rtdc").exists()
