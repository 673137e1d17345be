"""Turns the operations of a TensorFlow.js graph into ONNX nodes, without the layout changes.

TensorFlow convolves with channels last and the published graph wraps every convolution in two
transposes. Here a value is an ONNX tensor (channels first) plus the axis order in which TensorFlow
sees it: a Transpose only changes that order, and a node is emitted for it just where a Reshape or
an output needs the real thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tools.tfjs_graph import GraphError, Node, TfjsGraph

CHANNELS_LAST: Final = (0, 2, 3, 1)
MIN_WEIGHTS_TO_HALVE: Final = 16
"""Constants below this many values are kept as float32; the Cast would cost more than it saves."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor during the conversion.

    Attributes:
        name: ONNX name.
        axes: TensorFlow's axis i is ONNX axis ``axes[i]``.
        stride: input pixels per step of this map; for resize factors.
        padding: zeros still to be added on each side (TensorFlow pads before it convolves).
    """

    name: str
    axes: tuple[int, ...]
    stride: float = 1.0
    padding: int = 0

    @property
    def is_straight(self) -> bool:
        """Whether TensorFlow and ONNX see the same axis order."""
        return self.axes == tuple(range(len(self.axes)))


@dataclass(slots=True)
class OnnxEmitter:
    """Collects the ONNX nodes of one graph.

    Attributes:
        nodes, initializers: what an ONNX graph is made of.
        outputs: ONNX value of each TensorFlow output.
    """

    graph: TfjsGraph
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    _values: dict[str, Value] = field(default_factory=dict)
    _constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    _fused: set[str] = field(default_factory=set)

    def convert(self, input_name: str) -> None:
        """Emit everything; `input_name` becomes the name of the one input.

        Raises:
            GraphError: an operation, or a use of one, that is not known here.
        """
        self._constants.update(self.graph.constants)
        for node in self.graph.nodes:
            if node.name in self._fused:
                continue
            if node.op == "Placeholder":
                self._values[node.name] = Value(input_name, (0, 1, 2, 3))
                continue
            emit = _EMITTERS.get(node.op)
            if emit is None:
                raise GraphError(f"operation {node.op} of node {node.name} is not known")
            emit(self, node)
        self.outputs = {name: self._values[name] for name in self.graph.outputs}

    # --- helpers -------------------------------------------------------------------------

    def _value(self, reference: str) -> Value:
        return self._values[reference.removesuffix(":0")]

    def _emit(self, op: str, inputs: list[str], count: int = 1, **attributes: Any) -> list[str]:
        index = len(self.nodes)
        names = [f"{op.lower()}_{index}" + (f"_{n}" if n else "") for n in range(count)]
        self.nodes.append(helper.make_node(op, inputs, names, names[0], **attributes))
        return names

    def _constant(self, values: NDArray[Any]) -> str:
        """Store `values`; weights as float16 with a Cast, which a runtime folds when it loads."""
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        if values.dtype == np.float16:
            return self._emit("Cast", [name], to=TensorProto.FLOAT)[0]
        return name

    def _weights(self, values: NDArray[Any]) -> str:
        half = values.size >= MIN_WEIGHTS_TO_HALVE and values.dtype == np.float16
        return self._constant(values if half else values.astype(np.float32))

    def _users(self, name: str) -> list[Node]:
        return [
            node
            for node in self.graph.nodes
            if name in {reference.removesuffix(":0") for reference in node.inputs}
        ]

    # --- one method an operation ------------------------------------------------------------

    def _identity(self, node: Node) -> None:
        self._values[node.name] = self._value(node.inputs[0])

    def _sparse_to_dense(self, node: Node) -> None:
        """Fold: the sparse part is always empty here, so all is the default value."""
        indices, shape, _, default = (self._constants[name] for name in node.inputs)
        if indices.size:
            raise GraphError(f"{node.name} is not empty")
        self._constants[node.name] = np.full(shape, default, np.int64)

    def _add(self, node: Node) -> None:
        left, right = node.inputs
        if left in self._constants and right in self._constants:
            self._constants[node.name] = self._constants[left] + self._constants[right]
            return
        first, second = self._value(left), self._value(right)
        if first.axes != second.axes or first.padding or second.padding:
            raise GraphError(f"{node.name} adds values of different layout")
        name = self._emit("Add", [first.name, second.name])[0]
        self._values[node.name] = Value(name, first.axes, first.stride)

    def _transpose(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        order = [int(axis) for axis in self._constants[node.inputs[1]]]
        axes = tuple(value.axes[axis] for axis in order)
        self._values[node.name] = Value(value.name, axes, value.stride, value.padding)

    def _pad(self, node: Node) -> None:
        """Keep for the convolution or pool that follows; only equal pads of height and width."""
        value = self._value(node.inputs[0])
        pads = self._constants[node.inputs[1]]
        (amount,) = {int(pads[axis][side]) for axis in (2, 3) for side in (0, 1)}
        if not value.is_straight or np.any(pads[:2]):
            raise GraphError(f"{node.name} pads more than height and width")
        if node.op == "PadV2":
            users = [user.op for t in self._users(node.name) for user in self._users(t.name)]
            # ONNX pools pad with the lowest value: the same when that is what is asked for here.
            if users != ["MaxPool"] or self._constants[node.inputs[2]] > np.finfo(np.float16).min:
                raise GraphError(f"{node.name} pads with a value that no pool ignores")
        self._values[node.name] = Value(value.name, value.axes, value.stride, amount)

    def _convolve(self, node: Node) -> None:
        value = self._channels_last(node)
        weights = self._constants[node.inputs[1]]
        height, width, _, count = weights.shape
        steps = node.integers("strides")
        if node.text("padding") != "VALID" or set(node.integers("dilations")) != {1}:
            raise GraphError(f"{node.name}: padding or dilation is not known")
        inputs = [value.name, self._weights(weights.transpose(3, 2, 0, 1))]
        users = self._users(node.name)
        result = node.name
        if len(users) == 1 and users[0].op == "Add" and users[0].inputs[1] in self._constants:
            bias = self._constants[users[0].inputs[1]]
            inputs.append(self._weights(bias.reshape(count)))
            self._fused.add(users[0].name)
            result = users[0].name
        name = self._emit(
            "Conv",
            inputs,
            kernel_shape=[height, width],
            strides=steps[1:3],
            pads=[value.padding] * 4,
        )[0]
        self._values[result] = Value(name, CHANNELS_LAST, value.stride * steps[1])

    def _max_pool(self, node: Node) -> None:
        value = self._channels_last(node)
        steps = node.integers("strides")
        name = self._emit(
            "MaxPool",
            [value.name],
            kernel_shape=node.integers("ksize")[1:3],
            strides=steps[1:3],
            pads=[value.padding] * 4,
        )[0]
        self._values[node.name] = Value(name, CHANNELS_LAST, value.stride * steps[1])

    def _channels_last(self, node: Node) -> Value:
        value = self._value(node.inputs[0])
        if value.axes != CHANNELS_LAST or node.text("data_format") != "NHWC":
            raise GraphError(f"{node.name} does not read channels last")
        return value

    def _leaky_relu(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        alpha = round(node.number("alpha"), 6)
        name = self._emit("LeakyRelu", [value.name], alpha=alpha)[0]
        self._values[node.name] = Value(name, value.axes, value.stride)

    def _sigmoid(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        name = self._emit("Sigmoid", [value.name])[0]
        self._values[node.name] = Value(name, value.axes, value.stride)

    def _concatenate(self, node: Node) -> None:
        values = [self._value(name) for name in node.inputs[:-1]]
        axis = int(self._constants[node.inputs[-1]])
        if len({value.axes for value in values}) != 1:
            raise GraphError(f"{node.name} joins values of different layout")
        first = values[0]
        name = self._emit("Concat", [value.name for value in values], axis=first.axes[axis])[0]
        self._values[node.name] = Value(name, first.axes, first.stride)

    def _split(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        sizes = self._constants[node.inputs[1]].astype(np.int64)
        axis = int(self._constants[node.inputs[2]])
        names = self._emit(
            "Split",
            [value.name, self._constant(sizes)],
            count=len(sizes),
            axis=value.axes[axis],
        )
        for index, name in enumerate(names):
            key = f"{node.name}:{index}" if index else node.name
            self._values[key] = Value(name, value.axes, value.stride)

    def _resize(self, node: Node) -> None:
        """Fixed target sizes become factors, so that the graph takes any picture size."""
        value = self._value(node.inputs[0])
        if value.axes != CHANNELS_LAST or not node.flag("half_pixel_centers"):
            raise GraphError(f"{node.name}: this kind of resizing is not known")
        target = int(self._constants[node.inputs[1]][0])
        stride = self.graph.input_shape[2] / target
        factor = value.stride / stride
        scales = self._constant(np.array([1.0, 1.0, factor, factor], np.float32))
        name = self._emit(
            "Resize",
            [value.name, "", scales],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )[0]
        self._values[node.name] = Value(name, CHANNELS_LAST, stride)

    def _reshape(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        if not value.is_straight:
            raise GraphError(f"{node.name} reshapes a transposed value")
        shape = self._constants[node.inputs[1]].astype(np.int64)
        name = self._emit("Reshape", [value.name, self._constant(shape)])[0]
        self._values[node.name] = Value(name, tuple(range(len(shape))), value.stride)


_EMITTERS: Final[dict[str, Callable[[OnnxEmitter, Node], None]]] = {
    "Add": OnnxEmitter._add,
    "AddV2": OnnxEmitter._add,
    "ConcatV2": OnnxEmitter._concatenate,
    "Conv2D": OnnxEmitter._convolve,
    "Identity": OnnxEmitter._identity,
    "LeakyRelu": OnnxEmitter._leaky_relu,
    "MaxPool": OnnxEmitter._max_pool,
    "Pad": OnnxEmitter._pad,
    "PadV2": OnnxEmitter._pad,
    "Reshape": OnnxEmitter._reshape,
    "ResizeBilinear": OnnxEmitter._resize,
    "Sigmoid": OnnxEmitter._sigmoid,
    "SparseToDense": OnnxEmitter._sparse_to_dense,
    "SplitV": OnnxEmitter._split,
    "Transpose": OnnxEmitter._transpose,
}
