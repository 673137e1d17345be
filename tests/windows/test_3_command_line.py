"""The installed program on the command line: real libraries of Windows at real work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import __version__
from tests.integration.test_updates import https, told
from tests.windows.conftest import KEPT, PROGRAM
from tests.windows.wine import Wine, at_most, windows_path

pytestmark = [
    pytest.mark.windows,
    at_most(600),
    pytest.mark.usefixtures("runnable"),
]

CLI = f"{PROGRAM}\\signalbox-cli.exe"
CONSUMER = "bootstrap.servers=localhost:9092\ngroup.id=llm-task-scheduler\nmax.poll.records=50\n"
PRODUCER = "bootstrap.servers=localhost:9092\nacks=1\nenable.idempotence=true\n"

LOOK = """
import os, sys
_, url, trusted = sys.argv
if trusted != "none":
    os.environ["SSL_CERT_FILE"] = trusted
from pipeline.updates import UpdateError, look
try:
    update = look(url, "0.1.0")
    print(update.version, update.is_newer, update.url)
except UpdateError as error:
    print(error)
"""
"""Asks one address, with a certificate that this Windows trusts beside its own."""


ROTATE = """
import sys
from pathlib import Path
from pipeline.log_files import LogFileWriter
writer = LogFileWriter(Path(sys.argv[1]), max_bytes=400, backups=2)
log = writer.folder / "detection.log"
older = log.with_name("detection.log.1")

def put(words):
    for number in range(40):
        writer.put("detection", f"{words} {number:02} {'x' * 30}\\n")
    writer.flush(30)
    return log.read_text().count(words)

older.touch()
with older.open():
    print(put("an older one is held"))
with log.open():
    print(put("this one is held"))
print(put("free") < 15, log.stat().st_size < 800)
writer.close()
"""
"""Writes more than a log file takes while a viewer holds an older one, then the newest, then none."""


def test_versions_and_folders(wine: Wine) -> None:
    done = wine.run(CLI, "version", "--json", timeout_s=120)
    assert done.code == 0, done.output
    told = json.loads(done.output[done.output.index("{") :])
    text = json.dumps(told, ensure_ascii=False)
    assert __version__ in text
    assert "3.12." in text
    assert "DmlExecutionProvider" in text
    assert "AppData\\\\Local\\\\Signalbox" in text, "data belongs into the user's folder"


def test_help_names_the_launcher(wine: Wine) -> None:
    done = wine.run(CLI, "--help", timeout_s=120)
    assert done.code == 0
    assert "usage: signalbox-cli [COMMAND]" in done.output
    assert "main.py" not in done.output


def test_the_faulty_settings_of_old_are_found(wine: Wine, tmp_path: Path) -> None:
    consumer, producer = tmp_path / "consumer 测试.properties", tmp_path / "producer.properties"
    consumer.write_text(CONSUMER, encoding="utf-8")
    producer.write_text(PRODUCER, encoding="utf-8")
    paths = [windows_path(consumer), windows_path(producer)]
    done = wine.run(CLI, "check-config", *paths, timeout_s=120)
    assert done.code == 1, done.output
    assert "max.poll.records" in done.output
    assert "acks = 1" in done.output
    assert "Use acks = all" in done.output or "acks=all" in done.output
    assert "Traceback" not in done.output


def test_nothing_gets_lost_between_the_stages(wine: Wine, tmp_path: Path) -> None:
    report = tmp_path / "selftest.json"
    arguments = ("selftest", "--mode", "e2e", "--duration", "30", "--json", windows_path(report))
    done = wine.run(CLI, *arguments, timeout_s=240)
    (KEPT / "selftest.txt").write_text(done.output, encoding="utf-8")
    assert done.code == 0, done.output
    figures = json.loads(report.read_text(encoding="utf-8"))
    (KEPT / "selftest.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    assert figures["passed"], figures
    assert "MISSING" not in done.output
    assert "Traceback" not in done.output


def test_a_child_process_gets_an_interpreter(wine: Wine) -> None:
    python = f"{PROGRAM}\\runtime\\python.exe"
    code = "import sys, ssl, sqlite3, ctypes, cv2; print(sys.executable, *sys.path, sep='|')"
    done = wine.run(python, "-X", "utf8", "-c", code, timeout_s=120)
    assert done.code == 0, done.output
    (*path,) = done.output.strip().splitlines()[-1].split("|")
    assert path[0] == python
    assert all(entry.startswith(PROGRAM) for entry in path[1:]), "nothing of another Python"


def test_a_viewer_that_holds_a_log_costs_no_line(wine: Wine, tmp_path: Path) -> None:
    """Windows renames and removes no file that somebody has open; nor does Wine."""
    script = tmp_path / "rotate.py"
    script.write_text(ROTATE, encoding="utf-8")
    words = ("-X", "utf8", windows_path(script), windows_path(tmp_path / "logs"))
    done = wine.run(f"{PROGRAM}\\runtime\\python.exe", *words, timeout_s=120)
    assert done.output.split() == ["40", "40", "True", "True"], done.output


def test_a_newer_version_is_asked_for_over_https(wine: Wine, tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(LOOK, encoding="utf-8")
    python = f"{PROGRAM}\\runtime\\python.exe"
    with https(tmp_path, told("99.1")) as (url, came):
        trusted = windows_path(tmp_path / "certificate.pem")
        words = ("-X", "utf8", windows_path(script), url)
        known = wine.run(python, *words, trusted, timeout_s=120)
        unknown = wine.run(python, *words, "none", timeout_s=120)
    assert "99.1 True https://example.org/signalbox" in known.output
    assert "certificate verify failed" in unknown.output
    assert "99.1" not in unknown.output
    assert len(came) == 1


def test_nothing_was_written_into_the_programs_folder(program: Path, tree: Path) -> None:
    names = {path.relative_to(program) for path in program.rglob("*") if "numpy" not in str(path)}
    shipped = {path.relative_to(tree) for path in tree.rglob("*") if "numpy" not in str(path)}
    assert names - shipped == {Path("uninstall.exe")}
