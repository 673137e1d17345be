"""The look: contrast of every pair, one place for colours, following the system, icons."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QRawFont, QTextLayout
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from console import i18n
from console.theme.fonts import HAN_FAMILIES, mono_font, ui_font
from console.theme.stylesheet import stylesheet
from console.theme.theme import ThemeManager
from console.theme.tokens import (
    DARK,
    FILLINGS,
    LIGHT,
    MIN_CONTRAST,
    SURFACES,
    TEXTS,
    Space,
    Tokens,
    contrast,
)
from console.widgets.dialog_buttons import DialogButtons, MessageBox
from tests.support.gallery import missing_characters

CONSOLE = Path(__file__).resolve().parents[2] / "console"
MIN_GRAPHIC_CONTRAST = 3.0
"""WCAG 2.1, 1.4.11: lines of charts, focus rings."""


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeManager]:
    manager = ThemeManager(qapp, "dark")
    yield manager
    manager.deleteLater()
    qapp.processEvents()


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
class TestContrast:
    @pytest.mark.parametrize("surface", SURFACES)
    @pytest.mark.parametrize("text", TEXTS)
    def test_texts_on_surfaces(self, tokens: Tokens, surface: str, text: str) -> None:
        assert contrast(tokens.color(text), tokens.color(surface)) >= MIN_CONTRAST

    @pytest.mark.parametrize(("filling", "text"), FILLINGS.items())
    def test_texts_on_fillings(self, tokens: Tokens, filling: str, text: str) -> None:
        assert contrast(tokens.color(text), tokens.color(filling)) >= MIN_CONTRAST

    @pytest.mark.parametrize("surface", SURFACES)
    def test_focus_ring_and_chart_lines(self, tokens: Tokens, surface: str) -> None:
        for color in (tokens.focus, *tokens.chart):
            assert contrast(color, tokens.color(surface)) >= MIN_GRAPHIC_CONTRAST


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_colour_is_set_outside_the_token_table() -> None:
    """Hexadecimal colours and Qt's named ones stand in tokens.py alone."""
    pattern = re.compile(r"""["'(\s]#[0-9a-fA-F]{3,8}\b|GlobalColor\.(?!transparent)""")
    found = [
        f"{path.relative_to(CONSOLE)}: {line.strip()}"
        for path in sorted(CONSOLE.rglob("*.py"))
        if path.name != "tokens.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_the_stylesheet_is_one_that_qt_understands(
    qapp: QApplication, qtbot: QtBot, tokens: Tokens
) -> None:
    """Qt warns about what it cannot parse, and a warning fails a test."""
    button = QPushButton("x")
    qtbot.addWidget(button)
    button.setStyleSheet(stylesheet(tokens))
    with qtbot.waitExposed(button):
        button.show()
    assert qapp.style().metaObject().className()


def test_choosing_a_theme_changes_everything_at_once(
    qapp: QApplication, theme: ThemeManager, qtbot: QtBot
) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    theme.icons.set_on(button, "play-fill", "ok")
    before = button.icon().pixmap(16, 16).toImage()
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("light")
    assert theme.tokens is LIGHT
    assert button.icon().pixmap(16, 16).toImage() != before
    assert qapp.palette().window().color().name() == LIGHT.background


def test_choosing_the_theme_in_use_changes_nothing(theme: ThemeManager, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("dark")


def test_follows_the_system_until_a_theme_is_chosen(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's answer is the one thing here that a test cannot bring about."""
    scheme = [Qt.ColorScheme.Light]
    hints = qapp.styleHints()
    monkeypatch.setattr(type(hints), "colorScheme", lambda _self: scheme[0])
    manager = ThemeManager(qapp, "system")
    try:
        assert manager.tokens is LIGHT
        scheme[0] = Qt.ColorScheme.Dark
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert manager.tokens is DARK
        manager.set_mode("light")
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert manager.tokens is LIGHT
    finally:
        manager.deleteLater()
        qapp.processEvents()


def test_an_icon_of_a_deleted_button_does_no_harm(theme: ThemeManager, qtbot: QtBot) -> None:
    gone, there = QPushButton(), QPushButton()
    qtbot.addWidget(there)
    for button in (gone, there):
        theme.icons.set_on(button, "x")
    gone.deleteLater()
    qtbot.waitUntil(lambda: not isValid(gone))
    before = there.icon().cacheKey()
    theme.set_mode("light")
    assert there.icon().cacheKey() != before


@pytest.mark.parametrize("mono", [False, True], ids=["ui", "mono"])
def test_figures_are_equally_wide(qapp: QApplication, mono: bool) -> None:
    metrics = QFontMetricsF(mono_font() if mono else ui_font(tabular=True))
    widths = {round(metrics.horizontalAdvance(digit * 20), 1) for digit in "0123456789"}
    assert len(widths) == 1


def _raw_fonts(font: QFont, text: str) -> list[QRawFont]:
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return [run.rawFont() for run in layout.glyphRuns()]


@pytest.mark.parametrize("make", [ui_font, mono_font])
def test_chinese_is_set_in_chinese_shapes_and_latin_in_the_systems_own_font(
    qapp: QApplication, make: Callable[[], QFont]
) -> None:
    del qapp
    if not QFontDatabase.hasFamily("Noto Sans CJK SC"):
        pytest.skip("fonts-noto-cjk is not installed")
    (latin,) = _raw_fonts(make(), "Alarm 42")
    assert "CJK" not in latin.familyName()
    (chinese,) = _raw_fonts(make(), "直接告警")
    assert chinese.familyName().endswith("SC")


def test_the_gallery_knows_characters_that_would_be_boxes(qapp: QApplication) -> None:
    del qapp
    assert missing_characters(ui_font(), "Alarm \U000f1234") == "\U000f1234"


def test_buttons_of_dialogs_are_as_far_apart_as_others(qtbot: QtBot) -> None:
    roles, kinds = QMessageBox.StandardButton, QDialogButtonBox.StandardButton
    asked = MessageBox(QMessageBox.Icon.Question, "Title", "Sure?", roles.Yes | roles.Cancel)
    row = DialogButtons(kinds.Save | kinds.Cancel)
    for shown in (asked, row):
        qtbot.addWidget(shown)
        shown.show()
        qtbot.waitExposed(shown)
        buttons = sorted(shown.findChildren(QPushButton), key=lambda button: button.x())
        gaps = [b.x() - a.geometry().right() - 1 for a, b in itertools.pairwise(buttons)]
        assert gaps == [Space.S]


def test_a_chinese_window_sets_latin_words_in_the_chinese_font(theme: ThemeManager) -> None:
    """Else a line of Latin words only stands higher than its Chinese neighbours."""
    if not any(map(QFontDatabase.hasFamily, HAN_FAMILIES.get(sys.platform, []))):
        pytest.skip("none of the Chinese fonts is installed")
    i18n.install("zh_CN")
    theme.follow_language()
    try:
        heights = []
        for text in ("Kafka", "日志"):
            layout = QTextLayout(text, QApplication.font())
            layout.beginLayout()
            layout.createLine()
            layout.endLayout()
            heights.append(layout.boundingRect().height())
        assert heights[0] == heights[1]
    finally:
        i18n.install("en")
        theme.follow_language()
