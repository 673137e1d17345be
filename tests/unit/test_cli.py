"""The command line: what is typed finds its command, and help costs nothing."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import commands
from commands import COMMANDS, WINDOW, Command, Invocation, execute, resolve, written

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        ([], "", ()),
        (["--config", "site.toml"], "", ("--config", "site.toml")),
        (["demo", "--duration", "5"], "demo", ("--duration", "5")),
        (["test", "-m", "not integration"], "test", ("-m", "not integration")),
    ],
)
def test_a_line_finds_its_command(words: list[str], command: str, rest: tuple[str, ...]) -> None:
    found = resolve(words)
    assert (found.command.name, found.rest) == (command, rest)


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_names_every_command(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        resolve([word])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"  {command.name} " in shown for command in COMMANDS)


def test_a_wrong_word_is_told_with_the_nearest_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        resolve(["slftest"])
    assert ended.value.code == 2
    assert "Did you mean 'selftest'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", [WINDOW, *COMMANDS], ids=lambda command: command.module)
def test_every_command_has_its_module(command: Command) -> None:
    module = importlib.import_module(f"commands.{command.module}")
    assert callable(module.add_arguments)
    assert callable(module.run)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_works_without_any_package(command: Command) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    # -S: no site-packages, as on a fresh clone.
    shown = subprocess.run(
        [base, "-S", "main.py", command.name, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("usage: ")


def test_main_can_be_read_by_old_pythons() -> None:
    source = (ROOT / "main.py").read_text(encoding="utf-8")
    assert "annotations" not in source  # A syntax error before Python 3.7.
    ast.parse(source, feature_version=(3, 4))


def _invocation_of(run: object, monkeypatch: pytest.MonkeyPatch) -> Invocation:
    module = SimpleNamespace(add_arguments=lambda parser: None, run=run)
    monkeypatch.setitem(sys.modules, "commands.trial", module)
    return Invocation(Command("trial", "", "a trial", "trial"))


def test_the_exit_code_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert execute(_invocation_of(lambda args: 7, monkeypatch)) == 7


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    assert execute(_invocation_of(interrupted, monkeypatch)) == 130


def test_wrong_arguments_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(resolve(["version", "--no-such-option"]))
    assert ended.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["run", "--workers=scheduler"], ["demo"], ["selftest"]])
@pytest.mark.parametrize("text", ["nan", "inf", "-1", "0", "soon"])
def test_a_duration_has_an_end(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(resolve([*words, f"--duration={text}"]))
    assert ended.value.code == 2
    assert "more than 0 seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        (["detect", "bundled", "a.png", "--threads"], "from 0 to 64"),
        (["detect", "bundled", "a.png", "--repeat"], "from 1 to 100000"),
        (["bench", "--threads"], "from 0 to 64"),
        (["bench", "--rounds"], "from 1 to 1000"),
        (["bench", "--cameras"], "from 0 to 1000"),
    ],
)
@pytest.mark.parametrize("text", ["-1", "1000000", "2.5", "many"])
def test_a_number_that_would_stop_the_machine_is_refused(
    words: list[str], bounds: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(resolve([*words[:-1], f"{words[-1]}={text}"]))
    assert ended.value.code == 2
    assert bounds in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert written(tmp_path / "new folder" / "a.json", b"{}")
    assert (tmp_path / "new folder" / "a.json").read_bytes() == b"{}"
    assert not written(tmp_path / "new folder", b"{}")
    assert f"{tmp_path / 'new folder'} cannot be written: " in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    line = f'"{sys.executable}" main.py version --json | head -n 1'
    shown = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "{\n", "")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_without_a_console_printing_is_harmless(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, stream, None)
    commands.guard_streams()
    with getattr(sys, stream) as made:
        print("text", file=made)


def test_version_tells_what_a_bug_report_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(resolve(["version", "--json"])) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"signalbox", "python", "system", "Qt", "librdkafka", "execution providers"} <= set(
        facts
    )
    assert "CPUExecutionProvider" in facts["execution providers"]
    assert all(len(digest) == 64 for digest in facts["models"].values())
    assert not any("not usable" in str(value) for value in facts.values())


def test_version_for_people_hides_the_home_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNALBOX_HOME")
    execute(resolve(["version"]))
    shown = capsys.readouterr().out
    settings = next(line for line in shown.splitlines() if line.startswith("settings"))
    assert "~" in settings
    assert str(Path.home()) not in settings
