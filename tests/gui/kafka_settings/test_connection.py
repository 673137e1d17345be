"""The form of the connection: what is chosen becomes properties, and is tested before it is applied."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.connection_form import ConnectionForm
from console.widgets.section import Section
from console.widgets.value_table import ValueTable
from tests.support.credential_store import TestStore
from tests.support.kafka_page import (
    CONNECTION,
    PROPERTIES,
    SECRET,
    WAIT_MS,
    buttons,
    choose,
    choose_cluster,
    everything_shown,
    named,
    only,
    open_tab,
    press,
    texts,
    type_lines,
    wait_for,
    with_login,
    write,
)

# The offscreen platform says so of every list that pops up.
pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing)", extend=True)


def test_embedded_says_that_it_keeps_nothing(qtbot: QtBot, page: KafkaPage) -> None:
    open_tab(qtbot, page, CONNECTION)
    assert "nothing at all over a restart" in texts(page)
    assert "keeps nothing" not in texts(page)  # said once, of what is in use
    assert not named(page, QLineEdit, "Bootstrap servers").isVisible()
    assert not buttons(page, "Test connection…")


def test_going_back_to_embedded_says_that_it_keeps_nothing(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    choose_cluster(qtbot, page, "a:1")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: context.settings.kafka.mode == "cluster", timeout=WAIT_MS)
    assert "keeps nothing" not in texts(page)
    choose(qtbot, page, "Broker", "Embedded")
    assert "keeps nothing" in texts(page)


def test_a_cluster_with_tls_and_login_becomes_properties(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, tmp_path: Path, shelf: TestStore
) -> None:
    choose_cluster(qtbot, page, "kafka-1:9092, kafka-2:9092")
    with_login(qtbot, page)
    tls = next(b for b in page.findChildren(QCheckBox) if "TLS" in b.text())
    tls.setFocus()
    qtbot.keyClick(tls, Qt.Key.Key_Space)
    write(qtbot, page, "Authority (CA)", str(tmp_path / "none.pem"))
    wait_for(qtbot, page, "does not exist")
    write(qtbot, page, "Authority (CA)", "probe")
    host = next(b for b in page.findChildren(QCheckBox) if "certificate" in b.text())
    host.setFocus()
    qtbot.keyClick(host, Qt.Key.Key_Space)
    write(qtbot, page, "Partitions", "12")
    assert SECRET not in everything_shown(page)
    assert "stored when you apply" in named(page, QLineEdit, "Password").placeholderText()
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    kafka = context.settings.kafka
    assert (kafka.mode, kafka.bootstrap_servers) == ("cluster", "kafka-1:9092, kafka-2:9092")
    assert kafka.partitions == 12
    assert kafka.common == {
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "signalbox",
        "sasl.password": "keyring:kafka sasl.password",
        "ssl.ca.location": "probe",
        "ssl.endpoint.identification.algorithm": "none",
    }
    assert "keyring:kafka sasl.password" in named(page, QLineEdit, "Password").placeholderText()


def test_a_cluster_without_servers_cannot_be_applied(qtbot: QtBot, page: KafkaPage) -> None:
    open_tab(qtbot, page, CONNECTION)
    choose(qtbot, page, "Broker", "Kafka cluster")
    wait_for(qtbot, page, "Mend what is marked red")
    assert not buttons(page, "Apply")[0].isEnabled()
    assert not buttons(page, "Test connection…")[0].isEnabled()


def test_a_wide_window_shows_the_form_in_two_columns_that_stay(
    qtbot: QtBot, page: KafkaPage
) -> None:
    choose_cluster(qtbot, page, "a:1")
    form = only(page, ConnectionForm)
    cards = {card.accessibleName(): card for card in form.findChildren(Section)}

    def lefts() -> dict[str, bool]:
        first = cards["Broker"].x()
        return {name: card.x() > first for name, card in cards.items()}

    page.resize(1340, 640)
    beside = {"Broker": False, "Encryption": True, "Login": True}
    qtbot.waitUntil(lambda: lefts() == beside)
    tls = next(one for one in page.findChildren(QCheckBox) if "TLS" in one.text())
    before = cards["Encryption"].height()
    qtbot.mouseClick(tls, Qt.MouseButton.LeftButton, pos=QPoint(8, tls.height() // 2))
    qtbot.waitUntil(lambda: cards["Encryption"].height() > before)
    assert lefts() == beside  # what is clicked stays where it is
    page.resize(1000, 640)
    qtbot.waitUntil(lambda: not any(lefts().values()))


def test_the_form_follows_the_editor(qtbot: QtBot, page: KafkaPage) -> None:
    choose_cluster(qtbot, page, "a:1")
    open_tab(qtbot, page, PROPERTIES)
    type_lines(
        qtbot, page, "common", "security.protocol = SASL_SSL", "sasl.mechanism = OAUTHBEARER"
    )
    open_tab(qtbot, page, CONNECTION)
    assert next(b for b in page.findChildren(QCheckBox) if "TLS" in b.text()).isChecked()
    assert named(page, QComboBox, "SASL mechanism").currentText() == "OAUTHBEARER"
    assert named(page, QLineEdit, "Client id").isVisible()
    assert not named(page, QLineEdit, "User").isVisible()


@pytest.mark.integration
def test_the_connection_test_takes_what_is_typed_and_not_applied(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    choose_cluster(qtbot, page, "127.0.0.1:1")
    press(qtbot, page, "Test connection…")
    dialog = only(page, ConnectionDialog)
    table = only(dialog, ValueTable)
    qtbot.waitUntil(lambda: table.topLevelItemCount() == 9, timeout=WAIT_MS)
    assert "127.0.0.1:1" in texts(dialog)
    assert context.settings.kafka.mode == "embedded"
    dialog.close()
