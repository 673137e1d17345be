"""Choosing a detector model on the settings page: tried first, on a picture, with what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.pages.settings import SettingsPage
from console.widgets.model_test import ModelTest
from console.widgets.section import Section
from pipeline.detection.images import write_image
from pipeline.detection.models import BUNDLED_MODEL
from pipeline.settings import Settings, demo_settings
from tests.support.console_parts import console_context
from tests.support.windows import shown
from tests.unit.detection.families.networks import Network, street

TRIAL_MS = 60_000


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[ConsoleContext]:
    table = demo_settings().model_dump()
    table["detection"]["providers"] = ["cpu"]
    with console_context(qtbot, Settings.model_validate(table)) as made:
        yield made


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> SettingsPage:
    return shown(qtbot, SettingsPage(context), 1200, 900)


@pytest.fixture
def trial(page: SettingsPage) -> ModelTest:
    found: list[ModelTest] = page.findChildren(ModelTest)
    return found[0]


def press(qtbot: QtBot, page: SettingsPage, text: str) -> None:
    button = next(one for one in page.findChildren(QPushButton) if one.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, page: SettingsPage, name: str, text: str) -> None:
    field = next(one for one in page.findChildren(QLineEdit) if one.accessibleName() == name)
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def ambiguous(path: Path) -> Path:
    net = Network()
    table = net.among_cells(net.row(*net.centre(), net.const([1.0]), net.scores), 8)
    net.output("rows", table, [1, 525, 8])
    return net.save(path)


def test_a_model_is_tried_and_shows_what_it_finds(
    qtbot: QtBot, page: SettingsPage, trial: ModelTest
) -> None:
    press(qtbot, page, "Try it")
    assert trial.is_trying
    qtbot.waitUntil(lambda: trial.image is not None, timeout=TRIAL_MS)
    assert "nanodet on CPU" in trial.words
    assert "person" in trial.words
    assert "the metadata names the family nanodet" in trial.evidence
    write(qtbot, page, "Classes", "car")
    assert trial.image is None


def test_a_broken_model_is_not_applied_and_the_one_in_use_stays(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, trial: ModelTest, tmp_path: Path
) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(BUNDLED_MODEL.read_bytes()[:50_000])
    write(qtbot, page, "Model", str(path))
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: "not a complete ONNX model" in trial.words, timeout=TRIAL_MS)
    assert context.settings.detection.model == "bundled"
    assert any("Not applied" in label for label in labels(page))


def test_an_ambiguous_model_is_picked_by_what_it_finds(
    qtbot: QtBot,
    context: ConsoleContext,
    page: SettingsPage,
    trial: ModelTest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = str(ambiguous(tmp_path / "m.onnx"))
    picture = tmp_path / "street.png"
    write_image(picture, street())
    answers = iter([path, str(picture)])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (next(answers), ""))
    press(qtbot, page, "Choose…")
    press(qtbot, page, "Picture…")
    qtbot.waitUntil(lambda: "Pick one" in trial.words, timeout=TRIAL_MS)
    press(qtbot, page, "yolov5")
    qtbot.waitUntil(lambda: trial.image is not None, timeout=TRIAL_MS)
    assert "Found: 1 class 1." in trial.words
    press(qtbot, page, "Apply")
    # It was tried already: no second trial.
    assert context.settings.detection.model == path
    assert context.settings.detection.family == "yolov5"


def test_the_trial_is_in_the_card_of_the_model(page: SettingsPage, trial: ModelTest) -> None:
    (card,) = (each for each in page.findChildren(Section) if each.isAncestorOf(trial))
    names = {each.accessibleName() for each in card.findChildren(QLineEdit)}
    assert "Model" in names


def test_a_trial_can_be_given_up(qtbot: QtBot, page: SettingsPage, trial: ModelTest) -> None:
    press(qtbot, page, "Try it")
    press(qtbot, page, "Cancel")
    assert not trial.is_trying
    assert trial.words == "Not tried."


def labels(page: SettingsPage) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel)]


def test_what_is_found_is_named_in_the_language_of_the_window(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    i18n.install("zh_CN")
    try:
        page = SettingsPage(context)
        qtbot.addWidget(page)
        with qtbot.waitExposed(page):
            page.show()
        press(qtbot, page, "试一试")
        (trial,) = page.findChildren(ModelTest)
        qtbot.waitUntil(lambda: "行人" in trial.words, timeout=TRIAL_MS)
        assert "person" not in trial.words
    finally:
        i18n.install("en")
