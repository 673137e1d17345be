"""Tiny networks with the outputs of each family's exports, which find the square of `street`."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto, helper

from tests.unit.detection.families.networks import IMAGENET, Network, cell_corners

CELLS: Final = 20 * 20 + 10 * 10 + 5 * 5
"""Of the strides 8, 16, 32 at 160x160."""
QUERIES: Final = 300
ROWS: Final = 100
CAR: Final = 3
"""COCO's category id."""
YOLOX_INDEX: Final = 437
"""Row 3, column 7 of the grid of stride 16."""
YOLOX_PLACE: Final = (16, 7, 3)

TENSORFLOW: Final = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")
TFLITE: Final = (
    "TFLite_Detection_PostProcess",
    "TFLite_Detection_PostProcess:1",
    "TFLite_Detection_PostProcess:2",
    "TFLite_Detection_PostProcess:3",
)


def yolo(kind: str = "float32", *, masks: int = 0, upright: bool = False) -> Network:
    """Return YOLOv8's layout (1, 4 + 3 [+ masks], cells), with two near duplicates of the box."""
    net = Network(input_type=kind)
    tail = [net.const(np.full(masks, 0.7))] if masks else []
    values = 7 + masks
    best = net.row(*net.centre(), net.scores, *tail)
    weaker = net.row(
        *(net.add("Add", side, net.const(1.5)) for side in net.centre()),
        net.add("Mul", net.scores, net.const(0.8)),
        *tail,
    )
    rows = net.among_cells(net.add("Concat", best, weaker, axis=1), values)
    rows = net.add("Slice", rows, *(net.const([n], np.int64) for n in (0, CELLS, 1)))
    if upright:
        net.output("output0", rows, [1, CELLS, values], kind)
    else:
        table = net.add("Transpose", rows, perm=[0, 2, 1])
        net.output("output0", table, [1, values, CELLS], kind)
    if masks:
        shape = net.const([1, masks, 40, 40], np.int64)
        net.output("output1", net.add("ConstantOfShape", shape), [1, masks, 40, 40], kind)
    return net


def rows_with_objectness(per_cell: int, kind: str = "float32", *, masks: int = 0) -> Network:
    """Return YOLOv5's layout: a row of box, objectness 0.95 and scores among empty ones."""
    net = Network(input_type=kind)
    sure = net.const([0.95])
    tail = [net.const(np.full(masks, 0.7))] if masks else []
    row = net.row(*net.centre(), sure, net.scores, *tail)
    rows = net.among_cells(row, 8 + masks, per_cell)
    net.output("output0", rows, [1, CELLS * per_cell, 8 + masks], kind)
    if masks:
        shape = net.const([1, masks, 40, 40], np.int64)
        net.output("output1", net.add("ConstantOfShape", shape), [1, masks, 40, 40], kind)
    return net


def finished(kind: str = "float32", *, extra: int = 0) -> Network:
    """Return the layout of YOLOv10 and 26: the box as the first of 300 finished rows."""
    net = Network(input_type=kind)
    tail = [net.const(np.full(extra, 0.7))] if extra else []
    score = net.add("ReduceMax", net.scores, keepdims=1)
    row = net.row(*net.corners(), score, net.const([1.0]), *tail)
    rows = net.among_zeros(row, net.const(0, np.int64), net.const(299, np.int64), 6 + extra)
    net.output("output0", rows, [1, 300, 6 + extra], kind)
    if extra:
        net.output(
            "output1",
            net.add("ConstantOfShape", net.const([1, extra, 40, 40], np.int64)),
            [1, extra, 40, 40],
            kind,
        )
    return net


def yolox(kind: str = "float32", *, decoded: bool, axes: str = "NCHW") -> Network:
    """Return YOLOX's layout (1, cells, 5 + 3), its grid `decoded` inside or not."""
    stride_px, column, row_index = YOLOX_PLACE
    shape = (1, 3, 160, 160) if axes == "NCHW" else (1, 160, 160, 3)
    net = Network(shape=shape, order="BGR", std=(1, 1, 1), input_type=kind, axes=axes)
    x, y, width, height = net.centre()
    rest = np.zeros((1, CELLS, 8), np.float32)
    if decoded:
        rest[0, :, :2] = cell_corners() + 3
        rest[0, :, 2:4] = 20
        rest[0, YOLOX_INDEX] = 0
    else:
        stride = net.const(float(stride_px))
        x = net.add("Sub", net.add("Div", x, stride), net.const(float(column)))
        y = net.add("Sub", net.add("Div", y, stride), net.const(float(row_index)))
        width = net.add("Log", net.add("Div", width, stride))
        height = net.add("Log", net.add("Div", height, stride))
    row = net.row(x, y, width, height, net.const([0.95]), net.scores)
    found = net.among_cells(row, 8, index=YOLOX_INDEX)
    net.output("output", net.add("Add", found, net.const(rest)), [1, CELLS, 8], kind)
    return net


def add_outputs(net: Network, names: tuple[str, str, str, str], label: int) -> Network:
    """Add the square as the first of 100 rows, and rubbish beyond the number of objects."""
    left, top, right, bottom = net.shares(net.corners())
    row = net.row(top, left, bottom, right)
    none, others = net.const(0, np.int64), net.const(ROWS - 1, np.int64)
    net.output(names[0], net.among_zeros(row, none, others, 4), [1, ROWS, 4])
    net.output(names[1], net.const(np.full((1, ROWS), float(label))), [1, ROWS])
    score = net.row(net.add("ReduceMax", net.scores, keepdims=1))
    rubbish = np.full((1, ROWS), 0.9, np.float32)
    rubbish[0, 0] = 0
    scores = net.add("Squeeze", net.among_zeros(score, none, others, 1), net.const([2], np.int64))
    net.output(names[2], net.add("Add", scores, net.const(rubbish)), [1, ROWS])
    net.output(names[3], net.const([1.0]), [1])
    return net


def among_queries(net: Network, row: str, width: int) -> str:
    return net.among_zeros(row, net.const(4, np.int64), net.const(QUERIES - 5, np.int64), width)


def logit(net: Network, scores: str) -> str:
    """Return what the sigmoid turns back into `scores`."""
    low, high = net.const(1e-4), net.const(1 - 1e-4)
    scores = net.add("Min", net.add("Max", scores, low), high)
    return net.add("Log", net.add("Div", scores, net.add("Sub", net.const(1.0), scores)))


def raw(net: Network, classes: str, width: int, boxes: str, logits: str, kind: str) -> Network:
    """Add outputs of normalised centres and logits ``(1, 300, width)``."""
    table = net.row(*net.shares(net.centre()))
    net.output(boxes, among_queries(net, table, 4), [1, QUERIES, 4], kind)
    # Queries without an object must lie far below any threshold.
    idle = np.full((1, QUERIES, width), -9.0, np.float32)
    idle[0, 4] = 0
    found = among_queries(net, classes, width)
    net.output(logits, net.add("Add", found, net.const(idle)), [1, QUERIES, width], kind)
    return net


def with_size_input(kind: str = "float32") -> Network:
    """Return the layout of RT-DETR's own project: boxes scaled to `orig_target_sizes`."""
    net = Network(input_type=kind, shape=(1, 3, 128, 160))
    net.inputs.append(helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [1, 2]))
    size = net.add("Tile", net.cast("orig_target_sizes"), net.const([1, 2], np.int64))
    shares = net.row(*net.shares(net.corners()))
    boxes = net.add("Mul", shares, net.add("Unsqueeze", size, net.const([1], np.int64)))
    boxes = among_queries(net, boxes, 4)
    score = net.row(net.add("ReduceMax", net.scores, keepdims=1))
    scores = net.add("Squeeze", among_queries(net, score, 1), net.const([2], np.int64))
    labels = net.const(np.ones((1, QUERIES)), np.int64)
    net.output("labels", labels, [1, QUERIES], "int64")
    net.output("boxes", boxes, [1, QUERIES, 4], kind)
    net.output("scores", scores, [1, QUERIES], kind)
    return net


def transformers(kind: str = "float32") -> Network:
    """Return the layout of the Transformers library: logits of 80 classes, the square the third."""
    net = Network(input_type=kind, input_name="pixel_values")
    classes = net.row(net.const([-9.0]), logit(net, net.scores), net.const(np.full(76, -9.0)))
    return raw(net, classes, 80, "pred_boxes", "logits", kind)


def one_output(kind: str = "float32") -> Network:
    """Return the layout of Ultralytics' RT-DETR: boxes and scores in one output."""
    net = Network(input_type=kind)
    row = net.row(*net.shares(net.centre()), net.scores)
    net.output("output0", among_queries(net, row, 7), [1, QUERIES, 7], kind)
    return net


def rfdetr(kind: str = "float32") -> Network:
    """Return RF-DETR's layout: logits of 91 places, the square a car."""
    net = Network(input_type=kind, input_name="input", mean=IMAGENET[0], std=IMAGENET[1])
    classes = net.row(
        net.const(np.full(2, -9.0)), logit(net, net.scores), net.const(np.full(86, -9.0))
    )
    return raw(net, classes, 91, "dets", "labels", kind)


NANODET_CELLS: Final = CELLS + 3 * 3
"""With the stride 64."""
NANODET_PLACE: Final = (16, 4, 3)
"""Stride, column and row of the cell that has the square."""


def nanodet_plus(kind: str = "float32") -> Network:
    """Return NanoDet-Plus's layout: distributions over eight bins, from the cell's corner."""
    stride_px, column, row_index = NANODET_PLACE
    net = Network(
        input_type=kind,
        input_name="data",
        order="BGR",
        mean=(103.53, 116.28, 123.675),
        std=(57.375, 57.12, 58.395),
    )
    stride, bins = net.const(float(stride_px)), net.const(np.arange(8))
    logits = []
    for edge, place, sign in (
        (net.left, column, -1.0),
        (net.top, row_index, -1.0),
        (net.right, column, 1.0),
        (net.bottom, row_index, 1.0),
    ):
        distance = net.add("Sub", net.add("Div", edge, stride), net.const(float(place)))
        distance = net.add("Mul", distance, net.const(sign))
        weight = net.add("Sub", net.const(1.0), net.add("Abs", net.add("Sub", distance, bins)))
        logits.append(net.add("Log", net.add("Max", weight, net.const(1e-7))))
    index = 20 * 20 + row_index * 10 + column
    row = net.row(net.scores, *logits)
    before, after = (net.const(count, np.int64) for count in (index, NANODET_CELLS - index - 1))
    net.output("output", net.among_zeros(row, before, after, 35), [1, NANODET_CELLS, 35], kind)
    return net
