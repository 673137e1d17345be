"""Installed for everybody by an administrator, used by somebody whose folder is hard to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import __version__
from tests.windows.wine import Overlay, Wine, screen, wait_until

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

USER = "测试 é"
PROGRAM = "C:\\Program Files\\Signalbox"
KEY = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Signalbox"


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    """Windows, of that user, who is an administrator as all are under Wine."""
    with screen() as display:
        machine = Wine(tmp_path_factory.mktemp("everybody") / "prefix", display, user=USER)
        machine.make()
        yield machine
        machine.kill_all()


@pytest.fixture(scope="module")
def program(wine: Wine, installer: Path) -> Path:
    """The folder of the program, installed silently for everybody, where that is by itself."""
    done = wine.run(str(installer), "/S", "/ALLUSERS", timeout_s=300)
    assert (done.code, wine.temp_log()) == (0, "")
    return wine.place(PROGRAM)


@pytest.fixture(scope="module")
def home(wine: Wine) -> Path:
    """The user's folder."""
    return wine.drive / "users" / USER


def shortcuts(wine: Wine) -> set[str]:
    return {str(link.relative_to(wine.drive)) for link in wine.drive.rglob("Signalbox.lnk")}


def test_it_is_there_for_all_users(wine: Wine, program: Path, home: Path) -> None:
    assert (program / "Signalbox.exe").is_file()
    values = wine.registry(f"HKLM\\{KEY}")
    assert values["InstallLocation"] == PROGRAM
    assert values["DisplayVersion"] == __version__
    assert wine.registry(f"HKCU\\{KEY}") == {}
    assert shortcuts(wine) == {
        "ProgramData/Microsoft/Windows/Start Menu/Programs/Signalbox.lnk",
        "users/Public/Desktop/Signalbox.lnk",
    }
    assert not list(home.rglob("Signalbox*")), "nothing of one user alone"


def test_it_works_for_a_user_with_such_a_name(
    wine: Wine, program: Path, home: Path, tmp_path: Path
) -> None:
    cli = f"{PROGRAM}\\signalbox-cli.exe"
    overlay = Overlay(program, tmp_path / "aside")
    overlay.put()
    try:
        version = wine.run(cli, "version", "--json", timeout_s=120)
        report = f"C:\\users\\{USER}\\report.json"
        arguments = ("selftest", "--mode", "e2e", "--duration", "10", "--json", report)
        selftest = wine.run(cli, *arguments, timeout_s=240)
        demo = wine.run(f"{PROGRAM}\\Signalbox.exe", "demo", "--duration", "20", timeout_s=180)
    finally:
        overlay.take_back()
    assert version.code == 0, version.output
    told = json.loads(version.output[version.output.index("{") :])
    # Shown without the user's name; where that leads to is seen below.
    assert told["data"] == "~\\AppData\\Local\\Signalbox\\data"
    assert selftest.code == 0, selftest.output
    assert json.loads((home / "report.json").read_text(encoding="utf-8"))["passed"]
    assert demo.code == 0, demo.output
    logs = home / "AppData" / "Local" / "Signalbox" / "Logs" / "streaming"
    console = (logs / "console.log").read_text(encoding="utf-8")
    assert console.rstrip().endswith("Signalbox ends")
    assert (logs / "detection.log").is_file()
    assert "Traceback" not in version.output + selftest.output + demo.output + console
    data = home / "AppData" / "Local" / "Signalbox"
    assert {"data", "Logs"} <= {path.name for path in data.iterdir()}
    mine = [path for path in wine.drive.rglob("Signalbox") if not path.is_relative_to(program)]
    assert all(path.is_relative_to(data) for path in mine), "data only in the user's folder"


def test_uninstalling_takes_it_from_all(wine: Wine, program: Path, home: Path) -> None:
    done = wine.run(f"{PROGRAM}\\uninstall.exe", "/S", timeout_s=120)
    assert done.code == 0, done.output
    # It goes on in a copy of itself, for it cannot delete the file that runs.
    wait_until(lambda: not program.exists(), 60, "uninstalling")
    wine.wait_for_all()
    assert wine.registry(f"HKLM\\{KEY}") == {}
    assert shortcuts(wine) == set()
    assert (home / "AppData" / "Local" / "Signalbox").is_dir(), "the user's data stays"
