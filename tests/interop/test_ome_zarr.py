"""Our OME-Zarr, opened by everybody else's reader."""

import json

import numpy as np
import ome_zarr.io
import ome_zarr.reader
import pytest
import tensorstore
import zarr

PIPELINE = """\
parfocal: 1
source: {type: generator, kind: nuclei, size: {t: 7, y: 120, x: 150}, dtype: uint8, seed: 9, radius_px: 4,
         scale: {t: 30 s, y: 0.65 um, x: 0.5 um}}
steps:
  - {id: smooth, op: gaussian, sigma: 1 px}
  - {id: mask, op: threshold, method: otsu, from: source}
  - {id: cells, op: label}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
  - {type: ome_zarr, from: source, path: raw.ome.zarr}
"""
NAMES = ("smooth.ome.zarr", "raw.ome.zarr", "smooth.ome.zarr/labels/cells")


@pytest.fixture
def out(parfocal, tmp_path):
    (tmp_path / "p.yaml").write_text(PIPELINE)
    parfocal("run", "p.yaml", "--out", "out")
    return tmp_path / "out"


@pytest.mark.parametrize("name", NAMES)
def test_zarr_and_tensorstore_read_the_same_pixels(out, name):
    array = zarr.open_group(out / name, mode="r", zarr_format=3)["0"]
    assert array.shape == (7, 120, 150)
    assert array.metadata.dimension_names == ("t", "y", "x")
    store = tensorstore.open(
        {"driver": "zarr3", "kvstore": f"file://{out / name}/0/"}, read=True).result()
    assert store.domain.labels == ("t", "y", "x")
    np.testing.assert_array_equal(store.read().result(), array[:])
    assert array[:].any()


def test_ome_zarr_finds_the_scale_the_labels_and_the_channel(out):
    url = ome_zarr.io.parse_url(out / "smooth.ome.zarr")
    image, *others = ome_zarr.reader.Reader(url)()
    axes = [(axis["name"], axis["type"], axis.get("unit")) for axis in image.metadata["axes"]]
    assert axes == [("t", "time", "second"), ("y", "space", "micrometer"),
                    ("x", "space", "micrometer")]
    (level,) = image.metadata["coordinateTransformations"]
    assert level[0]["scale"] == [30, 0.65, 0.5]
    assert image.data[0].shape == (7, 120, 150)
    assert image.metadata["channel_names"] == ["channel 0"]
    (label,) = [node for node in others
                if any(isinstance(spec, ome_zarr.reader.Label) for spec in node.specs)]
    assert label.metadata["name"].split("/")[-1] == "cells"
    assert np.issubdtype(label.data[0].dtype, np.unsignedinteger)
    assert int(label.data[0].max()) >= 4


def test_the_labels_say_whose_they_are(out):
    group = json.loads((out / "smooth.ome.zarr/labels/zarr.json").read_text())
    assert group["attributes"]["ome"]["labels"] == ["cells"]
    label = json.loads((out / "smooth.ome.zarr/labels/cells/zarr.json").read_text())
    assert label["attributes"]["ome"]["image-label"]["source"] == {"image": "../../"}


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_first_view_is_neither_black_nor_white(out, name):
    """Rendered as a viewer does: the contrast window onto 0..255."""
    ome = json.loads((out / name / "zarr.json").read_text())["attributes"]["ome"]
    (channel,) = ome["omero"]["channels"]
    assert channel["active"] and channel["label"] and len(channel["color"]) == 6
    window = channel["window"]
    assert window["min"] <= window["start"] < window["end"] <= window["max"]
    pixels = zarr.open_array(out / name / "0", mode="r")[0].astype(np.float64)
    view = np.clip((pixels - window["start"]) / (window["end"] - window["start"]), 0, 1) * 255
    assert 5 < view.mean() < 200
    assert view.max() > 200
