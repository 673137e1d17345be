"""Installed for everybody by an administrator, used by somebody whose folder is hard to write."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from installer import tools
from pipeline import __version__
from tests.windows.conftest import install
from tests.windows.test_6_trouble import small_disk
from tests.windows.wine import (
    HERE,
    Overlay,
    Wine,
    at_most,
    screen,
    wait_until,
    windows_path,
)

pytestmark = [pytest.mark.windows, at_most(900)]

USER = "测试 é"
PROGRAM = "C:\\Program Files\\Signalbox"
CLI = f"{PROGRAM}\\signalbox-cli.exe"
HOME = f"C:\\users\\{USER}"
DEEP = "\\".join([HOME, *["很深的文件夹 é 很深的文件夹 é"] * 15])
"""With what is kept in it longer than the 260 letters that were the most of old."""
WORK_S = 25
KEEP_SETTINGS = """
import sys
from pipeline import settings_file
from pipeline.paths import settings_file as place
from pipeline.settings import demo_settings
path, clip = place(), sys.argv[1]
cameras = [
    camera.model_copy(update={"name": f"路口 é {number}", "source": clip})
    for number, camera in enumerate(demo_settings().cameras[:2], start=1)
]
wanted = demo_settings().model_copy(update={"cameras": tuple(cameras)})
settings_file.save(demo_settings(), path)
settings_file.save(wanted, path)
assert settings_file.load(path) == wanted
print(len(str(path)), path.with_suffix(".toml.bak").is_file())
"""
"""Writes settings twice, as the window does, and reads them again."""
RUN = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
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


@pytest.fixture(scope="module")
def unprivileged(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that runs another one without the rights of an administrator."""
    program = tmp_path_factory.mktemp("unprivileged") / "unprivileged.exe"
    source = HERE / "helpers" / "unprivileged.c"
    tools.run([tools.find_mingw("gcc"), "-O2", "-s", "-o", program, source])
    return windows_path(program)


@pytest.fixture(scope="module")
def overlay(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Overlay:
    """What makes this installation run; not in force yet."""
    return Overlay(program, tmp_path_factory.mktemp("aside") / "aside")


@pytest.fixture
def runnable(overlay: Overlay) -> Iterator[None]:
    """While a test runs, the installed program can run."""
    overlay.put()
    yield
    overlay.take_back()


def read(log: Path) -> str:
    """Return what a log holds until now; nothing while there is none."""
    return log.read_text(encoding="utf-8") if log.exists() else ""


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


def test_a_silent_upgrade_takes_the_place_of_what_is_there_for_all(
    wine: Wine, installer: Path, program: Path, home: Path
) -> None:
    (program / "app" / "of-an-older-version.py").touch()
    done = wine.run(str(installer), "/S", "/AUTOSTART", timeout_s=300)
    assert (done.code, wine.temp_log()) == (0, "")
    assert not (program / "app" / "of-an-older-version.py").exists()
    assert wine.registry(f"HKLM\\{KEY}")["InstallLocation"] == PROGRAM
    assert wine.registry(f"HKCU\\{KEY}") == {}
    assert not list(home.rglob("Signalbox.*")), "no second one beside it"
    assert wine.registry(f"HKLM\\{RUN}")["Signalbox"] == f'"{PROGRAM}\\Signalbox.exe"'
    assert "Signalbox" not in wine.registry(f"HKCU\\{RUN}"), "not of the administrator alone"


def test_without_the_rights_for_that_it_is_told(
    wine: Wine, installer: Path, program: Path, unprivileged: str
) -> None:
    marker = program / "app" / "of-an-older-version.py"
    marker.touch()
    setup = windows_path(installer)
    done = wine.run(unprivileged, setup, "/S", "/LANG=1033", timeout_s=120)
    log = wine.temp_log()
    assert done.code == 6, f"{done.output}{log}"
    assert "is installed for everybody on this computer" in log
    assert "/CURRENTUSER" in log
    done = wine.run(unprivileged, setup, "/S", "/ALLUSERS", "/LANG=2052", timeout_s=120)
    assert done.code == 6
    assert "为所有用户安装需要管理员权限" in wine.temp_log()
    assert marker.exists(), "nothing was changed"
    marker.unlink()  # the uninstaller takes away only what was installed


def test_one_of_the_users_own_beside_it_where_that_is_asked_for(
    wine: Wine, installer: Path, program: Path, home: Path, unprivileged: str
) -> None:
    setup = windows_path(installer)
    done = wine.run(unprivileged, setup, "/S", "/CURRENTUSER", timeout_s=300)
    assert (done.code, wine.temp_log()) == (0, "")
    mine = home / "AppData" / "Local" / "Programs" / "Signalbox"
    folder = f"{HOME}\\AppData\\Local\\Programs\\Signalbox"
    assert wine.registry(f"HKCU\\{KEY}")["InstallLocation"] == folder
    (mine / "app" / "of-an-older-version.py").touch()
    assert wine.run(str(installer), "/S", timeout_s=300).code == 0
    assert not (mine / "app" / "of-an-older-version.py").exists(), "their own goes first"
    uninstall = f"{folder}\\uninstall.exe"
    assert wine.run(unprivileged, uninstall, "/S", timeout_s=120).code == 0
    wait_until(lambda: not mine.exists(), 300, "uninstalling")
    wine.wait_for_all()
    assert wine.registry(f"HKCU\\{KEY}") == {}
    assert wine.registry(f"HKLM\\{KEY}")["InstallLocation"] == PROGRAM
    assert (program / "Signalbox.exe").is_file()


@pytest.mark.usefixtures("runnable")
def test_it_works_for_a_user_with_such_a_name(wine: Wine, program: Path, home: Path) -> None:
    version = wine.run(CLI, "version", "--json", timeout_s=120)
    report = f"{HOME}\\report.json"
    arguments = ("selftest", "--mode", "e2e", "--duration", "10", "--json", report)
    selftest = wine.run(CLI, *arguments, timeout_s=240)
    demo = wine.run(f"{PROGRAM}\\Signalbox.exe", "demo", "--duration", "20", timeout_s=180)
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


@pytest.mark.usefixtures("runnable")
def test_it_is_closed_by_the_copy_for_all_or_it_is_told_why_it_goes_on(
    wine: Wine, installer: Path, program: Path, home: Path, tmp_path: Path
) -> None:
    """Another folder is chosen, and this user has no copy: only the registry of all knows of one.

    The folder cannot be written, so that what is installed stays as it is.
    """

    def install_elsewhere() -> tuple[int, str]:
        return install(
            wine, installer, "/CURRENTUSER", "/CLOSE", "/LANG=1033", into="X:\\Signalbox"
        )

    logs = home / "AppData" / "Local" / "Signalbox" / "Logs" / "streaming"
    aggregator, detection = logs / "aggregator.log", logs / "detection.log"
    aggregator.unlink(missing_ok=True)
    with small_disk(wine, tmp_path / "readonly", "size=600m,ro"):
        # Without a window there is nobody who could be asked.
        windowless = wine.start(CLI, "run", "--workers", "aggregator")
        wait_until(lambda: "started" in read(aggregator), 120, "starting a worker")
        code, log = install_elsewhere()
        assert code == 3
        assert "was asked to close, and still runs" in log
        assert "Or it runs in a command window" in log
        assert "Nothing was changed" in log
        assert windowless.is_running
        wine.kill_all()
        windowless.kill()

        detection.unlink(missing_ok=True)
        demo = wine.start(f"{PROGRAM}\\Signalbox.exe", "demo")
        wait_until(lambda: "started" in read(detection), 120, "starting the demo")
        code, log = install_elsewhere()
        assert code == 5, log
        done = demo.wait(60)
        demo.kill()
    assert done.code == 0, done.output
    console = read(logs / "console.log")
    assert "asked to quit by another process" in console
    assert console.rstrip().endswith("Signalbox ends")


@pytest.mark.usefixtures("runnable")
@pytest.mark.parametrize("deep", [False, True], ids=["user's folder", "deeper than 260"])
def test_settings_alarms_logs_and_the_export_where_paths_are_hard_to_write(
    wine: Wine, program: Path, home: Path, tmp_path: Path, *, deep: bool
) -> None:
    """A camera's file, too, lies in such a folder."""
    moved = DEEP if deep else ""
    base = wine.place(moved) if deep else home / "AppData" / "Local" / "Signalbox"
    base.mkdir(parents=True, exist_ok=True)
    clip = base / "视频 é.mp4"
    shutil.copyfile(program / "app" / "resources" / "demo" / "market-street-1906.mp4", clip)
    script = tmp_path / "keep.py"
    script.write_text(KEEP_SETTINGS, encoding="utf-8")
    base_name = moved or f"{HOME}\\AppData\\Local\\Signalbox"
    clip_name = f"{base_name}\\{clip.name}"

    python = (f"{PROGRAM}\\runtime\\python.exe", "-X", "utf8", windows_path(script), clip_name)
    kept = wine.run(*python, timeout_s=120, home=moved)
    assert kept.code == 0, kept.output
    length, has_backup = kept.output.split()[-2:]
    assert has_backup == "True"
    assert (int(length) > 260) is deep

    arguments = ("run", "--workers", "all", "--duration", str(WORK_S))
    work = wine.run(CLI, *arguments, timeout_s=180, home=moved)
    assert work.code == 0, work.output
    assert "路口 é 1" in (base / ("config" if deep else "") / "signalbox.toml").read_text("utf-8")
    pictures = list((base / "data" / "alarms-evidence").rglob("*.jpg"))
    # A copy: on Linux, SQLite itself opens no path as long as that.
    for path in (base / "data").glob("alarms.db*"):
        shutil.copyfile(path, tmp_path / path.name)
    with closing(sqlite3.connect(tmp_path / "alarms.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM alarms").fetchone()
    assert count == len(pictures) > 0
    for picture in pictures:
        content = np.frombuffer(picture.read_bytes(), np.uint8)
        assert cv2.imdecode(content, cv2.IMREAD_COLOR) is not None

    zip_name = f"{base_name}\\导出 é.zip"
    done = wine.run(CLI, "export-logs", "--output", zip_name, timeout_s=120, home=moved)
    assert done.code == 0, done.output
    assert "Traceback" not in kept.output + work.output + done.output
    with zipfile.ZipFile(base / "导出 é.zip") as bundle:
        assert bundle.testzip() is None
        names = bundle.namelist()
        assert any(name.endswith("detection.log") for name in names), names
        settings = next(name for name in names if "settings" in name)
        assert "路口 é 1" in bundle.read(settings).decode("utf-8")


def test_uninstalling_takes_it_from_all(wine: Wine, program: Path, home: Path) -> None:
    done = wine.run(f"{PROGRAM}\\uninstall.exe", "/S", timeout_s=120)
    assert done.code == 0, done.output
    # It goes on in a copy of itself, for it cannot delete the file that runs.
    wait_until(lambda: not program.exists(), 300, "uninstalling")
    wine.wait_for_all()
    assert wine.registry(f"HKLM\\{KEY}") == {}
    assert "Signalbox" not in wine.registry(f"HKLM\\{RUN}")
    assert shortcuts(wine) == set()
    assert (home / "AppData" / "Local" / "Signalbox").is_dir(), "the user's data stays"
