"""Cells drawn at random: our labels and features must be dcnum's. And dcnum's own jobs on real frames."""

import csv
import json

import h5py
import numpy as np
import pytest
import scipy.ndimage as ndi
from dcnum.feat import feat_brightness, feat_contour, feat_texture

import support
from support import DATA, DRAWS, F23

PIPELINE = """\
parfocal: 1
source: {type: rtdc, path: in.rtdc}
steps:
  - {id: background, op: background_sparse_median, offset_correction: true}
  - {id: cells, op: segment_below_background, from: source, background: background,
     offset: background.offset, %s}
  - {id: events, op: flow_features, from: cells, image: source, background: background,
     offset: background.offset, %s}
sinks:
  - {type: table, from: events, path: events.csv}
"""


def events_of(parfocal, folder, segmentation, features, pipeline=PIPELINE):
    """Rows of the table of events, numbers as floats, missing ones as NaN."""
    (folder / "p.yaml").write_text(pipeline % (segmentation, features))
    parfocal("run", "p.yaml")
    with open(folder / "p-out" / "events.csv", newline="", encoding="utf-8") as file:
        return [{k: float(v) if v else float("nan") for k, v in row.items()}
                for row in csv.DictReader(file)]


# What dcnum does, step by step, with its own functions.

def background_of(images):
    """Short series without times have one background, from all frames."""
    background = np.partition(images, len(images) // 2, axis=0)[len(images) // 2]
    return background, images[:, :20].mean(axis=(1, 2)) - background[:20].mean()


def features_of(image, background, offset, masks, pixel_um):
    corrected = (image.astype(np.int16) - background)[np.newaxis]
    found = feat_contour.moments_based_features(masks, pixel_size=pixel_um, ret_contour=True)
    contour = found.pop("contour")
    found.update(feat_brightness.brightness_features(
        mask=masks, image=image[np.newaxis], image_bg=background[np.newaxis],
        image_corr=corrected, bg_off=offset))
    found.update(feat_texture.haralick_texture_features(mask=masks, image_corr=corrected))
    found.update(feat_contour.volume_from_contours(
        contour=contour, pos_x=found["pos_x"], pos_y=found["pos_y"], pixel_size=pixel_um))
    return found


def dcnum_events(images, threshold, cleaning, min_pixels, pixel_um):
    background, offsets = background_of(images)
    rows = []
    for t, image in enumerate(images):
        if t and np.array_equal(image, images[t - 1]):
            continue
        labels = support.labels_of(image, background, offsets[t], threshold, cleaning)
        numbers = [j for j in range(1, labels.max() + 1) if (labels == j).sum() > min_pixels]
        if not numbers:
            continue
        found = features_of(image, background, offsets[t],
                            np.array([labels == j for j in numbers]), pixel_um)
        valid = found.pop("valid")
        rows += [{"t": t, "label": j, **{name: v[i] for name, v in found.items()}}
                 for i, j in enumerate(numbers) if valid[i]]
    return rows


def images_of(rng):
    """A channel with dark cells of all shapes, some at the border, some frames repeated."""
    noise = np.random.default_rng(rng.randrange(2**32))
    frames, height, width = rng.randint(2, 10), rng.randint(20, 60), rng.randint(20, 90)
    images = noise.integers(120, 120 + rng.choice([2, 5, 9]), (frames, height, width))
    images += noise.integers(0, 7, frames)[:, None, None]
    coarse = ndi.gaussian_filter(noise.normal(size=images.shape), (0, rng.uniform(0.6, 4), rng.uniform(0.6, 4)))
    cells = coarse > coarse.std() * rng.uniform(0.8, 2)
    images = np.where(cells, images - noise.integers(3, 60, images.shape), images)
    for t in range(1, frames):
        if rng.random() < 0.15:
            images[t] = images[t - 1]
    return np.clip(images, 0, 255).astype(np.uint8)


def tolerance_of(name, expected):
    if name.startswith("tex_f13"):
        return 1e-7  # the root of what may be a rounded zero
    if name.startswith("tex_"):
        return 1e-10 * max(1, abs(expected))
    return 1e-12 * abs(expected)


def assert_equal_events(ours, theirs):
    assert [(r["t"], r["label"]) for r in ours] == [(r["t"], r["label"]) for r in theirs]
    for mine, its in zip(ours, theirs):
        assert set(mine) == set(its)
        for name, expected in its.items():
            if np.isnan(expected):
                assert np.isnan(mine[name]), (name, its)
            else:
                assert abs(mine[name] - expected) <= tolerance_of(name, expected), (name, mine, its)


@pytest.mark.parametrize("draw", range(DRAWS))
def test_events_are_dcnums(parfocal, tmp_path, draw):
    rng = support.drawn(draw, "events")
    images, pixel_um = images_of(rng), rng.choice([0.2645, 0.34, 1])
    threshold = rng.choice([-6, -6, -0.5, -12.25])
    cleaning = {"clear_border": rng.random() < 0.7, "fill_holes": rng.random() < 0.7,
                "closing_disk": rng.choice([0, 1, 2, 2, 3, 5])}
    min_pixels = rng.choice([10, 10, 0, 40])
    support.write_recording(tmp_path / "in.rtdc", images, pixel_um=pixel_um)
    segmentation = (f"threshold: {threshold}, clear_border: {json.dumps(cleaning['clear_border'])}, "
                    f"fill_holes: {json.dumps(cleaning['fill_holes'])}, open_radius: {cleaning['closing_disk']}")
    print(images.shape, segmentation)
    ours = events_of(parfocal, tmp_path, segmentation, f"min_pixels: {min_pixels}")
    assert_equal_events(ours, dcnum_events(images, threshold, cleaning, min_pixels, pixel_um))


# Jobs of dcnum's tests: the 40 real frames several times over.

def write_frames(path, times):
    with h5py.File(F23) as h5:
        images = h5["events/image"][:]
    support.write_recording(path, np.concatenate([images] * times), pixel_um=0.2645)


def golden(name):
    with open(DATA / "golden" / name, encoding="utf-8") as file:
        next(file)
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.mark.parametrize("radius, count", [(2, 275), (0, 395)])
def test_events_of_a_job_are_the_golden_ones(parfocal, tmp_path, radius, count):
    write_frames(tmp_path / "in.rtdc", 5)
    ours = events_of(parfocal, tmp_path, f"open_radius: {radius}", "haralick: false")
    theirs = golden(f"pipeline_5x_clo{radius}_features.csv")
    assert len(ours) == len(theirs) == count
    for mine, its in zip(ours, theirs):
        assert mine["t"] == its["basinmap0"]
        for name in set(mine) & set(its):
            assert abs(mine[name] - its[name]) <= tolerance_of(name, its[name]), name


def test_a_long_job_has_dcnums_events(parfocal, tmp_path):
    write_frames(tmp_path / "in.rtdc", 101)
    assert len(events_of(parfocal, tmp_path, "open_radius: 2", "haralick: false")) == 5555


def test_other_backgrounds_have_dcnums_number_of_events(parfocal, tmp_path):
    write_frames(tmp_path / "in.rtdc", 5)
    shorter = PIPELINE.replace("offset_correction: true", "kernel_size: 150")
    assert len(events_of(parfocal, tmp_path, "open_radius: 2", "haralick: false", shorter)) == 275
    for folder in tmp_path.glob("p-out"):
        folder.rename(tmp_path / "first-out")
    rolling = PIPELINE.replace("background_sparse_median, offset_correction: true",
                               "background_rolling_median")
    rolling = rolling.replace("offset: background.offset, ", "").replace("\n     offset: background.offset", "")
    assert "offset" not in rolling
    assert len(events_of(parfocal, tmp_path, "open_radius: 2", "haralick: false", rolling)) == 280
