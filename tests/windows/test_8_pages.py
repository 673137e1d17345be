"""The installer's pages, gone through by keyboard, from the language to the start of the program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.windows.conftest import KEPT
from tests.windows.pages import Person
from tests.windows.wine import Overlay, Wine, missing_programs, screen, wait_until

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

INSTALL_S = 120.0
CHINESE_TITLE = "Signalbox 安装"
WELCOME_GREEN = 300
"""Points: the large mark of the first page has some 700, the small one of the others 80."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen of its own: nothing else takes the keys."""
    if missing := missing_programs(("xdotool", "import")):
        pytest.skip(f"nobody can press keys here: {', '.join(missing)} missing")
    with screen("800x600x24") as made:
        yield made


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory, display: str) -> Iterator[Wine]:
    """Windows without a Signalbox."""
    machine = Wine(tmp_path_factory.mktemp("pages") / "prefix", display)
    machine.make()
    yield machine
    machine.kill_all()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def start(wine: Wine) -> Iterator[Start]:
    """Start programs that are left alone; all have ended at the end."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> subprocess.Popen[str]:
        started.append(wine.start(*words))
        return started[-1]

    yield begin
    wine.kill_all()
    for process in started:
        process.communicate(timeout=30)


@pytest.fixture
def person(display: str) -> Person:
    return Person(display, KEPT)


@pytest.fixture
def data(wine: Wine) -> Path:
    """The user's folder of settings, alarms and logs."""
    (home,) = [path for path in (wine.drive / "users").iterdir() if path.name != "Public"]
    return home / "AppData" / "Local" / "Signalbox"


@pytest.fixture
def program(data: Path) -> Path:
    return data.parent / "Programs" / "Signalbox"


def said(data: Path, text: str) -> bool:
    """Whether the console's log holds a text."""
    logs = data.glob("Logs/*/console.log")
    return any(text in log.read_text(encoding="utf-8") for log in logs)


def test_from_the_language_to_the_start_of_the_program(
    wine: Wine,
    start: Start,
    installer: Path,
    person: Person,
    program: Path,
    data: Path,
    tmp_path: Path,
) -> None:
    setup = start(str(installer))
    wait_until(lambda: "Installer Language" in person.windows(), 60, "asking for the language")
    person.see("page-1-language")
    person.press("Down", "Return")
    wait_until(lambda: CHINESE_TITLE in person.windows(), 60, "the chosen language")
    person.see("page-2-welcome")
    assert person.green() > WELCOME_GREEN, "not our picture"
    for name in ("page-3-who", "page-4-parts", "page-5-folder"):
        person.press("Return")
        person.see(name)
        assert 0 < person.green() < WELCOME_GREEN, "our mark is at the top"
    person.press("Return")
    wait_until((program / "uninstall.exe").exists, INSTALL_S, "installing")
    wait_until(lambda: any(wine.drive.rglob("Desktop/Signalbox.lnk")), 30, "the last shortcut")
    person.see("page-6-installed")
    person.press("Return")
    person.see("page-7-finished")
    Overlay(program, tmp_path / "aside").put()
    person.press("Return")
    assert setup.wait(timeout=60) == 0
    wait_until(lambda: said(data, "starts"), 120, "starting the program")
