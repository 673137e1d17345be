"""The first start: from nothing to boxes on one's own video, counted in actions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QRadioButton
from pytestqt.qtbot import QtBot

from commands.gui import _launch
from console.context import ConsoleContext
from console.first_start.dialog import FirstStart
from console.first_start.endpoint_test import EndpointTest
from console.main_window import MainWindow
from console.supervision.session_thread import SessionState
from pipeline import settings_file
from pipeline.paths import RESOURCES
from pipeline.redact import forget_secrets
from pipeline.secrets import resolve
from pipeline.settings import Settings
from pipeline.states import WorkerName
from tests.support.credential_store import TestStore, using
from tests.support.llm_server import llm_server
from tests.support.windows import WAIT_MS, dialog, pick, press, shown_window

CLIP = RESOURCES / "demo" / "market-street-1906.mp4"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def window(qtbot: QtBot, context: ConsoleContext) -> Iterator[MainWindow]:
    with shown_window(qtbot, context) as made:
        made.welcome()
        yield made


@pytest.fixture
def questions(qtbot: QtBot, window: MainWindow) -> FirstStart:
    return dialog(qtbot, FirstStart)


def wait_for_the_file(qtbot: QtBot, context: ConsoleContext, path: Path) -> Settings:
    qtbot.waitUntil(path.exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: context.settings == settings_file.load(path), timeout=WAIT_MS)
    return context.settings


def choose_file(qtbot: QtBot, questions: FirstStart, file: Path) -> None:
    press(qtbot, questions, "Choose a video file")
    chooser = dialog(qtbot, QFileDialog)
    chooser.fileSelected.emit(str(file))
    chooser.reject()


def test_only_a_user_without_settings_is_asked(path: Path) -> None:
    assert _launch(path, chosen=False).first
    path.parent.mkdir()
    path.write_text("", encoding="utf-8")
    assert not _launch(path, chosen=False).first


def test_enter_starts_the_demo(
    qtbot: QtBot, window: MainWindow, questions: FirstStart, context: ConsoleContext, path: Path
) -> None:
    qtbot.keyClick(questions, Qt.Key.Key_Return)
    settings = wait_for_the_file(qtbot, context, path)
    assert [camera.source for camera in settings.cameras] == ["demo"] * 4
    assert settings.kafka.mode == "embedded"
    assert window.page_key == "live"
    assert context.controller.is_starting
    context.controller.close()
    qtbot.waitUntil(
        lambda: context.controller.session_state is SessionState.CLOSED, timeout=WAIT_MS
    )


def test_esc_starts_nothing_and_asks_no_second_time(
    qtbot: QtBot, window: MainWindow, questions: FirstStart, context: ConsoleContext, path: Path
) -> None:
    qtbot.keyClick(questions, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    qtbot.waitUntil(path.exists)
    assert not _launch(path, chosen=False).first
    assert not context.controller.running
    assert context.settings == Settings()


def test_what_is_missing_is_told_before_the_next_step(
    qtbot: QtBot, questions: FirstStart, tmp_path: Path
) -> None:
    pick(qtbot, questions, "A video file")
    press(qtbot, questions, "Next")
    assert "Choose the file first" in questions.step.words_of_problem
    choose_file(qtbot, questions, tmp_path / "gone.mp4")
    assert not questions.step.words_of_problem
    press(qtbot, questions, "Start watching")
    assert "cannot be found" in questions.step.words_of_problem
    pick(qtbot, questions, "A camera")
    assert not questions.step.words_of_problem
    press(qtbot, questions, "Next")
    assert "address first" in questions.step.words_of_problem
    field = next(each for each in questions.findChildren(QLineEdit) if each.isVisible())
    qtbot.keyClicks(field, "rtsp://10.0.0.7/1")
    press(qtbot, questions, "Next")
    pick(qtbot, questions, "A Kafka cluster")
    press(qtbot, questions, "Test connection")
    assert "servers first" in questions.step.words_of_problem
    press(qtbot, questions, "Back")
    assert questions.step.chosen == 2


def test_answers_of_all_steps_are_kept(
    qtbot: QtBot,
    window: MainWindow,
    questions: FirstStart,
    context: ConsoleContext,
    path: Path,
    expect_log: object,
) -> None:
    pick(qtbot, questions, "A camera")
    field = next(each for each in questions.findChildren(QLineEdit) if each.isVisible())
    qtbot.keyClicks(field, "rtsp://10.0.0.7/1")
    press(qtbot, questions, "Next")
    pick(qtbot, questions, "A Kafka cluster")
    field = next(each for each in questions.findChildren(QLineEdit) if each.isVisible())
    qtbot.keyClicks(field, "127.0.0.1:9")
    press(qtbot, questions, "Next")
    decided: list[Settings] = []
    questions.decided.disconnect()
    questions.decided.connect(decided.append)
    press(qtbot, questions, "Start watching")
    assert decided[0].cameras[0].source == "rtsp://10.0.0.7/1"
    assert decided[0].kafka.mode == "cluster"
    assert decided[0].kafka.bootstrap_servers == "127.0.0.1:9"


def test_every_choice_is_reached_by_keyboard(qtbot: QtBot, questions: FirstStart) -> None:
    radios = [each for each in questions.step.findChildren(QRadioButton) if each.isVisible()]
    radios[0].setFocus()
    qtbot.keyClick(radios[0], Qt.Key.Key_Down)
    assert radios[1].isChecked()
    assert radios[1].hasFocus()
    qtbot.keyClick(questions, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)


def test_arrow_keys_choose_at_once_in_every_step(qtbot: QtBot, questions: FirstStart) -> None:
    for _ in range(3):
        (first, second, *_) = questions.step.findChildren(QRadioButton)
        assert questions.focusWidget() is first
        qtbot.keyClick(questions.focusWidget(), Qt.Key.Key_Down)
        assert second.isChecked()
        qtbot.keyClick(questions.focusWidget(), Qt.Key.Key_Up)
        qtbot.keyClick(questions, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert questions.step.question == "Who judges what was seen?"


@pytest.mark.integration
def test_own_video_with_boxes_in_four_actions(
    qtbot: QtBot,
    window: MainWindow,
    questions: FirstStart,
    context: ConsoleContext,
    path: Path,
    tmp_path: Path,
) -> None:
    own = tmp_path / "my street.mp4"
    shutil.copy(CLIP, own)
    pick(qtbot, questions, "A video file")  # 1
    choose_file(qtbot, questions, own)  # 2 and 3: the button, the file
    press(qtbot, questions, "Start watching")  # 4
    settings = wait_for_the_file(qtbot, context, path)
    assert settings.cameras[0].name == "my street"

    def boxes() -> bool:
        view = context.hub.cameras.get(settings.cameras[0].id)
        return view is not None and view.overlay is not None and bool(view.overlay.boxes)

    qtbot.waitUntil(boxes, timeout=WAIT_MS)
    assert context.controller.running == set(WorkerName)
    window.shutdown.begin(hurry=True)
    qtbot.waitUntil(
        lambda: context.controller.session_state is SessionState.CLOSED, timeout=WAIT_MS
    )


class TestAssessor:
    @pytest.fixture
    def decided(self, qtbot: QtBot, questions: FirstStart) -> list[Settings]:
        """What was decided; nothing is started."""
        found: list[Settings] = []
        questions.decided.disconnect()
        questions.decided.connect(found.append)
        press(qtbot, questions, "Next")
        press(qtbot, questions, "Next")
        pick(qtbot, questions, "A language model")
        return found

    @staticmethod
    def fill(qtbot: QtBot, questions: FirstStart, *texts: str) -> None:
        fields = [each for each in questions.findChildren(QLineEdit) if each.isVisible()]
        for field, text in zip(fields, texts, strict=True):
            field.clear()
            qtbot.keyClicks(field, text)

    def test_address_and_model_are_needed(
        self, qtbot: QtBot, questions: FirstStart, decided: list[Settings]
    ) -> None:
        press(qtbot, questions, "Start watching")
        assert "address and model" in questions.step.words_of_problem
        self.fill(qtbot, questions, "ftp://somewhere", "gpt", "")
        press(qtbot, questions, "Start watching")
        assert "http" in questions.step.words_of_problem
        assert not decided

    def test_a_model_on_this_machine_needs_no_key(
        self, qtbot: QtBot, questions: FirstStart, decided: list[Settings]
    ) -> None:
        self.fill(qtbot, questions, "http://127.0.0.1:11434/v1", "llava", "")
        press(qtbot, questions, "Start watching")
        assert decided[0].scheduler.assessor == "llm"
        assert decided[0].scheduler.llm.model == "llava"
        assert not decided[0].scheduler.llm.keys

    def test_a_key_is_kept_in_the_credential_store_only(
        self,
        qtbot: QtBot,
        questions: FirstStart,
        decided: list[Settings],
    ) -> None:
        with using(TestStore()):
            self.fill(qtbot, questions, "https://llm.example.org/v1", "m", "sk-hunter2hunter2")
            press(qtbot, questions, "Start watching")
            qtbot.waitUntil(lambda: bool(decided))
            assert resolve("keyring:key-1") == "sk-hunter2hunter2"
        forget_secrets()
        assert "hunter2" not in settings_file.to_toml(decided[0])
        assert decided[0].scheduler.llm.keys[0].secret == "keyring:key-1"

    def test_without_a_credential_store_it_says_what_to_do(
        self, qtbot: QtBot, questions: FirstStart, decided: list[Settings]
    ) -> None:
        self.fill(qtbot, questions, "https://llm.example.org/v1", "m", "sk-hunter2hunter2")
        press(qtbot, questions, "Start watching")
        qtbot.waitUntil(lambda: "env:NAME" in questions.step.words_of_problem)
        assert "hunter2" not in questions.step.words_of_problem
        self.fill(qtbot, questions, "https://llm.example.org/v1", "m", "env:LLM_KEY")
        press(qtbot, questions, "Start watching")
        assert decided[0].scheduler.llm.keys[0].secret == "env:LLM_KEY"

    @staticmethod
    def said(qtbot: QtBot, questions: FirstStart, words: str) -> str:
        """Wait until the test of the model says this; return all that it says."""
        (test,) = questions.step.findChildren(EndpointTest)
        qtbot.waitUntil(lambda: words in test.words, timeout=WAIT_MS)
        return str(test.words)

    @pytest.mark.integration
    @pytest.mark.parametrize(
        ("behaviour", "words"),
        [
            ("ok", "✓ The key works: qwen-vl answered after"),
            ("401", "✗ The server refuses this key. Enter another."),
            ("429", "its limit is reached just now"),
            ("404", "✗ Nothing is there under this address and model. Check both."),
            ("wrong-type", "✗ What answers there does not speak chat completions."),
        ],
    )
    def test_the_model_is_tried_before_anything_is_kept(
        self,
        qtbot: QtBot,
        questions: FirstStart,
        decided: list[Settings],
        behaviour: str,
        words: str,
    ) -> None:
        store = TestStore()
        with using(store), llm_server() as server:
            server.behaviour = lambda: behaviour
            self.fill(qtbot, questions, server.base_url, "qwen-vl", "sk-hunter2hunter2")
            press(qtbot, questions, "Test the model")
            assert "hunter2" not in self.said(qtbot, questions, words)
            assert server.seen[-1].key == "sk-hunter2hunter2"
        assert not store.kept
        assert not decided
        assert questions.isVisible()

    @pytest.mark.integration
    def test_a_model_without_a_key_is_tried_and_typing_forgets_it(
        self, qtbot: QtBot, questions: FirstStart, decided: list[Settings]
    ) -> None:
        press(qtbot, questions, "Test the model")
        assert "address and model" in questions.step.words_of_problem
        with llm_server() as server:
            self.fill(qtbot, questions, server.base_url, "llava", "")
            press(qtbot, questions, "Test the model")
            self.said(qtbot, questions, "✓ llava answered after")
            server.command("401")
            press(qtbot, questions, "Test the model")
            self.said(qtbot, questions, "✗ The server wants an API key.")
            self.fill(qtbot, questions, server.base_url, "llava", "env:NO_SUCH_VARIABLE")
            (test,) = questions.step.findChildren(EndpointTest)
            assert not test.words
            press(qtbot, questions, "Test the model")
            self.said(qtbot, questions, "NO_SUCH_VARIABLE")
        self.fill(qtbot, questions, server.base_url, "llava", "")
        press(qtbot, questions, "Test the model")
        self.said(qtbot, questions, "✗ The server cannot be reached.")

    @pytest.mark.integration
    def test_a_test_that_hangs_is_given_up(
        self, qtbot: QtBot, questions: FirstStart, decided: list[Settings]
    ) -> None:
        with llm_server() as server:
            server.command("hang")
            self.fill(qtbot, questions, server.base_url, "llava", "")
            press(qtbot, questions, "Test the model")
            self.said(qtbot, questions, "Asking llava…")
            qtbot.waitUntil(lambda: server.under_way == 1, timeout=WAIT_MS)
            press(qtbot, questions, "Cancel")
            self.said(qtbot, questions, "Not tested.")
            press(qtbot, questions, "Test the model")
            self.said(qtbot, questions, "✓ llava answered after")
