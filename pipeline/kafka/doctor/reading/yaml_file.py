"""Reads YAML and JSON with the lines of their keys."""

from __future__ import annotations

import json
from typing import Any

import yaml

from pipeline.kafka.doctor.reading.tree import Entry, Tree, plain

MAX_DEPTH = 50
"""Levels of maps in maps that are followed."""


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
                tree.entries += _tree(loader, node, "", 0).entries
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


def _tree(loader: Any, node: yaml.MappingNode, title: str, depth: int) -> Tree:
    tree = Tree(title, line=node.start_mark.line + 1)
    if depth > MAX_DEPTH:
        return tree
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            continue
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key == "<<" and isinstance(value_node, yaml.MappingNode):
            tree.entries += _tree(loader, value_node, title, depth + 1).entries
        elif isinstance(value_node, yaml.MappingNode):
            inner = _tree(loader, value_node, f"{title}.{key}".lstrip("."), depth + 1)
            tree.entries.append(Entry(key, inner, line))
        elif isinstance(value_node, yaml.SequenceNode):
            # Lists may hold maps (services of a compose file, for one).
            maps = [one for one in value_node.value if isinstance(one, yaml.MappingNode)]
            for one in maps:
                inner = _tree(loader, one, f"{title}.{key}".lstrip("."), depth + 1)
                tree.entries.append(Entry(key, inner, line))
            if not maps:
                values = [plain(loader.construct_object(one)) for one in value_node.value]
                tree.entries.append(Entry(key, list(values), line))
        else:
            tree.entries.append(Entry(key, plain(loader.construct_object(value_node)), line))
    return tree
