"""What the README tells people to type is accepted."""

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
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = sorted(
    set(re.findall(r"^python main\.py .*$|(?<=`)python main\.py [^`]+(?=`)", README, re.MULTILINE))
)
TABLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
LINKS = sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README)))


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


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_something_was_found_to_check() -> None:
    assert len(LINES) >= 10
    assert len(TABLES) >= 2
