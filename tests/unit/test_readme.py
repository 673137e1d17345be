"""What the documents tell people to type is accepted, and what they point to is there."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from commands import resolve
from pipeline.settings import parse_settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {
    path: path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "installer" / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
EVERYTHING = "\n".join(DOCUMENTS.values())
COMMAND = re.compile(r"^python main\.py [^#\n]*|(?<=`)python main\.py [^`…]+(?=`)", re.MULTILINE)
LINES = sorted({line.strip() for line in COMMAND.findall(EVERYTHING)})
TABLES = re.findall(r"```toml\n(.*?)```", EVERYTHING, re.DOTALL)
LINKS = sorted(
    {
        (path.relative_to(ROOT).as_posix(), link)
        for path, text in DOCUMENTS.items()
        for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text)
    }
)
HOUSE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
HOUSE = HOUSE[HOUSE.index("## The house") : HOUSE.index("Rules that a test keeps")]


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_is_accepted(line: str) -> None:
    words = shlex.split(line)[2:]
    if words in (["--help"], ["COMMAND", "--help"]):
        return
    invocation = resolve(words)
    module = importlib.import_module(f"commands.{invocation.command.module}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    if not invocation.command.passes_on:
        parser.parse_args(invocation.rest)


@pytest.mark.parametrize("text", TABLES)
def test_a_settings_example_is_accepted(text: str) -> None:
    parse_settings(tomllib.loads(text))


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_a_link_leads_somewhere(document: str, link: str) -> None:
    assert ((ROOT / document).parent / link).exists()


def house() -> set[str]:
    """Return what the table of the house names; one without a folder stands where the first does."""
    found: set[str] = set()
    for row in re.findall(r"^\| (`[^|]*) \|", HOUSE, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", row)
        folder = first.rstrip("/").rpartition("/")[0]
        found.add(first.rstrip("/"))
        for other in others:
            beside = f"{folder}/{other}".strip("/").rstrip("/")
            found.add(beside if list(ROOT.glob(beside)) else other.rstrip("/"))
    return found


def test_the_house_has_the_rooms_that_architecture_names() -> None:
    assert [room for room in sorted(house()) if not list(ROOT.glob(room))] == []


def test_architecture_names_every_room() -> None:
    """Folders of the first floor, and what stands in pipeline/; settings are told of together."""
    tracked = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"docs", "deploy"}
    rooms = tracked - {"tests"}
    for path in (ROOT / "pipeline").iterdir():
        if path.name.startswith(("__", "settings_")):
            continue
        rooms.add(f"pipeline/{path.name}")
    assert sorted(rooms - house()) == []


def test_something_was_found_to_check() -> None:
    assert len(LINES) >= 10
    assert len(TABLES) >= 2
