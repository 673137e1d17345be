"""Tiny real networks with the layouts of published exports, which find one bright square.

Each network undoes the normalisation that its family publishes and so sees R, G, B on the scale
0..255 again; the square is where any of them is above 200, and the scores of its three classes are
R, G and B over 255. A wrong colour order, scale, place or box format gives a wrong class, score or
box.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pipeline.detection.images import Picture

NAMES: Final = ("red", "green", "blue")
SQUARE: Final = (80, 32, 192, 96)
"""Left, top, right, bottom in the picture of `street`."""
SQUARE_RGB: Final = (102, 230, 51)
SCORE: Final = 230 / 255
FRAME_SIZE: Final = (320, 192)
BIG: Final = 10_000.0
IMAGENET: Final = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
ONNX_TYPES: Final = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
}


def street(size: tuple[int, int] = FRAME_SIZE) -> Picture:
    """Return a dark picture ``(H, W, 3)`` BGR with the bright square."""
    picture = np.full((size[1], size[0], 3), 40, np.uint8)
    left, top, right, bottom = SQUARE
    picture[top:bottom, left:right] = SQUARE_RGB[::-1]
    return picture


def cell_corners() -> NDArray[np.float32]:
    """Return left, top ``(525, 2)`` of the cells of strides 8, 16, 32 at 160x160, row by row."""
    places = []
    for stride in (8, 16, 32):
        rows, columns = np.indices((160 // stride, 160 // stride))
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1) * stride)
    return np.concatenate(places).astype(np.float32)


@dataclass
class Network:
    """Collects nodes; `input_type`, `axes`, `shape` describe the input.

    Attributes:
        mean, std: of R, G, B on the scale 0..255, as the family publishes them.
        order: channels of the input.
        half: outputs in half precision.
    """

    shape: Sequence[int | str] = (1, 3, 160, 160)
    input_name: str = "images"
    input_type: str = "float32"
    axes: str = "NCHW"
    order: str = "RGB"
    mean: Sequence[float] = (0, 0, 0)
    std: Sequence[float] = (255, 255, 255)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    _counter: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        kind = ONNX_TYPES[self.input_type]
        self.inputs.append(helper.make_tensor_value_info(self.input_name, kind, self.shape))
        x = self.cast(self.input_name)
        if self.axes == "NHWC":
            x = self.add("Transpose", x, perm=[0, 3, 1, 2])
        self.x = x
        if self.input_type == "int8":
            x = self.add("Add", x, self.const(128.0))
        if self.input_type in {"float32", "float16"}:
            x = self.add("Mul", x, self.const(np.reshape(self.std, (1, 3, 1, 1))))
            x = self.add("Add", x, self.const(np.reshape(self.mean, (1, 3, 1, 1))))
        positions = [self.order.index(letter) for letter in "RGB"]
        self.rgb = self.add("Gather", x, self.const(positions, np.int64), axis=1)
        self._find()

    def const(self, value: Any, kind: Any = np.float32) -> str:
        name = f"c{next(self._counter)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{next(self._counter)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def cast(self, value: str, kind: int = TensorProto.FLOAT) -> str:
        return self.add("Cast", value, to=kind)

    def _find(self) -> None:
        """Make `box`, four scalars of shape (1,), in pixels of the input, and `scores` (1, 3)."""
        shape = self.add("Shape", self.x)
        self.height = self.add("Gather", shape, self.const(2, np.int64))
        self.width = self.add("Gather", shape, self.const(3, np.int64))
        bright = self.add("ReduceMax", self.rgb, axes=[1], keepdims=1)
        mask = self.cast(self.add("Greater", bright, self.const(200.0)))
        zero, one = self.const(0, np.int64), self.const(1, np.int64)
        columns = self.cast(self.add("Range", zero, self.width, one))
        rows = self.cast(self.add("Range", zero, self.height, one))
        rows = self.add("Unsqueeze", rows, self.const([1], np.int64))
        edges = []
        for place in (columns, rows):
            first = self.add("Mul", mask, self.add("Sub", self.const(BIG), place))
            first = self.add("Sub", self.const(BIG), self._largest(first))
            last = self._largest(self.add("Mul", mask, self.add("Add", place, self.const(1.0))))
            edges.append((first, last))
        (self.left, self.right), (self.top, self.bottom) = edges
        share = self.add("Div", self.add("Mul", self.rgb, mask), self.const(255.0))
        self.scores = self.add("ReduceMax", share, axes=[2, 3], keepdims=0)

    def _largest(self, value: str) -> str:
        return self.add(
            "Reshape", self.add("ReduceMax", value, keepdims=0), self.const([1], np.int64)
        )

    def corners(self) -> list[str]:
        return [self.left, self.top, self.right, self.bottom]

    def centre(self) -> list[str]:
        """Return centre x, y, width, height of the square, in pixels of the input."""
        two = self.const(2.0)
        x = self.add("Div", self.add("Add", self.left, self.right), two)
        y = self.add("Div", self.add("Add", self.top, self.bottom), two)
        tiny = self.const(0.001)
        width = self.add("Max", self.add("Sub", self.right, self.left), tiny)
        height = self.add("Max", self.add("Sub", self.bottom, self.top), tiny)
        return [x, y, width, height]

    def shares(self, values: Sequence[str]) -> list[str]:
        """Return x, y, x, y `values` divided by the input's width and height."""
        sides = [self.cast(side) for side in (self.width, self.height)]
        return [self.add("Div", value, sides[i % 2]) for i, value in enumerate(values)]

    def row(self, *values: str) -> str:
        """Return `values` of any shape as one row (1, 1, n)."""
        flat = [self.add("Reshape", value, self.const([-1], np.int64)) for value in values]
        return self.add(
            "Reshape", self.add("Concat", *flat, axis=0), self.const([1, 1, -1], np.int64)
        )

    def among_zeros(self, row: str, before: str, after: str, width: int) -> str:
        """Return `row` (1, 1, width) with so many rows of zeros before and after it."""
        parts = []
        for count in (before, after):
            shape = self.add(
                "Concat",
                self.const([1], np.int64),
                self.add("Reshape", count, self.const([1], np.int64)),
                self.const([width], np.int64),
                axis=0,
            )
            parts.append(self.add("ConstantOfShape", shape))
        return self.add("Concat", parts[0], row, parts[1], axis=1)

    def among_cells(self, row: str, width: int, per_cell: int = 1, index: int = 37) -> str:
        """Return rows (1, candidates, width) for strides 8, 16, 32: zeros but for `row`."""
        counts = []
        for stride in (8, 16, 32):
            step = self.const(stride, np.int64)
            sides = [self.add("Div", side, step) for side in (self.width, self.height)]
            counts.append(self.add("Mul", *sides))
        total = self.add("Add", self.add("Add", counts[0], counts[1]), counts[2])
        total = self.add("Mul", total, self.const(per_cell, np.int64))
        after = self.add("Sub", total, self.const(index + 1, np.int64))
        return self.among_zeros(row, self.const(index, np.int64), after, width)

    def output(
        self, name: str, value: str, shape: Sequence[int | str | None], kind: str = "float32"
    ) -> None:
        onnx_type = {"int64": TensorProto.INT64, **ONNX_TYPES}[kind]
        self.nodes.append(helper.make_node("Cast", [value], [name], to=onnx_type))
        self.outputs.append(helper.make_tensor_value_info(name, onnx_type, shape))

    def save(self, path: Path, metadata: Mapping[str, str] | None = None) -> Path:
        graph = helper.make_graph(self.nodes, "tiny", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
        return path


def ultralytics(**more: str) -> dict[str, str]:
    """Return metadata as Ultralytics' exporter writes it."""
    return {
        "description": "Ultralytics YOLO11n model trained on colours.yaml",
        "author": "Ultralytics",
        "stride": "32",
        "task": "detect",
        "batch": "1",
        "imgsz": "[160, 160]",
        "names": str(dict(enumerate(NAMES))),
        **more,
    }


def found_box(xyxy: NDArray[np.float32]) -> list[float]:
    assert xyxy.shape == (1, 4)
    return [float(edge) for edge in xyxy[0]]
