"""Silent installation into a folder with a name that is hard to write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline import __version__
from tests.windows.conftest import KEPT, PROGRAM, SHELL_CALLS
from tests.windows.wine import Wine, at_most

pytestmark = [pytest.mark.windows, at_most(900)]

UNINSTALL = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Signalbox"


def test_all_files_are_there_and_no_other(program: Path, tree: Path) -> None:
    wanted = {
        path.relative_to(tree): path.stat().st_size for path in tree.rglob("*") if path.is_file()
    }
    there = {
        path.relative_to(program): path.stat().st_size
        for path in program.rglob("*")
        if path.is_file()
    }
    assert there.pop(Path("uninstall.exe")) > 0
    assert there == wanted


def test_shortcuts_lead_to_the_program(program: Path, wine: Wine) -> None:
    links = sorted((wine.drive / "users").rglob("Signalbox.lnk"))
    places = {link.parent.name for link in links}
    assert places == {"Desktop", "Programs"}
    for link in links:
        content = link.read_bytes()
        assert b"Signalbox.exe" in content
        # The folder it starts in is kept in Unicode, at any offset.
        both = (content, content[1:])
        assert any(PROGRAM in half.decode("utf-16-le", errors="ignore") for half in both)


def test_shortcuts_are_given_the_identity_of_the_window(program: Path) -> None:
    """Wine has the calls, in name only: what they were given can be read on a Windows alone."""
    assert program.is_dir()
    said = (KEPT / SHELL_CALLS).read_text(encoding="utf-8")
    calls = re.findall(r"propertystore_(SetValue|Commit) \((\w+)\)", said)
    assert [call for call, _ in calls] == ["SetValue", "Commit"] * 2, said


def test_windows_lists_it_among_the_programs(program: Path, wine: Wine) -> None:
    values = wine.registry(UNINSTALL)
    assert values["DisplayName"] == "Signalbox"
    assert values["DisplayVersion"] == __version__
    assert values["InstallLocation"] == PROGRAM
    assert values["UninstallString"] == f'"{PROGRAM}\\uninstall.exe"'
    size = json.loads((program / "manifest.json").read_text(encoding="utf-8"))["size"]
    assert abs(int(values["EstimatedSize"], 16) * 1024 - size) < 2_000_000


def test_it_does_not_start_with_windows_unasked(program: Path, wine: Wine) -> None:
    assert "Signalbox" not in wine.registry(
        "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    )
