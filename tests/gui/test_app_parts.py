"""Parts of the program's frame: crash reports, one instance, signals, gaps, the demo's report."""

from __future__ import annotations

import faulthandler
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from console.crash import AbruptEnd, RunMarker, install_exception_hooks, route_qt_messages
from console.crash_report import CrashReport
from console.demo_report import DemoReport
from console.instance import ANSWER, QUIT, RAISE, SingleInstance, ask, instance_name
from console.theme.theme import ThemeManager
from console.ui_gap import GapHistogram, GapSummary, GapWindow, UiGap
from console.widgets.notice_bar import NoticeBar
from tests.support.log_guard import ExpectLog
from tests.support.windows import press


@pytest.fixture
def stacks_elsewhere() -> Iterator[None]:
    """The marker takes faulthandler for its own; the test runner has it back afterwards."""
    yield
    faulthandler.enable(sys.__stderr__ or 2)


@pytest.mark.usefixtures("stacks_elsewhere")
class TestRunMarker:
    def test_an_orderly_end_leaves_nothing(self, tmp_path: Path) -> None:
        marker = RunMarker(tmp_path, "test")
        assert marker.begin() is None
        marker.end()
        assert list(tmp_path.iterdir()) == []
        again = RunMarker(tmp_path, "test")
        assert again.begin() is None
        again.end()

    def test_a_run_that_is_gone_without_an_end_is_told(self, tmp_path: Path) -> None:
        gone = {"pid": 2**22 + 1, "processStarted": 1.0, "started": "2026-01-02T12:00:00+00:00"}
        (tmp_path / "running-test.json").write_text(json.dumps(gone))
        (tmp_path / "crash-test.txt").write_text("Fatal Python error: Segmentation fault")
        marker = RunMarker(tmp_path, "test")
        before = marker.begin()
        marker.end()
        assert before is not None
        assert before.started is not None
        assert before.started.isoformat() == "2026-01-02T12:00:00+00:00"
        assert "Segmentation fault" in before.stacks
        kept = (tmp_path / "last-crash-test.txt").read_text()
        assert "Segmentation fault" in kept

    def test_a_process_that_has_the_same_number_by_chance_is_not_that_run(
        self, tmp_path: Path
    ) -> None:
        mine = {"pid": psutil.Process().pid, "processStarted": 1.0, "started": "?"}
        (tmp_path / "running-test.json").write_text(json.dumps(mine))
        marker = RunMarker(tmp_path, "test")
        before = marker.begin()
        marker.end()
        assert before is not None
        assert before.started is None

    @pytest.mark.parametrize("leaving", [True, False])
    def test_a_start_waits_for_a_run_that_is_on_its_way_out(
        self, tmp_path: Path, leaving: bool
    ) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            started = psutil.Process(other.pid).create_time()
            table = {"pid": other.pid, "processStarted": started, "leaving": leaving}
            (tmp_path / "running-test.json").write_text(json.dumps(table))
            marker = RunMarker(tmp_path, "test")
            assert not marker.wait_until_left(0.05)
            assert other.stdin is not None
            goes = threading.Thread(target=other.communicate, args=(b"\n",))
            goes.start()
            assert marker.wait_until_left(30.0) is leaving
            goes.join()

    def test_who_leaves_says_so(self, tmp_path: Path) -> None:
        marker = RunMarker(tmp_path, "test")
        marker.begin()
        marker.leave()
        assert json.loads((tmp_path / "running-test.json").read_text())["leaving"]
        marker.end()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("stacks", ["", "Fatal Python error: Aborted"])
    def test_one_that_was_cut_off_on_its_way_out_is_told_only_if_it_crashed(
        self, tmp_path: Path, stacks: str
    ) -> None:
        gone = {"pid": 2**22 + 1, "processStarted": 1.0, "started": "?", "leaving": True}
        (tmp_path / "running-test.json").write_text(json.dumps(gone))
        (tmp_path / "crash-test.txt").write_text(stacks)
        marker = RunMarker(tmp_path, "test")
        before = marker.begin()
        marker.end()
        assert (before is not None) is bool(stacks)

    @pytest.mark.parametrize("text", ["", "{", "[]", "null"])
    def test_a_broken_marker_harms_nobody(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "running-test.json").write_text(text)
        marker = RunMarker(tmp_path, "test")
        marker.begin()
        marker.end()
        assert not (tmp_path / "running-test.json").exists()


@pytest.fixture
def hooks() -> Iterator[None]:
    main, thread = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = main, thread


class TestExceptionHooks:
    def fail(self) -> None:
        raise RuntimeError("no such thing; password=hunter2")

    def test_of_the_window(self, tmp_path: Path, hooks: None, expect_log: ExpectLog) -> None:
        expect_log("unhandled error in the window: .*RuntimeError")
        told: list[tuple[str, str]] = []
        install_exception_hooks(tmp_path, lambda text, details: told.append((text, details)))
        try:
            self.fail()
        except RuntimeError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        ((text, details),) = told
        assert text.startswith("RuntimeError: no such thing")
        assert "in fail" in details
        kept = (tmp_path / "last-exception.txt").read_text(encoding="utf-8")
        assert "in fail" in kept
        assert "hunter2" not in text + details + kept

    def test_of_a_thread(self, tmp_path: Path, hooks: None, expect_log: ExpectLog) -> None:
        expect_log("unhandled error in thread lost: .*RuntimeError")
        told: list[str] = []
        install_exception_hooks(tmp_path, lambda text, _details: told.append(text))
        thread = threading.Thread(target=self.fail, name="lost")
        thread.start()
        thread.join()
        assert len(told) == 1

    def test_ctrl_c_is_no_error(self, tmp_path: Path, hooks: None) -> None:
        told: list[str] = []
        install_exception_hooks(tmp_path, lambda text, _details: told.append(text))
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert told == []


def test_messages_of_qt_go_to_the_log(qapp: QApplication, expect_log: ExpectLog) -> None:
    expect_log("WARNING default: half a {brace")
    route_qt_messages()
    try:
        qWarning("half a {brace")
    finally:
        qInstallMessageHandler(None)


class WindowsPipe:
    """A connection to somebody who is busy for some seconds, and hears only what is still there."""

    BUSY_MS = 4000
    heard = b""

    def __init__(self) -> None:
        self._words = b""

    def connectToServer(self, _name: str) -> None:  # noqa: N802 - Qt's names
        pass

    def waitForConnected(self, _timeout_ms: int) -> bool:  # noqa: N802
        return True

    def write(self, words: bytes) -> None:
        self._words = words

    def bytesToWrite(self) -> int:  # noqa: N802
        return len(self._words)

    def waitForBytesWritten(self, timeout_ms: int) -> bool:  # noqa: N802
        if timeout_ms < self.BUSY_MS:
            return False
        WindowsPipe.heard, self._words = self._words, b""
        return True

    def disconnectFromServer(self) -> None:  # noqa: N802
        self._words = b""


class TestSingleInstance:
    def test_the_second_one_raises_the_first(self, qtbot: QtBot, tmp_path: Path) -> None:
        name = instance_name(f"test-{tmp_path.name}")
        first, second = SingleInstance(name), SingleInstance(name)
        assert first.claim()
        claimed: list[bool] = []
        other = threading.Thread(target=lambda: claimed.append(second.claim()))  # as a process is
        try:
            with qtbot.waitSignal(first.raise_asked):
                other.start()
        finally:
            other.join()
            first.release()
        assert claimed == [False]
        assert second.claim()
        second.release()

    def test_words_wait_until_a_busy_one_has_heard_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On Windows they would be gone; the sockets of Linux hold them."""
        monkeypatch.setattr("console.instance.QLocalSocket", WindowsPipe)
        WindowsPipe.heard = b""
        assert ask("somebody", QUIT)
        assert WindowsPipe.heard == QUIT

    def test_the_first_one_answers_once_its_window_came(self, qtbot: QtBot, tmp_path: Path) -> None:
        name = instance_name(f"test-{tmp_path.name}")
        first, second = SingleInstance(name), SingleInstance(name)
        assert first.claim()
        try:
            assert not second.claim()
            other = second.other
            assert other is not None
            assert not other.canReadLine(), "nothing ran there yet"
            qtbot.waitUntil(other.canReadLine)
            assert bytes(other.readLine().data()) == ANSWER
        finally:
            first.release()

    @pytest.mark.skipif(sys.platform == "win32", reason="a named pipe has other rights")
    def test_no_other_user_can_ask_it_to_quit(self, qtbot: QtBot, tmp_path: Path) -> None:
        one = SingleInstance(instance_name(f"test-{tmp_path.name}"))
        assert one.claim()
        try:
            assert one._server is not None
            assert Path(one._server.fullServerName()).stat().st_mode & 0o077 == 0
        finally:
            one.release()

    def test_other_words_neither_raise_nor_quit(self, qtbot: QtBot, tmp_path: Path) -> None:
        """Another version, or another program, may say anything."""
        name = instance_name(f"test-{tmp_path.name}")
        first = SingleInstance(name)
        heard: list[str] = []
        first.raise_asked.connect(lambda: heard.append("raise"))
        first.quit_asked.connect(lambda: heard.append("quit"))
        assert first.claim()
        try:
            assert ask(name, b"close\n")
            assert ask(name, b"")
            with qtbot.waitSignal(first.raise_asked):
                assert ask(name, RAISE)
            with qtbot.waitSignal(first.quit_asked):
                assert ask(name, QUIT)
        finally:
            first.release()
        assert heard == ["raise", "quit"]

    def test_what_a_crash_left_is_no_hindrance(self, qtbot: QtBot, tmp_path: Path) -> None:
        name = instance_name(f"test-{tmp_path.name}")
        crashed = SingleInstance(name)
        assert crashed.claim()
        server = crashed._server
        assert server is not None
        path = Path(server.fullServerName())
        crashed.release()
        if sys.platform != "win32":
            path.touch()
        again = SingleInstance(name)
        assert again.claim()
        again.release()

    def test_demo_console_and_each_home_have_their_own(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = {instance_name("demo"), instance_name("console")}
        monkeypatch.setenv("SIGNALBOX_HOME", "/somewhere/测试 é")
        names |= {instance_name("demo"), instance_name("console")}
        assert len(names) == 4
        assert all(name.isascii() and len(name) < 60 for name in names)

    def test_a_user_without_a_name_has_one_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody() -> str:
            raise OSError("No username set in the environment")

        monkeypatch.setattr("getpass.getuser", nobody)
        assert instance_name("console")


class TestGaps:
    def test_percentiles(self) -> None:
        histogram = GapHistogram()
        assert histogram.summary() == GapSummary(0, 0, 0, 0)
        for _ in range(98):
            histogram.add(5.1)
        histogram.add(40.2)
        histogram.add(80.0)
        summary = histogram.summary()
        assert (summary.p50, summary.p99, summary.maximum, summary.count) == (5.5, 40.5, 80.0, 100)

    def test_a_percentile_is_never_more_than_the_greatest(self) -> None:
        histogram = GapHistogram()
        histogram.add(5.1)
        assert histogram.summary().p99 == 5.1

    def test_the_window_forgets(self) -> None:
        window = GapWindow(window_s=10)
        window.add(100.0, 500.0)
        window.add(105.0, 6.0)
        assert window.summary().maximum == 500.0
        window.add(110.5, 6.0)
        assert (window.summary().maximum, window.summary().count) == (6.0, 2)

    def test_a_pause_of_the_thread_is_seen(
        self, qtbot: QtBot, wait_busy: Callable[[float], None]
    ) -> None:
        gap = UiGap()
        gap.start()
        qtbot.waitUntil(lambda: gap.recent().count > 3)
        wait_busy(0.12)
        qtbot.waitUntil(lambda: gap.recent().maximum >= 120)
        assert gap.restart().maximum >= 120
        assert gap.total.summary().count == 0


@pytest.fixture
def wait_busy() -> Callable[[float], None]:
    """Keeps the thread busy, as a slot that takes too long does."""
    import time

    def wait(seconds: float) -> None:
        end_s = time.perf_counter() + seconds
        while time.perf_counter() < end_s:
            pass

    return wait


def test_the_demo_report_says_the_same_in_text_and_json() -> None:
    report = DemoReport(
        startup_s=4.21,
        steady_s=30.0,
        shown_fps={"Market & 3rd": 14.93},
        detected_fps=20.04,
        gap_startup=GapSummary(5.5, 12.0, 57.6, 900),
        gap_steady=GapSummary(5.5, 8.0, 48.41, 5600),
        cpu_percent=36.2,
        cores=2,
        memory_bytes=355_000_000,
        memory_peak_bytes=360_000_000,
        alarms=14,
        dead_letters=0,
        failures=("scheduler: no key",),
    )
    table = json.loads(report.to_json())
    assert not table["passed"]
    assert table["gapSteady"] == {"p50": 5.5, "p99": 8.0, "maximum": 48.41, "count": 5600}
    assert table["shownFps"] == {"Market & 3rd": 14.93}
    text = report.to_text()
    for words in ("4.2 s", "14.9", "p99 8.0 ms, max 48.4 ms", "36 % of 2 cores", "355 MB"):
        assert words in text
    assert "FAILED: scheduler: no key" in text


def test_the_report_of_a_crash_is_copied_and_leads_to_the_export(
    qtbot: QtBot, qapp: QApplication
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    theme = ThemeManager(qapp, "dark")
    notice = NoticeBar(theme, "warning", "ended abruptly")
    qtbot.addWidget(notice)
    started = datetime(2026, 1, 2, 3, 4).astimezone()
    report = CrashReport(AbruptEnd(started, "Thread 0x1: in loop"), window)
    notice.add_action(lambda: "Report…", report.open)
    notice.show()
    press(qtbot, notice, "Report…")
    assert report.isVisible()
    press(qtbot, report, "Copy details")
    copied = QGuiApplication.clipboard().text()
    assert "01/02/2026 03:04" in copied
    assert "in loop" in copied
    with qtbot.waitSignal(report.export_asked):
        press(qtbot, report, "Export logs")
    assert not report.isVisible()
    theme.deleteLater()
