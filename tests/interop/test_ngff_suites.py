"""What the specification of OME-NGFF calls valid and invalid, `parfocal info --validate` does too.

The suites are the specification's own (tests/ and examples/ of its branches 0.4 and 0.5), got by
scripts/ngff_suites.sh. A suite has metadata only: the arrays and images that valid metadata points
to are put beside it, so that all rules apply.
"""

import json
import pathlib
import re
import subprocess

import pytest
from conftest import ROOT, command

SPEC = ROOT / "build" / "ngff-spec"
VERSIONS = ("0.4", "0.5")


def load(path):
    """The examples have comments."""
    text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
    return json.loads(text)


def cases():
    for version in VERSIONS:
        for path in sorted((SPEC / version / "tests").glob("*_suite.json")):
            strict = path.name.startswith("strict_")
            for number, case in enumerate(load(path)["tests"]):
                name = pathlib.PurePath(case.get("formerly", "")).stem
                yield pytest.param(version, case["data"], case["valid"], strict,
                                   id=f"{version}-{path.stem}-{number}-{name}")
        for path in sorted((SPEC / version / "examples").glob("*/*.json")):
            if path.name != ".config.json":
                yield pytest.param(version, load(path), True, False,
                                   id=f"{version}-{path.parent.name}-{path.stem}")


class Hierarchy:
    """A folder with groups and arrays of one Zarr version."""

    def __init__(self, folder, version):
        self.folder, self.version = folder, version

    def write(self, path, v2_name, text):
        name = v2_name if self.version == "0.4" else "zarr.json"
        (self.folder / path).mkdir(parents=True, exist_ok=True)
        (self.folder / path / name).write_text(json.dumps(text))

    def group(self, path, data):
        if self.version == "0.4":
            self.write(path, ".zgroup", {"zarr_format": 2})
            self.write(path, ".zattrs", data)
        else:
            self.write(path, "", data if "node_type" in data else
                       {"zarr_format": 3, "node_type": "group", "attributes": data})

    def array(self, path, names):
        """Pixels are of no interest: fill only."""
        shape = [4] * len(names)
        if self.version == "0.4":
            self.write(path, ".zarray", {
                "zarr_format": 2, "shape": shape, "chunks": shape, "order": "C", "filters": None,
                "dtype": "|u1", "compressor": None, "fill_value": 0,
                "dimension_separator": "/"})
        else:
            self.write(path, "", {
                "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "uint8",
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}},
                "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
                "codecs": [{"name": "bytes"}], "dimension_names": names, "attributes": {}})

    def ome(self, data):
        if self.version == "0.4":
            return data
        return data.get("attributes", data).get("ome", {})

    def versioned(self, content):
        return {"version": "0.4"} | content if self.version == "0.4" else content

    def wrapped(self, content):
        return content if self.version == "0.4" else {"ome": {"version": "0.5"} | content}

    def image_content(self):
        axes = [{"name": name, "type": "space"} for name in "yx"]
        scale = [{"type": "scale", "scale": [1, 1]}]
        multiscale = {"name": "image", "type": "mean", "axes": axes,
                      "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        return {"multiscales": [self.versioned(multiscale)]}

    def image(self, path, others=None):
        self.group(path, self.wrapped(self.image_content() | (others or {})))
        self.array(f"{path}/0", ["y", "x"])

    def add(self, data):
        """The group in its place, and what it points to as far as that can be made."""
        ome = self.ome(data)
        if "image-label" in ome:
            return self.label(ome["image-label"])
        if "series" in ome:
            self.group(".", self.wrapped({"bioformats2raw.layout": 3}))
        self.group("OME" if "series" in ome else ".", data)
        for multiscale in listed(ome, "multiscales"):
            names = [axis.get("name", "") if isinstance(axis, dict) else ""
                     for axis in listed(multiscale, "axes")]
            for dataset in listed(multiscale, "datasets"):
                if isinstance(dataset, dict) and isinstance(dataset.get("path"), str):
                    self.array(dataset["path"], names)
        for well in listed(ome.get("plate"), "wells"):
            if isinstance(well, dict) and isinstance(well.get("path"), str):
                self.well(well["path"], listed(ome["plate"], "acquisitions"))
        for image in listed(ome.get("well"), "images"):
            if isinstance(image, dict) and isinstance(image.get("path"), str):
                self.image(image["path"])
        for series in listed(ome, "series"):
            self.image(series)

    def label(self, content):
        """Of an image, for a label image is one too."""
        self.image(".")
        self.group("labels", self.wrapped({"labels": ["cells"]}))
        self.image("labels/cells", {"image-label": content})

    def well(self, path, acquisitions):
        field = {"path": "0"}
        if acquisitions and isinstance(acquisitions[0], dict) and "id" in acquisitions[0]:
            field["acquisition"] = acquisitions[0]["id"]
        self.group(path, self.wrapped({"well": self.versioned({"images": [field]})}))
        self.image(f"{path}/0")


def listed(value, key):
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


@pytest.mark.skipif(not SPEC.is_dir(), reason="needs scripts/ngff_suites.sh")
@pytest.mark.parametrize("version,data,valid,strict", list(cases()))
def test_validate_agrees_with_the_specification(tmp_path, version, data, valid, strict):
    Hierarchy(tmp_path / "store", version).add(data)
    done = subprocess.run([command(), "info", "--validate", "--json", tmp_path / "store"],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 4), done.stderr
    said = done.stdout + done.stderr
    if strict:  # strict: what the specification says SHOULD
        assert done.returncode == 0, said
        assert valid or json.loads(done.stdout)["items"][0].get("findings"), said
    else:
        assert (done.returncode == 0) == valid, said


def test_the_suites_are_there():
    if not SPEC.is_dir():
        pytest.skip("needs scripts/ngff_suites.sh")
    assert len(list(cases())) >= 170
