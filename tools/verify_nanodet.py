"""Compares the converted NanoDet with the published one, run by TensorFlow.js under Node.js."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

TFJS_VERSION: Final = "4.22.0"
TFJS_PACKAGES: Final = tuple(
    f"@tensorflow/tfjs-{part}@{TFJS_VERSION}" for part in ("core", "converter", "backend-wasm")
)
SIZE: Final = 416
"""Width and height of the published model's input, pixels."""
SCRIPT: Final = Path(__file__).with_name("run_tfjs.cjs")
MEAN: Final = np.array([103.53, 116.28, 123.675], np.float32)
STD: Final = np.array([57.375, 57.12, 58.395], np.float32)


def compare_with_tfjs(
    model_json: Path, model_file: Path, picture: Path, scratch: Path
) -> tuple[float, float]:
    """Return the largest absolute difference of the scores, and of the distances.

    Raises:
        FileNotFoundError: Node.js or npm is not installed, or the picture cannot be read.
        subprocess.CalledProcessError: npm or the Node.js script failed.
    """
    image = cv2.imread(str(picture))
    if image is None:
        raise FileNotFoundError(f"{picture} is not a readable picture")
    resized = cv2.resize(image, (SIZE, SIZE)).astype(np.float32)
    blob = np.ascontiguousarray(((resized - MEAN) / STD).transpose(2, 0, 1)[None])

    published = _run_tfjs(model_json, blob, scratch)
    session = onnxruntime.InferenceSession(model_file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    converted = dict(zip(names, session.run(names, {"images": blob}), strict=True))

    worst = {"scores": 0.0, "distances": 0.0}
    for name, values in converted.items():
        match = next(other for other in published if other.shape == values.shape)
        kind = name.split("_")[0]
        worst[kind] = max(worst[kind], float(np.abs(match - values).max()))
    return worst["scores"], worst["distances"]


def _run_tfjs(
    model_json: Path, blob: NDArray[np.float32], scratch: Path
) -> list[NDArray[np.float32]]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise FileNotFoundError("comparing needs Node.js and npm")
    folder = scratch / "tfjs"
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*install, *TFJS_PACKAGES], cwd=folder, check=True)
    shutil.copy(SCRIPT, folder)
    blob.tofile(folder / "input.bin")
    command = [node, SCRIPT.name, str(model_json.resolve()), str(SIZE)]
    listing = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    outputs = []
    for line in listing.stdout.splitlines():
        name, *shape = line.split()
        values = np.fromfile(folder / name, np.float32)
        outputs.append(values.reshape([int(size) for size in shape]))
    return outputs
