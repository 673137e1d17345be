"""Passwords of Kafka: kept in the credential store, never in sight, in a file or a log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.core import load_keyring
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from pipeline import settings_file
from pipeline.secrets import SERVICE
from pipeline.settings import KafkaSettings, Settings
from tests.support.console_parts import console_context
from tests.support.credential_store import TestStore, using
from tests.support.kafka_page import (
    PROPERTIES,
    SECRET,
    WAIT_MS,
    buttons,
    choose,
    choose_cluster,
    editor,
    everything_shown,
    open_tab,
    press,
    show_page,
    texts,
    type_lines,
    wait_for,
    with_login,
)
from tests.support.log_guard import ExpectLog

# The offscreen platform says so of every list that pops up.
pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing)", extend=True)


def test_a_password_typed_into_the_editor_is_gone_from_it_when_its_line_is_left(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, path: Path, shelf: TestStore
) -> None:
    choose_cluster(qtbot, page, "127.0.0.1:9092")
    open_tab(qtbot, page, PROPERTIES)
    type_lines(
        qtbot,
        page,
        "common",
        "security.protocol = sasl_plaintext",
        "sasl.mechanism = SCRAM-SHA-256",
        "sasl.username = signalbox",
        f"sasl.password = {SECRET}",
    )
    qtbot.keyClick(editor(page), Qt.Key.Key_Up)
    assert "sasl.password = keyring:kafka sasl.password" in editor(page).toPlainText()
    assert SECRET not in everything_shown(page)
    assert not shelf.kept  # not before it is applied
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    assert shelf.kept == {(SERVICE, "kafka sasl.password"): SECRET}
    kept = settings_file.load(path).kafka.common
    assert kept["sasl.password"] == "keyring:kafka sasl.password"
    assert all(SECRET not in file.read_text("utf-8") for file in path.parent.glob("settings*"))


def test_a_password_on_the_way_is_black_on_the_screen(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "common", f"sasl.password = {SECRET}")
    block = editor(page).document().findBlockByNumber(1)
    assert block.text().endswith(SECRET)
    bars = [f for f in block.layout().formats() if f.start + f.length == len(block.text())]
    assert bars
    assert bars[-1].format.foreground().color() == bars[-1].format.background().color()
    assert bars[-1].start == len("sasl.password = ")


def test_a_password_in_the_settings_file_is_advised_against_and_moved_by_one_click(
    qtbot: QtBot, shelf: TestStore, path: Path
) -> None:
    kafka = KafkaSettings(
        mode="cluster",
        bootstrap_servers="127.0.0.1:9092",
        common={
            "security.protocol": "sasl_plaintext",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": "signalbox",
            "sasl.password": SECRET,
        },
    )
    settings = Settings(kafka=kafka)
    settings_file.save(settings, path)
    settings_file.save(settings, path)  # so that there is a version before, too
    with console_context(qtbot, settings) as made:
        page = show_page(qtbot, replace(made, settings_path=path))
        wait_for(qtbot, page, "1 piece")
        assert not buttons(page, "Apply")[0].isEnabled()
        assert SECRET not in texts(page)
        press(qtbot, page, "Fix")
        press(qtbot, page, "Apply")
        wait_for(qtbot, page, "Applied.")
        assert shelf.kept == {(SERVICE, "kafka sasl.password"): SECRET}
        assert [file for file in path.parent.iterdir() if file.name.startswith("settings")]
        for file in path.parent.glob("settings*"):
            assert SECRET not in file.read_text("utf-8"), file.name


def test_without_a_credential_store_nothing_is_changed_and_the_way_is_told(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, path: Path, expect_log: ExpectLog
) -> None:
    expect_log("cannot be kept")
    choose_cluster(qtbot, page, "127.0.0.1:9092")
    with_login(qtbot, page)
    with using(load_keyring("keyring.backends.fail.Keyring")):
        press(qtbot, page, "Apply")
        wait_for(qtbot, page, "The password cannot be kept")
    assert "env:NAME" in texts(page)
    assert not path.exists()
    assert context.settings.kafka.mode == "embedded"
    press(qtbot, page, "Apply")  # with a store it goes through
    wait_for(qtbot, page, "Applied.")
    assert keyring.get_password(SERVICE, "kafka sasl.password") == SECRET


def test_a_login_that_is_taken_away_is_forgotten_by_the_store(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, shelf: TestStore
) -> None:
    choose_cluster(qtbot, page, "127.0.0.1:9092")
    with_login(qtbot, page)
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    assert shelf.kept
    choose(qtbot, page, "SASL mechanism", "None")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: not context.settings.kafka.common, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not shelf.kept, timeout=WAIT_MS)
