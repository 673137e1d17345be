"""Installing over it, and taking it away: old libraries go, what belongs to the user stays."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from installer.signing import Signer
from tests.windows.conftest import LEFT_OUT, PROGRAM, UPGRADE_VERSION, install
from tests.windows.test_2_install import UNINSTALL
from tests.windows.wine import Wine, at_most, wait_until

pytestmark = [pytest.mark.windows, at_most(900)]

RUN = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"


def user_data(wine: Wine) -> Path:
    (home,) = [path for path in (wine.drive / "users").iterdir() if path.name != "Public"]
    return home / "AppData" / "Local" / "Signalbox"


def uninstall(wine: Wine, program: Path, *switches: str) -> None:
    done = wine.run(f"{PROGRAM}\\uninstall.exe", "/S", *switches, timeout_s=120)
    assert done.code == 0, done.output
    # It goes on in a copy of itself, for it cannot delete the file that runs.
    wait_until(lambda: not (program / "app").exists(), 300, "uninstalling")
    wine.wait_for_all()


def test_an_upgrade_leaves_nothing_old_and_keeps_what_is_the_users(
    wine: Wine, program: Path, upgrade: Path
) -> None:
    data = user_data(wine)
    (data / "data").mkdir(parents=True, exist_ok=True)
    (data / "signalbox.toml").write_text('[console]\ntheme = "dark"\n', encoding="utf-8")
    (data / "data" / "alarms.db").write_bytes(b"alarms")
    desktop = next((wine.drive / "users").rglob("Desktop/Signalbox.lnk"))
    desktop.unlink()
    library = program / "runtime" / "Lib" / "site-packages" / LEFT_OUT
    assert library.is_file()
    (program / "app" / "of-an-older-version.py").touch()

    assert install(wine, upgrade, "/AUTOSTART") == (0, "")

    assert not library.exists()
    assert not (program / "app" / "of-an-older-version.py").exists()
    assert not (program / ".new").exists()
    assert not (program / ".old").exists()
    assert wine.registry(UNINSTALL)["DisplayVersion"] == UPGRADE_VERSION
    assert wine.registry(RUN)["Signalbox"] == f'"{PROGRAM}\\Signalbox.exe"'
    assert not desktop.exists(), "a shortcut that was removed stays removed"
    assert (data / "data" / "alarms.db").read_bytes() == b"alarms"


def test_installer_and_uninstaller_are_signed(
    program: Path, upgrade: Path, installer: Path, certificate: Signer
) -> None:
    def verify(path: Path) -> str:
        command = ["osslsigncode", "verify", "-in", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    assert certificate.is_set
    for path in (upgrade, program / "uninstall.exe"):
        said = verify(path)
        assert "CN=Signalbox test" in said, said
        digests = re.findall(r"(?:Current|Calculated) message digest *: (\w{64})", said)
        assert len(digests) == 2, said
        assert len(set(digests)) == 1, "changed after it was signed"
    assert "No signature found" in verify(installer)


def test_uninstalling_leaves_only_what_was_promised(wine: Wine, program: Path) -> None:
    data = user_data(wine)
    mine = program / "notes.txt"
    mine.write_text("of the user", encoding="utf-8")
    uninstall(wine, program)
    assert [path.name for path in program.iterdir()] == ["notes.txt"], "it removes only its own"
    assert wine.registry(UNINSTALL) == {}
    assert "Signalbox" not in wine.registry(RUN)
    assert not list((wine.drive / "users").rglob("Signalbox.lnk"))
    assert json.dumps((data / "signalbox.toml").read_text(encoding="utf-8"))
    assert (data / "data" / "alarms.db").is_file()


def test_the_users_data_goes_when_that_is_asked_for(
    wine: Wine, program: Path, installer: Path
) -> None:
    (program / "notes.txt").unlink()
    assert install(wine, installer) == (0, "")
    uninstall(wine, program, "/PURGE")
    assert not program.exists()
    assert not user_data(wine).exists()
