"""No Kafka client is made without the check: read from the source of the whole program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import confluent_kafka.admin
import pytest

ROOT = Path(__file__).parents[3]
ALLOWED = ROOT / "pipeline" / "kafka" / "clients.py"
CLIENTS = {
    name
    for module in (confluent_kafka, confluent_kafka.admin)
    for name in vars(module)
    if name.endswith(("Producer", "Consumer", "AdminClient")) and not name.startswith("_")
}


def _sources() -> Iterator[Path]:
    for folder in ("pipeline", "console", "commands", "tools", "bootstrap"):
        yield from (ROOT / folder).rglob("*.py")
    yield ROOT / "main.py"


def _client_names(tree: ast.Module) -> set[str]:
    """Return the names under which a module has a client class of the library."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("confluent_kafka")
        for alias in node.names
        if alias.name in CLIENTS
    }


def _annotations(tree: ast.Module) -> set[ast.AST]:
    """Return every node that stands in an annotation, which runs nothing."""
    roots: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots.append(node.returns)
    return {inner for root in roots if root is not None for inner in ast.walk(root)}


def makers(source: str) -> list[int]:
    """Return the lines that use a client class of confluent_kafka, other than in annotations."""
    tree = ast.parse(source)
    names, harmless = _client_names(tree), _annotations(tree)
    return [
        node.lineno
        for node in ast.walk(tree)
        if node not in harmless
        and (
            (isinstance(node, ast.Name) and node.id in names)
            or (isinstance(node, ast.Attribute) and node.attr in CLIENTS)
        )
    ]


def test_only_one_module_makes_clients() -> None:
    """Everything else asks it, and so goes through the check."""
    found = {
        str(path.relative_to(ROOT)): lines
        for path in _sources()
        if path != ALLOWED and (lines := makers(path.read_text(encoding="utf-8")))
    }
    assert found == {}
    assert makers(ALLOWED.read_text(encoding="utf-8")), "the search finds nothing at all"


@pytest.mark.parametrize(
    "source",
    [
        "from confluent_kafka import Producer\nmake = Producer\n",
        "from confluent_kafka import Consumer as C\nC({})\n",
        "import confluent_kafka as k\nk.admin.AdminClient({})\n",
    ],
)
def test_every_way_to_one_is_found(source: str) -> None:
    """Under its own name, another, or through its module."""
    assert makers(source) == [2]
