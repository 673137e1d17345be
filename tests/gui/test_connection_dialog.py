"""The connection test in the window: a cluster that answers, topics made there, one that is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from console.pages.kafka import KafkaPage
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.value_table import ValueTable
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.settings import KafkaSettings, Settings
from tests.support.console_parts import console_context

pytestmark = pytest.mark.integration

WAIT_MS = 40_000


@contextmanager
def examined(qtbot: QtBot, servers: str) -> Iterator[ConnectionDialog]:
    """Open the Kafka page, click the test, and wait for its end."""
    settings = Settings(kafka=KafkaSettings(mode="cluster", bootstrap_servers=servers))
    with console_context(qtbot, settings) as context:
        page = KafkaPage(context)
        qtbot.addWidget(page)
        page.resize(1200, 700)
        with qtbot.waitExposed(page):
            page.show()
        click(qtbot, page, "Test connection…")
        (dialog,) = page.findChildren(ConnectionDialog)
        wait(qtbot, dialog)
        yield dialog
        dialog.close()


def click(qtbot: QtBot, parent: KafkaPage | ConnectionDialog, text: str) -> None:
    (button,) = [
        each
        for each in parent.findChildren(QPushButton)
        if each.text() == text and each.isVisible()
    ]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait(qtbot: QtBot, dialog: ConnectionDialog) -> None:
    (again,) = [each for each in dialog.findChildren(QPushButton) if each.text() == "Test again"]
    qtbot.waitUntil(again.isEnabled, timeout=WAIT_MS)


def words(dialog: ConnectionDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def results(dialog: ConnectionDialog) -> dict[str, str]:
    (table,) = dialog.findChildren(ValueTable)
    items = [table.topLevelItem(index) for index in range(table.topLevelItemCount())]
    return {item.text(0): item.text(1) for item in items if item is not None}


def test_a_cluster_that_answers(qtbot: QtBot) -> None:
    """Each step has its line; testing again by the keyboard gives the same."""
    broker = EmbeddedBroker(KafkaSettings())
    try:
        with examined(qtbot, broker.bootstrap_servers) as dialog:
            found = results(dialog)
            assert found["Connection (TCP)"] == found["Cluster"] == found["Topics"] == "✓ works"
            assert "All is well" in words(dialog)
            qtbot.keyClick(dialog, Qt.Key.Key_F5)
            wait(qtbot, dialog)
            assert results(dialog) == found
    finally:
        broker.close()


def test_nobody_listens(qtbot: QtBot) -> None:
    """The step that fails is named, with what to do; what comes after it is left out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with examined(qtbot, f"127.0.0.1:{taken.getsockname()[1]}") as dialog:
            assert results(dialog)["Connection (TCP)"] == "✗ fails"
            assert results(dialog)["Cluster"] == "– left out"
            assert "Connection (TCP) fails:" in words(dialog)


def test_the_embedded_broker_needs_no_test(qtbot: QtBot) -> None:
    with console_context(qtbot, Settings()) as context:
        page = KafkaPage(context)
        qtbot.addWidget(page)
        with qtbot.waitExposed(page):
            page.show()
        assert not [
            each
            for each in page.findChildren(QPushButton)
            if each.text() == "Test connection…" and each.isVisible()
        ]
