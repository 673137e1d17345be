"""Gives a model another kind of input: whole numbers, another order of axes, several pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

from tests.unit.detection.families.networks import ONNX_TYPES

PICTURE_AXES = 4


def reform(
    model: onnx.ModelProto,
    *,
    kind: str,
    axes: str,
    batch: int,
    mean: Sequence[float],
    std: Sequence[float],
) -> onnx.ModelProto:
    """Return `model` (one picture, float32) behind another input, as exporters put it inside.

    Args:
        model: what is in front of it is changed.
        kind: number type; whole numbers are pixels (int8: minus 128), normalised inside.
        axes: ``NCHW`` or ``NHWC``.
        batch: pictures a run; the model is there so many times, and its outputs are joined.
        mean: of the model's channels in their order, 0..255.
        std: likewise.
    """
    copies = [compose.add_prefix(model, f"p{index}_") for index in range(batch)]
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    inputs = []

    def const(value: object, dtype: type[np.generic] = np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype), f"k{len(constants)}"))
        return constants[-1].name

    def add(operation: str, *values: str, **attributes: Any) -> str:
        name = f"r{len(nodes)}"
        nodes.append(helper.make_node(operation, list(values), [name], **attributes))
        return name

    for given in model.graph.input:
        tensor = given.type.tensor_type
        shape = [side.dim_value or side.dim_param for side in tensor.shape.dim]
        value, onnx_type = given.name, tensor.elem_type
        if len(shape) == PICTURE_AXES:
            onnx_type = ONNX_TYPES[kind]
            own_axes = "NCHW" if shape[1] == len("RGB") else "NHWC"
            value = add("Cast", value, to=onnx.TensorProto.FLOAT)
            if own_axes != axes:
                shape = [shape[place] for place in _order(axes, own_axes)]
                value = add("Transpose", value, perm=_order(own_axes, axes))
            if kind in {"uint8", "int8"}:
                places = (1, 3, 1, 1) if own_axes == "NCHW" else (1, 1, 1, 3)
                least = -128.0 if kind == "int8" else 0.0
                value = add("Sub", value, const(np.reshape(mean, places) + least))
                value = add("Div", value, const(np.reshape(std, places)))
        inputs.append(helper.make_tensor_value_info(given.name, onnx_type, [batch, *shape[1:]]))
        zero = const([0], np.int64)
        for index, copy in enumerate(copies):
            first, last = const([index], np.int64), const([index + 1], np.int64)
            nodes.append(
                helper.make_node("Slice", [value, first, last, zero], [f"p{index}_{given.name}"])
            )
            constants.extend(copy.graph.initializer)
            del copy.graph.initializer[:]
    for copy in copies:
        nodes.extend(copy.graph.node)
    outputs = []
    for given in model.graph.output:
        parts = [f"p{index}_{given.name}" for index in range(batch)]
        nodes.append(helper.make_node("Concat", parts, [given.name], axis=0))
        tensor = given.type.tensor_type
        shape = [side.dim_value or side.dim_param for side in tensor.shape.dim]
        outputs.append(
            helper.make_tensor_value_info(given.name, tensor.elem_type, [batch, *shape[1:]])
        )
    graph = helper.make_graph(nodes, "reformed", inputs, outputs, constants)
    made = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    made.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(made, full_check=True)
    return made


def _order(wanted: str, given: str) -> list[int]:
    return [given.index(axis) for axis in wanted]
