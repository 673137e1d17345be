"""The locks: what is shipped is what pyproject.toml asks for, to the byte."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from installer import lockfile
from installer.lockfile import Pin, normalized, read_lock, wheel_identity
from installer.places import LOCK, ROOT, RUNTIME_LOCK
from installer.progress import BuildError

WINDOWS = {"sys_platform": "win32", "python_version": "3.12", "platform_system": "Windows"}


def test_the_lock_meets_every_requirement() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = {pin.name: pin for pin in read_lock(LOCK)}
    unmet = []
    for text in project["dependencies"]:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate(WINDOWS):
            continue
        pin = pins.get(normalized(wanted.name))
        if pin is None or not wanted.specifier.contains(pin.version):
            unmet.append(f"{text}: {pin.version if pin else 'not there'}")
    assert not unmet, "make the lock anew: python installer/make_lock.py"


@pytest.mark.parametrize("lock", [LOCK, RUNTIME_LOCK, ROOT / "tests/windows/rig-win_amd64.lock"])
def test_a_lock_names_no_place_to_fetch_from(lock: Path) -> None:
    assert read_lock(lock)
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text


def test_what_only_other_systems_need_is_not_shipped() -> None:
    names = {pin.name for pin in read_lock(LOCK)}
    assert "onnxruntime-directml" in names
    assert not names & {"onnxruntime", "secretstorage", "jeepney", "uv", "pytest"}


@pytest.mark.parametrize(
    "line",
    ["numpy>=2 --hash=sha256:" + "0" * 64, "numpy==2.0", "numpy==2.0 --hash=sha256:12", "--pre"],
)
def test_a_line_that_pins_nothing_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(f"# head\n{line}\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"(?s)some\.lock, line 2.*make_lock"):
        read_lock(lock)


def test_names_and_versions_come_from_the_wheels_name() -> None:
    path = Path("jaraco_context-6.1.2-py3-none-any.whl")
    assert wheel_identity(path) == ("jaraco-context", "6.1.2")


def test_a_damaged_download_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"the wheel"
    pin = Pin("thing", "1.0", hashlib.sha256(content).hexdigest())
    lock = tmp_path / "lock"
    lock.write_text(pin.to_line(), encoding="utf-8")
    cache = tmp_path / "cache"
    wheel = cache / "thing-1.0-py3-none-any.whl"
    fetched = []

    def download(arguments: list[str], folder: Path) -> None:
        fetched.append(Path(arguments[-1]).read_text(encoding="utf-8"))
        wheel.write_bytes(content)

    monkeypatch.setattr(lockfile, "download", download)
    assert lockfile.fetch(lock, cache) == {"thing": wheel}
    assert lockfile.fetch(lock, cache) == {"thing": wheel}
    assert fetched == [pin.to_line() + "\n"], "the cache is used"
    wheel.write_bytes(b"half of the")
    lockfile.fetch(lock, cache)
    assert len(fetched) == 2
    wheel.write_bytes(b"other")
    monkeypatch.setattr(lockfile, "download", lambda *_: wheel.write_bytes(b"forged"))
    with pytest.raises(BuildError, match="other files than lock names"):
        lockfile.fetch(lock, cache)
