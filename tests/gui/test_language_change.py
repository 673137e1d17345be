"""The window in another language, changed while it is open: nothing is left, lost or too narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.app import Console, Launch
from console.context import ConsoleContext
from console.help import HelpDialog
from console.language_change import LanguageChange
from console.main_window import MainWindow
from console.page_list import PAGES
from console.pages.settings import SettingsPage
from console.widgets.camera_dialog import CameraDialog
from console.widgets.key_dialog import KeyDialog
from console.widgets.setting_field import SettingField
from console.widgets.track_diagram import TrackDiagram
from console.window_state import keep_in_files
from pipeline.logs import Logs
from pipeline.settings import Settings, demo_settings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from tests.support.windows import close_console

CHINESE = "zh_CN"


@pytest.fixture(autouse=True)
def _english_again(qapp: QApplication) -> Iterator[None]:
    del qapp  # without one, translators are held but not in use
    locale = QLocale()
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


@pytest.fixture
def settings() -> Settings:
    demo = demo_settings()
    return demo.model_copy(update={"cameras": demo.cameras[:2]})


@pytest.fixture
def window(window: MainWindow, context: ConsoleContext) -> MainWindow:
    """The window, which changes its language as in the program."""
    window.language_chosen.connect(LanguageChange(window, context.theme).follow)
    return window


class _Heights(QObject):
    """Notes how high track diagrams are each time one is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[int] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, TrackDiagram) and event.type() is QEvent.Type.Paint:
            self.painted.append(watched.height())
        return False


def test_no_half_made_window_is_painted_on_the_way(
    qtbot: QtBot, qapp: QApplication, window: MainWindow
) -> None:
    whole = window.track.height()
    heights = _Heights()
    qapp.installEventFilter(heights)
    i18n.install(CHINESE)
    window.retranslate()
    qtbot.waitUntil(lambda: len(heights.painted) > 0)
    qapp.removeEventFilter(heights)
    assert min(heights.painted) >= whole - 20  # Chinese lines have another height


def choose_language(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Choose a language in the status bar, and wait until the window speaks it."""
    before = window.status_bar
    actions = [each for each in before.findChildren(QAction) if each.text() == name]
    actions[0].trigger()
    qtbot.waitUntil(lambda: window.status_bar is not before)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if window.page_key:
        qtbot.waitUntil(window.pages.page(window.page_key).isVisible)


STAY = """
signalbox kafka broker cpu gpu usb csv json jpeg zip iou id ui api p50 p95 p99 ms kb mb gb ctrl shift
alt esc end pgup pgdn del return enter demo rtsp onnx directml cuda openvino yolo bundled trace debug info
sasl tls scram sha plain oauthbearer java librdkafka common producer consumer env space utf
success warning error detection generator scheduler aggregator console english
webhook smtp tls starttls pem keyring env llm lines
openai azure dashscope vllm ollama lm studio qwen vl max token
"""
"""Names, units, keys, and values that are written so in the settings and the log."""


def shown_texts(root: QWidget) -> Iterator[str]:
    """Give every text that a person can read below a widget, and every hint."""
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(row) for row in range(widget.count()))
        if isinstance(widget, QListWidget):
            yield from (widget.item(row).text() for row in range(widget.count()))
        if isinstance(widget, QTreeWidget):
            header = widget.headerItem()
            yield from (header.text(column) for column in range(widget.columnCount()))
        yield widget.toolTip()
        yield widget.accessibleName()
    for action in root.findChildren(QAction):
        # The chart's library makes one that stands in no menu.
        if action.associatedObjects():
            yield action.text()


def foreign_words(text: str, known: set[str]) -> list[str]:
    """Return words in Latin letters that are no names."""
    plain = re.sub(r"<[^>]*>|rtsp://\S*|[a-z]+(?:\.[a-z]+)+|[\w.+-]+[\\/:]\S+|\*\.\w+", " ", text)
    words = re.findall(r"[A-Za-z][A-Za-z]+", plain)
    return [word for word in words if word.lower() not in known.union(STAY.split())]


def names_of(settings: Settings) -> set[str]:
    """Return the words that the user's own names consist of."""
    topics, groups = settings.kafka.topics.model_dump(), settings.kafka.groups.model_dump()
    texts = [*topics.values(), *groups.values()]
    texts += [f"{camera.name} {camera.id}" for camera in settings.cameras]
    return {word.lower() for text in texts for word in re.findall(r"[A-Za-z]+", str(text))}


@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_no_english_is_left_in_the_chinese_window(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, key: str
) -> None:
    choose_language(qtbot, window, "简体中文")
    window.show_page(key)
    qtbot.waitUntil(window.pages.page(key).isVisible)
    known = names_of(context.settings)
    left = {
        text: words
        for part in (
            window.pages.page(key),
            window.top_bar,
            window.rail,
            window.track,
            window.status_bar,
        )
        for text in shown_texts(part)
        if (words := foreign_words(text, known))
    }
    assert left == {}


def test_no_english_is_left_in_chinese_dialogs(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    choose_language(qtbot, window, "简体中文")
    camera = CameraSettings(id="9", name="九", source="demo")
    for dialog in (
        HelpDialog(window),
        CameraDialog(context, camera, "", window),
        KeyDialog(context.settings.scheduler.llm, None, window),
    ):
        dialog.show()
        left = {
            text: found for text in shown_texts(dialog) if (found := foreign_words(text, set()))
        }
        assert left == {}
        dialog.close()


def test_the_language_changes_there_and_back_while_the_window_is_open(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.show_page("kafka")
    for name, start, kafka in (
        ("简体中文", "全部启动", "消费者组"),
        ("English", "Start all", "Consumer groups"),
    ):
        choose_language(qtbot, window, name)
        assert window.page_key == "kafka"
        assert window.rail.button("kafka").isChecked()
        assert window.top_bar.start_button.text() == start
        assert kafka in list(shown_texts(window.pages.page("kafka")))


def test_what_was_typed_and_chosen_survives_the_change(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("logs")
    log_text = next(
        field for field in window.pages.page("logs").findChildren(QLineEdit) if field.isVisible()
    )
    qtbot.keyClicks(log_text, "camera")
    window.show_page("settings")
    field = setting(window, ("detection", "confidence"))
    line = field.row.findChildren(QLineEdit)[0]
    line.selectAll()
    qtbot.keyClicks(line, "0.71")
    window.show_page("pipeline")
    window.pages.show_worker(WorkerName.SCHEDULER)
    window.track.set_folded(True)
    notice = window.add_notice("warning", "The last run ended abruptly.", "details")

    choose_language(qtbot, window, "简体中文")

    assert window.page_key == "pipeline"
    assert window.track.is_folded
    assert "评估调度" in " ".join(
        child.accessibleName() for child in visible(window.pages.page("pipeline"))
    )
    assert setting(window, ("detection", "confidence")).typed() == "0.71"
    texts = [field.text() for field in window.pages.page("logs").findChildren(QLineEdit)]
    assert "camera" in texts
    assert notice.isVisible()
    assert "复制详情" in list(shown_texts(notice))


def visible(root: QWidget) -> list[QWidget]:
    return [child for child in root.findChildren(QWidget) if child.isVisible()]


def setting(window: MainWindow, place: tuple[str, ...]) -> SettingField:
    page = window.pages.page("settings")
    assert isinstance(page, SettingsPage)
    return next(field for field in page.findChildren(SettingField) if field.place == place)


def test_the_wall_alone_stays_alone(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F11)
    choose_language(qtbot, window, "简体中文")
    assert window.isFullScreen()
    assert not window.top_bar.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.top_bar.isVisible)


def test_the_program_follows_its_settings_and_keeps_the_language(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    keep_in_files()
    with Logs(demo_settings().logs, tmp_path, terminal=False) as logs:
        console = Console(qapp, Launch(demo_settings(), settings_path=path), logs)
        console.window.show()
        console.window.open_first_page("settings")
        box = setting(console.window, ("console", "language")).row.findChildren(QComboBox)[0]
        box.setCurrentIndex(box.findData(CHINESE))
        before = console.window.pages.page("settings")
        qtbot.mouseClick(button(before, "Apply"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: console.window.pages.page("settings") is not before)
        after = button(console.window.pages.page("settings"), "应用")
        # On a cold machine the page is there a moment before it is in front.
        qtbot.waitUntil(lambda: after.isVisibleTo(console.window))
        assert 'language = "zh_CN"' in path.read_text(encoding="utf-8")
        close_console(console)


def button(root: QWidget, text: str) -> QAbstractButton:
    return next(each for each in root.findChildren(QAbstractButton) if each.text() == text)


@pytest.mark.parametrize("size", [(1440, 780), (1280, 720), (900, 560)])
def test_no_button_is_too_narrow_for_its_chinese(
    qtbot: QtBot, window: MainWindow, size: tuple[int, int]
) -> None:
    choose_language(qtbot, window, "简体中文")
    window.resize(*size)
    narrow: list[tuple[str, str, int]] = []
    for spec in PAGES:
        window.show_page(spec.key)
        qtbot.waitUntil(window.pages.page(spec.key).isVisible)
        QCoreApplication.processEvents()
        narrow += [
            (spec.key, button.text(), button.width())
            for button in window.findChildren(QAbstractButton)
            if button.isVisible() and button.width() < button.minimumSizeHint().width()
        ]
    assert (window.width(), window.height()) == size
    assert narrow == []
