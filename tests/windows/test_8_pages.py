"""The installer's pages and questions, answered by keyboard: the first installation, one over a running
Signalbox, and taking it away. Each test goes on where the one before it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.windows.conftest import KEPT
from tests.windows.pages import Person
from tests.windows.reading import Part, Reader, button
from tests.windows.test_2_install import UNINSTALL
from tests.windows.test_5_upgrade import RUN
from tests.windows.wine import (
    Overlay,
    Program,
    Wine,
    at_most,
    missing_programs,
    screen,
    tell,
    wait_until,
)

pytestmark = [pytest.mark.windows, at_most(900)]

INSTALL_S = 300.0
WINDOW_COVERS = 0.5
"""Of the screen, at least; the plate before it covers a twelfth."""
CHINESE_TITLE = "Signalbox 安装"
WELCOME_GREEN = 300
"""Points: the large mark of the first page has some 700, the small one of the others 80."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen of its own: nothing else takes the keys."""
    if missing := missing_programs(("xdotool", "import")):
        text = f"THE INSTALLER'S PAGES ARE NOT TRIED: missing here: {', '.join(missing)}"
        tell(text)
        pytest.skip(text)
    with screen("800x600x24") as made:
        yield made


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory, display: str) -> Iterator[Wine]:
    """Windows without a Signalbox."""
    machine = Wine(tmp_path_factory.mktemp("pages") / "prefix", display)
    machine.make()
    yield machine
    machine.kill_all()


Start = Callable[..., Program]


@pytest.fixture(scope="module")
def start(wine: Wine) -> Iterator[Start]:
    """Start programs that are left alone; all have ended at the end."""
    started: list[Program] = []

    def begin(*words: str) -> Program:
        started.append(wine.start(*words))
        return started[-1]

    yield begin
    wine.kill_all()
    for each in started:
        each.wait(30)


@pytest.fixture
def person(display: str) -> Person:
    return Person(display, KEPT)


@pytest.fixture(scope="module")
def reader(wine: Wine, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(wine, tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="module")
def aside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parent of the folders for what the rig moves out of the program."""
    return tmp_path_factory.mktemp("aside")


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


def starts_of(data: Path) -> int:
    """How often the program has started, by its logs."""
    logs = [log.read_text(encoding="utf-8") for log in data.glob("Logs/*/console.log")]
    return sum(len(re.findall(r"Signalbox \S+ starts", log)) for log in logs)


def is_running(parts: list[Part]) -> bool:
    """Whether the program's own window is shown; the installer's are dialogs."""
    return any(part.is_window and part.kind.startswith("Qt") for part in parts)


def files_of(program: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file."""
    return {
        str(path.relative_to(program)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in program.rglob("*")
        if path.is_file()
    }


def go_to_the_folder(person: Person, reader: Reader, *, keys_for_parts: tuple[str, ...]) -> None:
    """Go through the pages in English until the one with the folder."""
    reader.until("Welcome to Signalbox Setup")
    person.see("english-1-welcome")
    person.press("Return")
    reader.until("Who will use Signalbox?")
    person.see("english-2-who")
    person.press("Return")
    reader.until("Choose Components")
    person.press(*keys_for_parts)
    person.keep("english-3-parts")
    person.press("Return")
    reader.until("Choose Install Location")
    person.see("english-4-folder")


def test_from_the_language_to_the_start_of_the_program(
    wine: Wine,
    start: Start,
    installer: Path,
    person: Person,
    reader: Reader,
    program: Path,
    data: Path,
    aside: Path,
) -> None:
    setup = start(str(installer))
    wait_until(lambda: "Installer Language" in person.windows(), 120, "asking for the language")
    person.see("page-1-language")
    person.press("Down", "Return")
    wait_until(lambda: CHINESE_TITLE in person.windows(), 120, "the chosen language")
    person.see("page-2-welcome")
    assert person.green() > WELCOME_GREEN, "not our picture"
    for name in ("page-3-who", "page-4-parts", "page-5-folder"):
        if name == "page-5-folder":
            person.press("Down", "Down", "space")
            person.see("page-4-parts-autostart")
        person.press("Return")
        person.see(name)
        assert 0 < person.green() < WELCOME_GREEN, "our mark is at the top"
    person.press("Return")
    wait_until((program / "uninstall.exe").exists, INSTALL_S, "installing")
    reader.until("安装完成", timeout_s=INSTALL_S)
    person.see("page-6-installed")
    person.press("Return")
    parts = reader.until("立即启动 Signalbox")
    assert "C" in button(parts, "立即启动 Signalbox").marks
    person.see("page-7-finished")
    assert wine.registry(RUN)["Signalbox"].endswith('\\Programs\\Signalbox\\Signalbox.exe"')
    assert list(wine.drive.rglob("Desktop/Signalbox.lnk"))
    Overlay(program, aside / "first").put()
    person.press("Return")
    assert setup.wait(120).code == 0
    wait_until(lambda: said(data, "starts"), 120, "starting the program")
    # Before it comes a small plate with the name; what comes later would take the next keys.
    wait_until(lambda: person.covered() > WINDOW_COVERS, 120, "its window")
    assert is_running(reader.parts())


def test_a_running_signalbox_is_asked_about_and_cancelling_changes_nothing(
    wine: Wine,
    start: Start,
    installer: Path,
    person: Person,
    reader: Reader,
    program: Path,
    aside: Path,
) -> None:
    before, entries = files_of(program), wine.registry(UNINSTALL) | wine.registry(RUN)
    setup = start(str(installer), "/LANG=1033")
    go_to_the_folder(person, reader, keys_for_parts=())
    person.press("Return")
    parts = reader.until("Signalbox is running.")
    person.see("english-5-running")
    assert "D" in button(parts, "Yes").marks
    cli = program / "signalbox-cli.exe"
    cli.rename(aside / cli.name)
    person.press("alt+y")
    reader.until("Signalbox cannot be closed from here")
    person.see("english-5-running-not-closed")
    (aside / cli.name).rename(cli)
    person.press("alt+n")  # "I have closed it myself": that is not true
    person.keep("english-5-running-still")
    reader.until("Signalbox is running.")
    person.press("Escape")
    assert setup.wait(120).code == 3
    assert is_running(reader.parts())
    assert files_of(program) == before
    assert wine.registry(UNINSTALL) | wine.registry(RUN) == entries


def test_it_is_closed_in_order_where_that_is_wanted(
    wine: Wine,
    start: Start,
    installer: Path,
    person: Person,
    reader: Reader,
    program: Path,
    data: Path,
    aside: Path,
) -> None:
    setup = start(str(installer), "/LANG=1033")
    go_to_the_folder(person, reader, keys_for_parts=("Down", "space", "Down", "space"))
    person.press("Return")
    reader.until("Signalbox is running.")
    person.press("alt+y")
    reader.until("Installation Complete", timeout_s=INSTALL_S)
    assert not is_running(reader.parts())
    assert said(data, "asked to quit by another process")
    person.see("english-6-installed")
    person.press("Return")
    reader.until("Start Signalbox now")
    person.press("space")
    parts = reader.until("Start Signalbox now")
    assert "C" not in button(parts, "Start Signalbox now").marks
    person.keep("english-7-finished")
    overlay = Overlay(program, aside / "second")
    overlay.put()  # it could start now
    starts = starts_of(data)
    person.press("alt+f")
    assert setup.wait(120).code == 0
    wine.wait_for_all()  # only if it was not started, all ends
    overlay.take_back()
    assert starts_of(data) == starts
    assert "Signalbox" not in wine.registry(RUN), "no longer ticked"
    assert not list(wine.drive.rglob("Desktop/Signalbox.lnk"))


QUESTION = {
    "1033": "Delete your settings, alarms and logs as well?",
    "2052": "是否同时删除您的设置、告警和日志？",
}


def uninstall_until_asked(
    start: Start, person: Person, reader: Reader, program: Path, language: str
) -> list[Part]:
    """Go through the uninstaller by keyboard; return what is shown with its question."""
    titles = {"1033": "Uninstall Signalbox", "2052": "卸载 Signalbox"}
    user = program.parents[3].name
    start(f"C:\\users\\{user}\\AppData\\Local\\Programs\\Signalbox\\uninstall.exe")
    reader.until(titles[language])
    person.see(f"uninstall-{language}-1-confirm")
    person.press("Return")
    parts = reader.until(QUESTION[language], timeout_s=INSTALL_S)
    person.see(f"uninstall-{language}-2-question")
    return parts


def test_the_uninstaller_keeps_the_users_data_unless_told_otherwise(
    wine: Wine, start: Start, person: Person, reader: Reader, program: Path, data: Path
) -> None:
    kept = {path: path.stat().st_size for path in data.rglob("*") if path.is_file()}
    assert kept
    parts = uninstall_until_asked(start, person, reader, program, "1033")
    assert any("AppData\\Local\\Signalbox" in part.text for part in parts), "it says which"
    assert "D" in button(parts, "No").marks
    person.press("Return")
    reader.until("Uninstallation Complete", timeout_s=INSTALL_S)
    person.see("uninstall-1033-3-done")
    person.press("Return")
    wine.wait_for_all()
    assert not program.exists()
    assert wine.registry(UNINSTALL) == {}
    assert {path: path.stat().st_size for path in kept} == kept


def test_the_users_data_goes_where_that_is_answered(
    wine: Wine,
    start: Start,
    installer: Path,
    person: Person,
    reader: Reader,
    program: Path,
    data: Path,
) -> None:
    assert wine.run(str(installer), "/S", "/LANG=2052", timeout_s=INSTALL_S).code == 0
    parts = uninstall_until_asked(start, person, reader, program, "2052")
    assert "D" in button(parts, "No").marks
    assert data.is_dir()
    person.press("alt+y")
    reader.until("卸载完成", timeout_s=INSTALL_S)
    person.see("uninstall-2052-3-done")
    person.press("Return")
    wine.wait_for_all()
    assert not data.exists()
    assert not program.exists()
