"""The first start on a clone without its packages: the environment is made for real, and mended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
BASE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))
PACKAGE = "signalbox_trial"
TRIAL_COMMAND = """
import sys
def add_arguments(parser): parser.add_argument("--json", action="store_true")
def run(args):
    import signalbox_trial
    print(sys.prefix)
    return 5
"""
PYPROJECT = """
[project]
dependencies = ["signalbox_trial>=1"]
[project.optional-dependencies]
test = ["signalbox_trial>={test_version}"]
"""
WAIT_S = 60


def make_wheel(folder: Path, version: str) -> None:
    """Write a wheel that holds one empty module."""
    folder.mkdir(exist_ok=True)
    info = f"{PACKAGE}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{PACKAGE}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{PACKAGE}.py", "")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@dataclass
class Clone:
    """A checkout without packages whose one dependency lies in a folder of wheels."""

    root: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of one start."""
        return [BASE_PYTHON, str(self.root / "main.py"), *arguments]

    def start(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Start it and wait for its end."""
        return subprocess.run(
            self.command("version"),
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )

    @property
    def venv(self) -> Path:
        return self.root / ".venv"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    # A blank and letters outside ASCII, as in many a Windows user's folder.
    root = tmp_path / "测试 é clone"
    root.mkdir()
    shutil.copy(ROOT / "main.py", root)
    for name in ("bootstrap", "commands"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "commands" / "version.py").write_text(TRIAL_COMMAND, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT.format(test_version=1), encoding="utf-8")
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "1.0")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return Clone(root, {**kept, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)})


def test_the_first_start_makes_the_environment_and_the_next_only_uses_it(clone: Clone) -> None:
    first = clone.start()
    assert (first.returncode, first.stdout.strip()) == (5, str(clone.venv)), first.stderr
    assert "First start: setting up Signalbox" in first.stderr
    assert "installing: 1 of 1 packages" in first.stderr
    second = clone.start(PIP_FIND_LINKS="/no/such/folder")
    assert (second.returncode, second.stdout.strip()) == (5, str(clone.venv))
    assert second.stderr == ""


def test_an_index_out_of_reach_is_told_and_the_next_start_tries_again(clone: Clone) -> None:
    unreachable = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    failed = clone.start(**unreachable, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert failed.returncode == 2
    assert "could not be reached" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (clone.venv / "signalbox-setup.log").stat().st_size > 0
    again = clone.start()
    assert again.returncode == 5, again.stderr
    assert "did not finish: making it again" in again.stderr


def test_a_working_environment_survives_an_update_that_fails(clone: Clone) -> None:
    assert clone.start().returncode == 5
    project = clone.root / "pyproject.toml"
    before = project.read_text(encoding="utf-8")
    project.write_text(before.replace("trial>=1", "trial>=2"), encoding="utf-8")
    failed = clone.start()
    assert failed.returncode == 2
    assert "pip found no signalbox_trial>=2" in failed.stderr
    project.write_text(before, encoding="utf-8")
    assert clone.start(PIP_FIND_LINKS="/no/such/folder").stderr == ""


def test_a_newer_dependency_is_brought_in(clone: Clone) -> None:
    assert clone.start().returncode == 5
    make_wheel(Path(clone.environment["PIP_FIND_LINKS"]), "2.0")
    project = clone.root / "pyproject.toml"
    text = project.read_text(encoding="utf-8").replace("trial>=1", "trial>=2")
    project.write_text(text, encoding="utf-8")
    updated = clone.start()
    assert updated.returncode == 5
    assert "up to date" in updated.stderr
    assert [*clone.venv.rglob(f"{PACKAGE}-2.0.dist-info")]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_start_killed_while_setting_up_is_mended_by_the_next(clone: Clone) -> None:
    process = subprocess.Popen(
        clone.command("version"), env=clone.environment, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + WAIT_S
    while not (clone.venv / "pyvenv.cfg").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    mended = clone.start()
    assert mended.returncode == 5, mended.stderr
    assert "making it again" in mended.stderr


def test_two_first_starts_at_once_make_it_once(clone: Clone) -> None:
    processes = [
        subprocess.Popen(
            clone.command("version"),
            env=clone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=WAIT_S) for process in processes]
    assert [process.returncode for process in processes] == [5, 5], outputs
    said = sorted(error for _, error in outputs)
    assert said[0] == "Another start of Signalbox is setting it up; waiting for it.\n"
    assert said[1].startswith("First start")


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that even root cannot write")
def test_a_place_that_cannot_be_written_is_told_with_a_way_out(clone: Clone) -> None:
    refused = clone.start(SIGNALBOX_VENV="/proc/signalbox-venv")
    assert refused.returncode == 2
    assert "cannot write" in refused.stderr
    assert "SIGNALBOX_VENV" in refused.stderr


def test_another_place_for_the_environment_can_be_chosen(clone: Clone, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "env"
    started = clone.start(SIGNALBOX_VENV=str(place))
    assert (started.returncode, started.stdout.strip()) == (5, str(place)), started.stderr
    assert not clone.venv.exists()
