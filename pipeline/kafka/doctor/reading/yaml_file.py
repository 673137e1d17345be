"""Reads YAML and JSON with the lines of their keys."""

from __future__ import annotations

import json
from typing import Final

import yaml

from pipeline.kafka.doctor.reading.tree import Entry, Tree, plain

MAX_DEPTH: Final = 50
"""Levels of maps in maps that are followed."""
MAX_ENTRIES: Final = 200_000
"""Entries that are read: a map that names others again and again by anchors may have no end."""


def read_yaml(text: str) -> Tree:
    """Return the maps of a YAML file (of all its documents).

    Raises:
        yaml.YAMLError: it is no YAML; says where.
    """
    loader = yaml.SafeLoader(text)
    tree = Tree()
    try:
        while loader.check_node():
            node = loader.get_node()
            if isinstance(node, yaml.MappingNode):
                tree.entries += _Maps(loader).tree(node, "", 0).entries
    finally:
        loader.dispose()
    return tree


def read_json(text: str) -> Tree:
    """Return the map of a JSON file.

    Raises:
        json.JSONDecodeError: it is no JSON; says where.
    """
    value = json.loads(text)
    try:
        # JSON is YAML (of its flow kind), and only that reader tells lines.
        return read_yaml(text)
    except yaml.YAMLError:
        from pipeline.kafka.doctor.reading.tree import tree_of

        return tree_of(value, {}) if isinstance(value, dict) else Tree()


class _Maps:
    """Makes trees of the nodes of one document."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._left = MAX_ENTRIES

    def tree(self, node: yaml.MappingNode, title: str, depth: int) -> Tree:
        """Return a map; raises ValueError where its anchors blow it up without end."""
        tree = Tree(title, line=node.start_mark.line + 1)
        if depth > MAX_DEPTH:
            return tree
        merged: list[yaml.MappingNode] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            self._left -= 1
            if self._left < 0:
                raise ValueError("its anchors make it endless; write the settings out")
            key = str(key_node.value)
            if key == "<<":
                merged += _maps_in(value_node)
            else:
                line = key_node.start_mark.line + 1
                self._add(tree, key, value_node, line, f"{title}.{key}".lstrip("."), depth)
        # What is merged stands behind what the map says itself, wherever it is written.
        for other in merged:
            own = {entry.key for entry in tree.entries}
            entries = self.tree(other, title, depth + 1).entries
            tree.entries = [one for one in entries if one.key not in own] + tree.entries
        return tree

    def _add(
        self, tree: Tree, key: str, node: yaml.Node, line: int, title: str, depth: int
    ) -> None:
        if isinstance(node, yaml.MappingNode):
            tree.entries.append(Entry(key, self.tree(node, title, depth + 1), line))
        elif maps := _maps_in(node):
            # Lists may hold maps (services of a compose file, for one).
            for one in maps:
                tree.entries.append(Entry(key, self.tree(one, title, depth + 1), line))
        elif isinstance(node, yaml.SequenceNode):
            values = [plain(self._loader.construct_object(one)) for one in node.value]
            tree.entries.append(Entry(key, list(values), line))
        else:
            tree.entries.append(Entry(key, plain(self._loader.construct_object(node)), line))


def _maps_in(node: yaml.Node) -> list[yaml.MappingNode]:
    """Return the maps of a list, or the one map that it is itself."""
    if isinstance(node, yaml.MappingNode):
        return [node]
    values = node.value if isinstance(node, yaml.SequenceNode) else []
    return [one for one in values if isinstance(one, yaml.MappingNode)]
