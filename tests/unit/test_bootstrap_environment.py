"""Whose an environment is, and when it is ready."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bootstrap.environment import STAMP_NAME, Environment, Stamp, running_minor


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment without packages, ready for its pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=2"]\n', encoding="utf-8"
    )
    made = Environment(tmp_path / ".venv", tmp_path)
    venv.create(made.folder, with_pip=False, symlinks=os.name != "nt")
    made.write_stamp(Stamp("ready", running_minor(), made.required_hash(), with_tests=False))
    return made


def test_ready_for_what_was_installed_and_not_for_more(environment: Environment) -> None:
    assert environment.is_ready(with_tests=False)
    assert not environment.is_ready(with_tests=True)


def test_the_test_packages_include_the_others(environment: Environment) -> None:
    stamp = environment.read_stamp()
    assert stamp is not None
    environment.write_stamp(dataclasses.replace(stamp, with_tests=True))
    assert environment.is_ready(with_tests=False)
    assert environment.is_ready(with_tests=True)


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ('[project]\ndependencies = ["numpy>=2"]\n[tool.ruff]\nline-length = 99\n', True),
        ('[project]\ndependencies = ["numpy>=3"]\n', False),
        ('[project]\ndependencies = ["numpy>=2", "loguru"]\n', False),
    ],
)
def test_only_other_requirements_ask_for_set_up(
    environment: Environment, text: str, ready: bool
) -> None:
    (environment.root / "pyproject.toml").write_text(text, encoding="utf-8")
    assert environment.is_ready(with_tests=False) == ready


def test_not_ready_while_it_is_made(environment: Environment) -> None:
    environment.write_stamp(Stamp("making", running_minor(), "", with_tests=False))
    assert not environment.is_ready(with_tests=False)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "ready"}', '{"unknown": 1}'])
def test_a_stamp_that_was_cut_off_counts_as_half_made(
    environment: Environment, content: str
) -> None:
    (environment.folder / STAMP_NAME).write_text(content, encoding="utf-8")
    stamp = environment.read_stamp()
    assert stamp is not None
    assert stamp.state == "making"


def test_without_a_stamp_it_is_somebody_elses(environment: Environment) -> None:
    (environment.folder / STAMP_NAME).unlink()
    assert environment.read_stamp() is None
    assert not environment.is_ready(with_tests=False)


def test_not_ready_when_its_python_was_uninstalled(environment: Environment) -> None:
    configuration = environment.folder / "pyvenv.cfg"
    text = configuration.read_text(encoding="utf-8")
    home = next(line for line in text.splitlines() if line.startswith("home"))
    configuration.write_text(text.replace(home, "home = /no/such/folder"), encoding="utf-8")
    assert not environment.is_ready(with_tests=False)


def test_not_ready_when_its_interpreter_is_gone(environment: Environment) -> None:
    environment.python.unlink()
    assert not environment.is_ready(with_tests=False)


def test_the_environment_of_this_process_is_known() -> None:
    assert Environment(Path(sys.prefix), Path.cwd()).is_current()


def test_only_the_one_of_this_process_is_current(environment: Environment) -> None:
    assert not environment.is_current()


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    Environment(tmp_path / "not there", tmp_path).note("text")


# What takes the place of exec on Windows, where a process cannot be replaced.
BESIDE = """
import sys
from bootstrap.environment import _run_beside
sys.exit(_run_beside([sys.executable, "-c", sys.argv[1]]))
"""


def test_the_process_beside_gives_its_exit_code() -> None:
    run = subprocess.run([sys.executable, "-c", BESIDE, "raise SystemExit(7)"], check=False)
    assert run.returncode == 7


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a process group")
def test_ctrl_c_is_left_to_the_process_beside() -> None:
    child = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\n"
        "signal.pause()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", BESIDE, child], stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 9
