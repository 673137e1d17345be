"""What a model runs on is chosen from what this machine offers; the rest of the page is elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import onnxruntime
import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from console import i18n
from console.pages.settings import SettingsPage
from pipeline.settings import Settings, demo_settings
from tests.support.console_parts import console_context

READ_MS = 30_000
"""onnxruntime is loaded first, which takes seconds on a busy machine."""


def card(name: str, number: str) -> SimpleNamespace:
    """Return a graphics card as onnxruntime tells of it on Windows."""
    metadata = {"Description": name, "DxgiAdapterNumber": number}
    device = SimpleNamespace(metadata=metadata, vendor="Maker")
    return SimpleNamespace(ep_name="DmlExecutionProvider", device=device)


@pytest.fixture
def asked_in(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """A Windows machine with DirectML and two cards; the threads that asked for them."""
    threads: list[threading.Thread] = []

    def cards() -> list[Any]:
        threads.append(threading.current_thread())
        return [card("Quick 9000", "1"), card("Small 100", "0")]

    there = ["DmlExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    monkeypatch.setattr(onnxruntime, "get_ep_devices", cards)
    return threads


def shown(qtbot: QtBot, context: Any) -> SettingsPage:
    page = SettingsPage(context)
    qtbot.addWidget(page)
    page.resize(1200, 900)
    with qtbot.waitExposed(page):
        page.show()
    return page


@pytest.fixture
def page(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[SettingsPage]:
    table = demo_settings().model_dump()
    table["detection"] |= getattr(request, "param", {})
    with console_context(qtbot, Settings.model_validate(table)) as context:
        yield shown(qtbot, context)


def box(page: SettingsPage, name: str) -> QComboBox:
    return next(one for one in page.findChildren(QComboBox) if one.accessibleName() == name)


def offered(page: SettingsPage, name: str) -> list[str]:
    field = box(page, name)
    return [field.itemText(number) for number in range(field.count())]


def wait_for(qtbot: QtBot, page: SettingsPage, name: str, *words: str) -> None:
    qtbot.waitUntil(lambda: offered(page, name) == list(words), timeout=READ_MS)


def test_what_is_here_is_offered_and_the_default_kept_and_marked(
    qtbot: QtBot, page: SettingsPage
) -> None:
    wait_for(qtbot, page, "Runs on", "CPU", "DirectML (not available here), then CPU")
    assert box(page, "Runs on").currentIndex() == 1
    assert offered(page, "Graphics card") == ["The first"]
    assert "These settings are in use." in {each.text() for each in page.findChildren(QLabel)}


def test_the_cards_are_read_off_the_windows_thread_and_one_is_chosen(
    qtbot: QtBot, asked_in: list[threading.Thread], page: SettingsPage
) -> None:
    wait_for(qtbot, page, "Graphics card", "The first", "Small 100", "Quick 9000")
    assert offered(page, "Runs on") == ["DirectML, then CPU", "CPU"]
    assert threading.main_thread() not in asked_in
    field = box(page, "Graphics card")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    assert page.kept()[0] == {("detection", "device"): "Quick 9000"}
    qtbot.keyClick(box(page, "Runs on"), Qt.Key.Key_Down)
    assert page.kept()[0][("detection", "providers")] == ["cpu"]


@pytest.mark.parametrize(
    "page", [{"device": "Gone 7", "providers": ("openvino", "cuda", "cpu")}], indirect=True
)
def test_what_the_settings_name_stays_though_it_is_not_here(
    qtbot: QtBot, asked_in: list[threading.Thread], page: SettingsPage
) -> None:
    marked = "Gone 7 (not available here)"
    qtbot.waitUntil(lambda: box(page, "Graphics card").currentText() == marked, timeout=READ_MS)
    assert box(page, "Runs on").currentText() == (
        "OpenVINO (not available here), then CUDA (not available here), then CPU"
    )
    assert page.kept()[0] == {}
    field = box(page, "Graphics card")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Home)
    assert field.currentText() == "The first"
    qtbot.keyClick(field, Qt.Key.Key_End)
    assert field.currentText() == marked
    assert page.kept()[0] == {}


@pytest.mark.parametrize("page", [{"device": "quick"}], indirect=True)
def test_a_part_of_a_cards_name_is_there(
    qtbot: QtBot, asked_in: list[threading.Thread], page: SettingsPage
) -> None:
    wait_for(qtbot, page, "Graphics card", "The first", "Small 100", "Quick 9000", "quick")
    assert box(page, "Graphics card").currentText() == "quick"


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    locale = QLocale()
    i18n.install("zh_CN")
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


def test_in_chinese(chinese: None, qtbot: QtBot, page: SettingsPage) -> None:
    wait_for(qtbot, page, "推理后端", "CPU", "DirectML（此处不可用），其次 CPU")
