"""Reads dict literals out of Python text. It is parsed, never executed."""

from __future__ import annotations

import ast
from typing import Final

from pipeline.kafka.doctor.findings import Code, Value
from pipeline.kafka.doctor.reading.tree import Entry, Tree

CLIENTS: Final = {
    "Consumer": "consumer",
    "DeserializingConsumer": "consumer",
    "AIOConsumer": "consumer",
    "Producer": "producer",
    "SerializingProducer": "producer",
    "AIOProducer": "producer",
    "AdminClient": "admin",
}
"""Classes of confluent-kafka, and the client that each is."""


def read_python(text: str) -> Tree:
    """Return every dict literal of a Python file, under the name that it is assigned to.

    ``**other`` is followed where `other` is a dict of the same file, ``conf["name"] = value`` and
    ``conf.update({...})`` are added; what is no literal becomes `Code`.

    Raises:
        SyntaxError: it is no Python; says where.
    """
    reader = _Reader()
    reader.visit(ast.parse(text))
    tree = Tree()
    for found in reader.found:
        if id(found) in reader.bases and not found.client:
            continue
        tree.entries.append(Entry(found.title, found, found.line))
    return tree


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Tree] = []
        self.bases: set[int] = set()
        """Trees that others take over with ``**``: they are examined as part of those."""
        self._named: dict[str, Tree] = {}
        self._seen: set[int] = set()

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assigned(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node.target, node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = _last_name(node.func)
        first = node.args[0] if node.args else None
        if called in CLIENTS and first is not None:
            tree = self._tree_for(first, called)
            if tree is not None:
                tree.client = tree.client or CLIENTS[called]
        elif called == "update" and isinstance(node.func, ast.Attribute):
            owner = self._named.get(_last_name(node.func.value))
            if owner is not None and isinstance(first, ast.Dict):
                _override(owner, self._entries(first))
                self._seen.add(id(first))
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if id(node) not in self._seen:
            self._add(node, "")
        self.generic_visit(node)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        name = _last_name(target)
        if isinstance(value, ast.Dict) and name:
            self._named[name] = self._add(value, name)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            owner = self._named.get(_last_name(target.value))
            if owner is not None:
                key = str(target.slice.value)
                _override(owner, [Entry(key, _value(value), target.lineno)])

    def _tree_for(self, argument: ast.expr, title: str) -> Tree | None:
        if isinstance(argument, ast.Dict):
            return self._add(argument, title)
        return self._named.get(_last_name(argument))

    def _add(self, node: ast.Dict, title: str) -> Tree:
        tree = Tree(title, self._entries(node), node.lineno)
        self._seen.add(id(node))
        self.found.append(tree)
        return tree

    def _entries(self, node: ast.Dict) -> list[Entry]:
        entries: list[Entry] = []
        own = {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                other = self._named.get(_last_name(value))
                if other is not None:
                    self.bases.add(id(other))
                    entries += [entry for entry in other.entries if entry.key not in own]
            elif isinstance(key, ast.Constant):
                if isinstance(value, ast.Dict):
                    self._seen.add(id(value))
                    inner = Tree(str(key.value), self._entries(value), value.lineno)
                    entries.append(Entry(str(key.value), inner, key.lineno))
                else:
                    entries.append(Entry(str(key.value), _value(value), key.lineno))
        return entries


def _override(tree: Tree, entries: list[Entry]) -> None:
    """Set keys of a map anew, which is no mistake as writing one twice is."""
    keys = {entry.key for entry in entries}
    tree.entries = [entry for entry in tree.entries if entry.key not in keys] + entries


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _value(node: ast.expr) -> Value:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return Code.UNKNOWN
    if value is None or isinstance(value, str | int | float | bool | list):
        return value
    return list(value) if isinstance(value, tuple) else Code.UNKNOWN
