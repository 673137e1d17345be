"""When something is in the way: a clear message, and no half of a program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from installer import manifest
from tests.windows.conftest import PROGRAM, install
from tests.windows.test_2_install import UNINSTALL
from tests.windows.test_5_upgrade import RUN, uninstall
from tests.windows.wine import Overlay, Program, Wine, at_most, tell, wait_until

pytestmark = [pytest.mark.windows, at_most(900)]

SOME_FILES = 300


@contextmanager
def small_disk(wine: Wine, folder: Path, options: str) -> Iterator[Path]:
    """Give Windows a drive X: of its own."""
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    command = [*as_root, "mount", "-t", "tmpfs", "-o", f"{options},mode=1777", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if mounted.returncode:
        text = f"NO SMALL DISK can be mounted here: {mounted.stderr.strip()}"
        tell(text)
        pytest.skip(text)
    letter = wine.prefix / "dosdevices" / "x:"
    letter.symlink_to(folder)
    try:
        yield folder
    finally:
        letter.unlink()
        wine.wait_for_all()
        subprocess.run([*as_root, "umount", str(folder)], check=True, timeout=60)


def staged(program: Path) -> int:
    """Return how many files of a new version are there already."""
    return sum(1 for path in (program / ".new").rglob("*") if path.is_file())


def kill_while_it_writes(wine: Wine, installer: Path) -> None:
    """Start the installer, and kill it when some files are there."""
    process = wine.start(str(installer), "/S", *f"/D={PROGRAM}".split(" "))
    wait_until(lambda: staged(wine.place(PROGRAM)) > SOME_FILES, 120, "installing")
    wine.kill_all()
    process.wait(30)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb") as file:
        while True:
            try:
                file.write(bytes(1_000_000))
                file.flush()
            except OSError:
                return


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    wine: Wine, installer: Path, tmp_path: Path
) -> None:
    with small_disk(wine, tmp_path / "small", "size=50m") as disk:
        code, log = install(wine, installer, "/LANG=1033", into="X:\\Signalbox")
        assert code == 4
        assert "not enough space" in log
        assert "X:\\Signalbox" in log
        assert list(disk.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(
    wine: Wine, installer: Path, tmp_path: Path
) -> None:
    with small_disk(wine, tmp_path / "filling", "size=420m") as disk:
        process = wine.start(str(installer), "/S", "/LANG=1033", "/D=X:\\Signalbox")
        wait_until(lambda: staged(disk / "Signalbox") > SOME_FILES, 120, "installing")
        fill(disk / "filler")
        assert process.wait(120).code == 2
        assert "disk is full" in wine.temp_log()
        assert [path.name for path in disk.iterdir()] == ["filler"]


def test_a_folder_that_cannot_be_written_is_told(
    wine: Wine, installer: Path, tmp_path: Path
) -> None:
    with small_disk(wine, tmp_path / "readonly", "size=600m,ro"):
        code, log = install(wine, installer, "/LANG=2052", into="X:\\Signalbox")
        assert code == 5
        assert "无法写入文件夹" in log


def test_a_folder_whose_name_is_too_long_is_told(wine: Wine, installer: Path) -> None:
    code, log = install(wine, installer, into="C:\\" + "long-name-" * 12)
    assert code == 7
    assert "too long" in log


def test_killed_in_the_middle_it_is_as_before_and_the_next_try_works(
    wine: Wine, installer: Path, upgrade: Path, overlay: Overlay
) -> None:
    program = wine.place(PROGRAM)
    if (program / "Signalbox.exe").exists():  # the tests before these take it away
        uninstall(wine, program)
    kill_while_it_writes(wine, installer)
    assert not (program / "Signalbox.exe").exists(), "no half of a program that could be started"

    assert install(wine, installer) == (0, "")
    before = manifest.read_manifest(program)["files"]
    kill_while_it_writes(wine, upgrade)
    for name, entry in before.items():
        assert (program / name).stat().st_size == entry["size"], name

    assert install(wine, installer) == (0, "")
    assert not (program / ".new").exists()
    overlay.put()
    done = wine.run(f"{PROGRAM}\\signalbox-cli.exe", "version", timeout_s=120)
    overlay.take_back()
    assert done.code == 0, done.output


@pytest.fixture
def running(wine: Wine, program: Path, overlay: Overlay) -> Iterator[Program]:
    """A demo at work."""
    assert (program / "Signalbox.exe").is_file()
    overlay.put()
    demo = wine.start(f"{PROGRAM}\\Signalbox.exe", "demo")
    pattern = "users/*/AppData/Local/Signalbox/Logs/streaming/detection.log"
    for log in wine.drive.glob(pattern):
        log.unlink()  # of a demo before
    wait_until(lambda: any(wine.drive.glob(pattern)), 120, "starting the demo")
    yield demo
    if demo.is_running:
        wine.kill_all()
        demo.kill()
    overlay.take_back()


def check_closed_in_order(wine: Wine, demo: Program) -> None:
    done = demo.wait(60)
    assert done.code == 0, done.output
    (console,) = wine.drive.glob("users/*/AppData/Local/Signalbox/Logs/streaming/console.log")
    lines = console.read_text(encoding="utf-8")
    assert "asked to quit by another process" in lines
    assert lines.rstrip().endswith("Signalbox ends")


def test_it_is_closed_also_where_another_folder_is_chosen(
    wine: Wine, installer: Path, running: Program, tmp_path: Path
) -> None:
    """One that cannot be written, so that what is installed stays as it is."""
    value = (UNINSTALL, "/v", "InstallLocation", "/f")
    switches = ("/CLOSE", "/LANG=1033")
    with small_disk(wine, tmp_path / "readonly", "size=600m,ro"):
        assert wine.run("reg", "delete", *value, timeout_s=60).code == 0
        code, log = install(wine, installer, *switches, into="X:\\Signalbox")
        assert code == 3
        assert "no installed copy was found" in log
        assert running.is_running

        assert wine.run("reg", "add", *value, "/d", PROGRAM, timeout_s=60).code == 0
        code, log = install(wine, installer, *switches, into="X:\\Signalbox")
        check_closed_in_order(wine, running)
        assert code == 5, log


def test_a_running_signalbox_is_left_alone_or_closed_in_order(
    wine: Wine, installer: Path, program: Path, running: Program
) -> None:
    code, log = install(wine, installer, "/LANG=1033")
    assert code == 3
    assert "Signalbox is running. Close it, then start the installation again" in log
    # Without the last switch it goes on in a copy of itself, and its code is lost.
    words = ("/S", *f"_?={PROGRAM}".split(" "))
    done = wine.run(f"{PROGRAM}\\uninstall.exe", *words, timeout_s=120)
    assert done.code == 3, done.output
    log = wine.temp_log()
    assert "Signalbox is running. Close it, then uninstall it again" in log
    assert "Nothing was removed" in log
    assert (program / "app" / "main.py").is_file()
    assert running.is_running

    code, log = install(wine, installer, "/CLOSE")
    assert (code, log) == (0, "")
    check_closed_in_order(wine, running)


def test_in_another_folder_it_takes_the_place_of_the_one_before(
    wine: Wine, installer: Path, program: Path
) -> None:
    (data,) = wine.drive.glob("users/*/AppData/Local/Signalbox")
    kept = {path for path in data.rglob("*") if path.is_file()}
    assert kept
    moved = "C:\\Programme\\Signalbox 2"
    assert install(wine, installer, "/AUTOSTART", into=moved) == (0, "")
    assert not program.exists(), "no second program, which nobody could find again"
    assert (wine.place(moved) / "Signalbox.exe").is_file()
    assert wine.registry(UNINSTALL)["InstallLocation"] == moved
    assert wine.registry(RUN)["Signalbox"] == f'"{moved}\\Signalbox.exe"'
    links = list((wine.drive / "users").rglob("Signalbox.lnk"))
    assert {link.parent.name for link in links} == {"Desktop", "Programs"}
    assert all(path.exists() for path in kept)
