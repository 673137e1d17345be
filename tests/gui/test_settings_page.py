"""The page of settings, used as a person does: typed, checked, applied, reverted, kept."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.settings import SettingsPage
from console.settings_form import sections
from console.settings_keeper import consequence_words
from console.widgets.notice_test import NoticeTest
from console.widgets.section import Section
from pipeline import settings_file
from pipeline.settings import Settings, demo_settings
from pipeline.states import WorkerName
from tests.support.log_guard import ExpectLog
from tests.support.web_server import web_server
from tests.support.windows import shown

TRIAL_MS = 60_000
"""A process that imports onnxruntime takes seconds on a busy machine."""


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> SettingsPage:
    return show_page(qtbot, context)


def show_page(qtbot: QtBot, context: ConsoleContext) -> SettingsPage:
    return shown(qtbot, SettingsPage(context), 1200, 700)


def line(page: SettingsPage, name: str) -> QLineEdit:
    return next(one for one in page.findChildren(QLineEdit) if one.accessibleName() == name)


def box(page: SettingsPage, name: str) -> QComboBox:
    return next(one for one in page.findChildren(QComboBox) if one.accessibleName() == name)


def write(qtbot: QtBot, page: SettingsPage, name: str, text: str) -> None:
    field = line(page, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def choose(qtbot: QtBot, page: SettingsPage, name: str, words: str) -> None:
    """Go through a list by keys until these words are in front; wait until they are offered."""
    field = box(page, name)
    qtbot.waitUntil(lambda: field.findText(words) >= 0, timeout=TRIAL_MS)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Home)
    while field.currentText() != words:
        qtbot.keyClick(field, Qt.Key.Key_Down)


def button(page: QWidget, text: str) -> QPushButton:
    return next(
        one for one in page.findChildren(QPushButton) if one.text() == text and one.isVisible()
    )


def press(qtbot: QtBot, page: QWidget, text: str) -> None:
    qtbot.mouseClick(button(page, text), Qt.MouseButton.LeftButton)


def texts(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if not label.isHidden()]


def test_what_is_applied_is_kept_and_used(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, path: Path
) -> None:
    assert not button(page, "Apply").isEnabled()
    write(qtbot, page, "Confidence", "0.55")
    choose(qtbot, page, "Runs on", "CPU")
    assert button(page, "Apply").isEnabled()
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: "Applied." in texts(page), timeout=TRIAL_MS)
    assert context.settings.detection.confidence == 0.55
    saved = settings_file.load(path)
    assert saved == context.settings
    assert saved.detection.providers == ("cpu",)
    assert saved.cameras == demo_settings().cameras


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("Confidence", "1.4", "Must be 1 or less."),
        ("Confidence", "half", "Enter a number, such as 0.5."),
        ("Threads", "1.5", "Enter a whole number."),
        ("Threads", "", "Enter a whole number."),
        ("Threads", "65", "Must be 64 or less."),
        ("Crowd size", "1", "Must be 2 or more."),
        ("Cooldown (s)", "0", "Must be more than 0."),
    ],
)
def test_what_cannot_be_is_said_while_it_is_typed(
    qtbot: QtBot, page: SettingsPage, name: str, typed: str, words: str
) -> None:
    write(qtbot, page, name, typed)
    assert words in texts(page)
    assert not button(page, "Apply").isEnabled()
    press(qtbot, page, "Revert")
    assert words not in texts(page)
    assert not button(page, "Revert").isEnabled()


def test_a_cluster_needs_servers_and_says_so_at_their_field(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage
) -> None:
    words = "Must name at least one host:port in cluster mode."
    field = box(page, "Broker")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert words in texts(page)
    write(qtbot, page, "Bootstrap servers", "kafka-1:9092")
    assert words not in texts(page)
    qtbot.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: context.settings.kafka.bootstrap_servers == "kafka-1:9092")


def test_a_setting_goes_back_to_its_default(qtbot: QtBot, page: SettingsPage) -> None:
    write(qtbot, page, "Cooldown (s)", "99")
    press(qtbot, page, "Default")
    assert line(page, "Cooldown (s)").text() == "30"


def test_what_is_typed_survives_changes_made_elsewhere(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage
) -> None:
    write(qtbot, page, "Confidence", "0.6")
    changed = context.settings.model_copy(
        update={
            "cameras": (),
            "aggregator": context.settings.aggregator.model_copy(update={"alarm_level": "high"}),
        }
    )
    context.controller.apply_settings(changed)
    assert line(page, "Confidence").text() == "0.6"
    assert box(page, "Alarm level").currentText() == "High only"
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: context.settings.detection.confidence == 0.6)
    assert context.settings.cameras == ()
    assert context.settings.aggregator.alarm_level == "high"


def test_settings_that_cannot_be_kept_are_not_used(
    qtbot: QtBot, context: ConsoleContext, expect_log: ExpectLog, tmp_path: Path
) -> None:
    expect_log("the settings cannot be saved")
    (tmp_path / "file").write_text("")
    page = show_page(qtbot, replace(context, settings_path=tmp_path / "file" / "signalbox.toml"))
    write(qtbot, page, "Confidence", "0.7")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: any("cannot be saved" in text for text in texts(page)))
    assert context.settings.detection.confidence != 0.7
    assert line(page, "Confidence").text() == "0.7"
    assert button(page, "Apply").isEnabled()
    # The next key is meant for it, not for what comes after it.
    assert page.window().focusWidget() is button(page, "Apply")


def test_in_the_demo_it_is_said_that_changes_do_not_last(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    page = show_page(qtbot, replace(context, settings_path=None))
    assert any("this run only" in text for text in texts(page))
    write(qtbot, page, "Confidence", "0.7")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: context.settings.detection.confidence == 0.7)


def test_scrolling_the_page_changes_no_choice(qtbot: QtBot, page: SettingsPage) -> None:
    field = box(page, "Theme")
    line(page, "Confidence").setFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(field.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    assert field.currentText() == "As the system"


def test_every_field_has_a_name_and_help(page: SettingsPage) -> None:
    names = [field.name for section in sections() for field in section.fields]
    fields: list[QWidget] = [*page.findChildren(QLineEdit), *page.findChildren(QComboBox)]
    helped = {one.accessibleName() for one in fields if one.accessibleDescription()}
    assert set(names) - helped == set()


@pytest.mark.parametrize(
    ("section", "field", "value", "words"),
    [
        ("detection", "confidence", 0.5, "Restarts: Detection."),
        ("aggregator", "alarm_level", "high", "Restarts: Aggregator."),
        ("scheduler", "assessor", "llm", "Restarts: Scheduler. Assessment goes on after some sec"),
        ("kafka", "partitions", 8, "The broker connection changes"),
        ("console", "theme", "light", "No worker has to restart."),
    ],
)
def test_what_restarts_is_told(section: str, field: str, value: object, words: str) -> None:
    old = Settings()
    part = getattr(old, section).model_copy(update={field: value})
    new = old.model_copy(update={section: part})
    assert words in consequence_words(old, new, set(WorkerName))
    assert "No worker" in consequence_words(old, new, set())


def outcome(page: SettingsPage, receiver: int) -> str:
    labels = page.findChildren(NoticeTest)[receiver].findChildren(QLabel)
    return next((label.text() for label in labels if label.isVisibleTo(page)), "")


def press_test(qtbot: QtBot, page: SettingsPage, receiver: int) -> None:
    test = page.findChildren(NoticeTest)[receiver]
    button = next(b for b in test.findChildren(QPushButton) if b.text() == "Send a test")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_token_in_the_address_of_a_webhook_is_seen_only_while_it_is_edited(
    qtbot: QtBot, page: SettingsPage, context: ConsoleContext
) -> None:
    address = "https://hooks.slack.com/services/T0/B0/Zebra"
    write(qtbot, page, "Webhook address", address)
    field = line(page, "Webhook address")
    assert field.displayText() == address
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: not field.hasFocus())
    assert field.displayText() == "https://hooks.slack.com/services/***"
    qtbot.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: context.settings.aggregator.alarms.webhook.url == address)
    assert "Zebra" not in field.displayText()
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.displayText() == address
    qtbot.keyClick(field, Qt.Key.Key_End)
    qtbot.keyClicks(field, "2")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    qtbot.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: context.settings.aggregator.alarms.webhook.url == f"{address}2")


def test_a_test_goes_to_the_webhook_as_typed_before_it_is_applied(
    qtbot: QtBot, page: SettingsPage
) -> None:
    press_test(qtbot, page, 0)
    assert outcome(page, 0) == "Type the address first."
    with web_server(204, 404) as (url, received):
        write(qtbot, page, "Webhook address", url)
        press_test(qtbot, page, 0)
        qtbot.waitUntil(lambda: outcome(page, 0) == "The webhook took the test.")
        assert b"This is a test of Signalbox" in received[0][1]
        press_test(qtbot, page, 0)
        qtbot.waitUntil(lambda: outcome(page, 0) == "The test failed: the webhook answered 404.")
    write(qtbot, page, "Webhook address", "ftp://nowhere")
    press_test(qtbot, page, 0)
    assert outcome(page, 0) == "Mend what is marked red first."


def test_a_mail_server_that_does_not_answer_is_told(qtbot: QtBot, page: SettingsPage) -> None:
    press_test(qtbot, page, 1)
    assert outcome(page, 1) == "Type the mail server first."
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        for name, text in (
            ("Mail server", "127.0.0.1"),
            ("Port", str(taken.getsockname()[1])),
            ("Sender", "box@example.org"),
            ("Recipients", "ops@example.org"),
        ):
            write(qtbot, page, name, text)
        press_test(qtbot, page, 1)
        qtbot.waitUntil(lambda: outcome(page, 1).startswith("The test failed: the mail was not"))


def test_a_secret_is_stored_and_its_field_names_it(
    qtbot: QtBot, page: SettingsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr("pipeline.secrets.store", kept.__setitem__)
    test = page.findChildren(NoticeTest)[0]
    button = next(b for b in test.findChildren(QPushButton) if b.text() == "Store the secret…")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = test.findChildren(QInputDialog)[0]
    field = dialog.findChildren(QLineEdit)[0]
    assert field.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(field, "s3cret")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: line(page, "Signing secret").text() == "keyring:webhook")
    assert kept == {"webhook": "s3cret"}
    assert line(page, "Signing secret").text() not in kept.values()


def test_storage_and_alarms_are_kept(qtbot: QtBot, page: SettingsPage, path: Path) -> None:
    write(qtbot, page, "Keep alarms (days)", "0")
    assert "Must be more than 0." in texts(page)
    write(qtbot, page, "Keep alarms (days)", "30")
    write(qtbot, page, "Told again after (s)", "60")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(path.exists)
    kept = settings_file.load(path).aggregator
    assert (kept.storage.keep_alarms_days, kept.alarms.escalate_after_s) == (30.0, 60.0)


def test_the_keyboard_goes_from_the_list_into_the_section_that_is_chosen(
    qtbot: QtBot, page: SettingsPage
) -> None:
    sections_list = page.findChildren(QListWidget)[0]
    cards = page.findChildren(Section)
    for row, card in enumerate(cards):
        sections_list.setFocus()
        sections_list.setCurrentRow(row)
        qtbot.keyClick(sections_list, Qt.Key.Key_Tab)
        field = page.focusWidget()
        assert card.isAncestorOf(field), card.accessibleName()
        assert not field.visibleRegion().isEmpty(), card.accessibleName()
    first = page.focusWidget()
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    assert cards[-1].isAncestorOf(page.focusWidget())
    qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Backtab)
    assert page.focusWidget() is first


def test_wider_windows_show_more_columns_and_mark_the_section_chosen(
    qtbot: QtBot, page: SettingsPage
) -> None:
    sections_list = page.findChildren(QListWidget)[0]
    listed = [sections_list.item(row).text() for row in range(sections_list.count())]
    cards = page.findChildren(Section)

    def is_laid_out(columns: int) -> bool:
        in_order = sorted(cards, key=lambda card: (card.x(), card.y()))
        return (
            len({card.x() for card in cards}) == columns
            and [card.accessibleName() for card in in_order] == listed
            and all(card.height() == card.heightForWidth(card.width()) for card in cards)
        )

    for width, columns in ((1200, 1), (1440, 2), (1900, 2), (2560, 3), (1440, 2)):
        page.resize(width, 900)
        qtbot.waitUntil(partial(is_laid_out, columns))
    for row in range(1, sections_list.count()):
        qtbot.keyClick(sections_list, Qt.Key.Key_Down)
        chosen = [card.accessibleName() for card in cards if card.property("chosen") == "true"]
        assert chosen == [listed[row]]
    page.resize(1200, 700)
    qtbot.waitUntil(lambda: is_laid_out(1))
