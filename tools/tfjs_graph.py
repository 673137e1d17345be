"""Reads a TensorFlow.js graph model (JSON topology and binary weights) without TensorFlow."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class GraphError(ValueError):
    """The graph model cannot be read, or holds something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes:
        inputs: ``name`` or ``name:output`` of what it reads.
        attributes: as in the JSON file; read them through the methods.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]

    def integers(self, key: str) -> list[int]:
        """Return the attribute `key`, a list of integers."""
        return [int(value) for value in self.attributes[key]["list"].get("i", [])]

    def number(self, key: str) -> float:
        """Return the attribute `key`, a float."""
        return float(self.attributes[key]["f"])

    def text(self, key: str) -> str:
        """Return the attribute `key`, a string (base64 in the file)."""
        return base64.b64decode(self.attributes[key]["s"]).decode("ascii")

    def flag(self, key: str) -> bool:
        """Return the attribute `key`, a boolean that is False when it is missing."""
        return bool(self.attributes.get(key, {}).get("b", False))


@dataclass(frozen=True, slots=True)
class TfjsGraph:
    """A graph model.

    Attributes:
        nodes: operations without the constants, each after all that it reads.
        constants: value of each constant; float16-quantised weights stay float16.
        outputs: published shape of each output node, by its name.
        input_shape: published shape of the one input.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, NDArray[Any]]
    outputs: dict[str, tuple[int, ...]]
    input_shape: tuple[int, ...]


def read_graph(model_json: Path) -> TfjsGraph:
    """Return the graph model that `model_json` and the weight files beside it hold.

    Raises:
        GraphError: the files are not a graph model, or do not fit each other.
        OSError: a file cannot be read.
    """
    table = json.loads(model_json.read_text(encoding="utf-8"))
    if table.get("format") != "graph-model":
        raise GraphError(f"{model_json.name} is not a TensorFlow.js graph model")
    constants: dict[str, NDArray[Any]] = {}
    for group in table["weightsManifest"]:
        payload = b"".join((model_json.parent / path).read_bytes() for path in group["paths"])
        constants.update(_split_weights(group["weights"], payload))
    nodes = tuple(
        Node(node["name"], node["op"], tuple(node.get("input", ())), node.get("attr", {}))
        for node in table["modelTopology"]["node"]
        if node["op"] != "Const"
    )
    signature = table["signature"]
    (only_input,) = signature["inputs"].values()
    outputs = {name.split(":")[0]: _shape(entry) for name, entry in signature["outputs"].items()}
    ordered = _in_reading_order(nodes, set(constants))
    return TfjsGraph(ordered, constants, outputs, _shape(only_input))


def _shape(entry: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(dim["size"]) for dim in entry["tensorShape"]["dim"])


def _split_weights(entries: list[dict[str, Any]], payload: bytes) -> dict[str, NDArray[Any]]:
    weights: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in entries:
        stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
        if stored not in {"float16", "float32", "int32"}:
            raise GraphError(f"weight {entry['name']} is stored as {stored}, which is not known")
        dtype = np.dtype(stored).newbyteorder("<")
        count = math.prod(entry["shape"])
        size = count * dtype.itemsize
        if offset + size > len(payload):
            raise GraphError(f"the weights end before {entry['name']}; the file is cut off")
        values = np.frombuffer(payload, dtype, count, offset).astype(dtype.newbyteorder("="))
        weights[entry["name"]] = values.reshape(entry["shape"])
        offset += size
    if offset != len(payload):
        raise GraphError(f"{len(payload) - offset} bytes of weights belong to no tensor")
    return weights


def _in_reading_order(nodes: tuple[Node, ...], known: set[str]) -> tuple[Node, ...]:
    """Return `nodes` so that each follows what it reads; the file's own order where that holds."""
    ordered: list[Node] = []
    seen = set(known)
    waiting = list(nodes)
    while waiting:
        ready = [node for node in waiting if all(i.split(":")[0] in seen for i in node.inputs)]
        if not ready:
            raise GraphError(f"node {waiting[0].name} reads something that no node makes")
        ordered += ready
        seen |= {node.name for node in ready}
        waiting = [node for node in waiting if node.name not in seen]
    return tuple(ordered)
