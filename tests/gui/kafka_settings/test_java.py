"""Java's properties pasted into the window: explained and taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QPlainTextEdit,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.widgets.java_dialog import JavaDialog
from console.widgets.value_table import ValueTable
from pipeline import settings_file
from pipeline.secrets import SERVICE
from tests.support.credential_store import TestStore
from tests.support.kafka_page import (
    SECRET,
    WAIT_MS,
    editor,
    everything_shown,
    named,
    only,
    press,
    texts,
    wait_for,
)

# The offscreen platform says so of every list that pops up.
pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing)", extend=True)


JAVA = f"""bootstrap.servers=kafka-1:9092
key.serializer=org.apache.kafka.common.serialization.StringSerializer
max.request.size=2097152
buffer.memory=67108864
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-256
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
  username="me" password="{SECRET}";
"""


def java_dialog(qtbot: QtBot, page: KafkaPage) -> JavaDialog:
    press(qtbot, page, "Paste Java properties…")
    (dialog,) = [one for one in page.findChildren(JavaDialog) if one.isVisible()]
    return dialog


def paste(qtbot: QtBot, dialog: JavaDialog, text: str) -> None:
    clipboard = QApplication.clipboard()
    clipboard.setText(text)
    field = only(dialog, QPlainTextEdit)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    clipboard.clear()
    table = only(dialog, ValueTable)
    qtbot.waitUntil(lambda: table.topLevelItemCount() > 0, timeout=WAIT_MS)


def cells(dialog: JavaDialog) -> list[list[str]]:
    table = only(dialog, ValueTable)
    items = [table.topLevelItem(i) for i in range(table.topLevelItemCount())]
    # Long texts are wrapped.
    return [[" ".join(item.text(c).split()) for c in range(4)] for item in items if item]


def test_java_properties_are_explained_and_taken_over(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, shelf: TestStore, path: Path
) -> None:
    dialog = java_dialog(qtbot, page)
    paste(qtbot, dialog, JAVA)
    rows = {row[1].split(" = ")[0]: row for row in cells(dialog)}
    assert rows["bootstrap.servers"][2] == "Bootstrap servers: kafka-1:9092"
    assert rows["key.serializer"][2] == "left out"
    assert rows["max.request.size"][2] == "[common] message.max.bytes = 2097152"
    assert "65536" in rows["buffer.memory"][2]
    assert "'67108864' became '65536'" in rows["buffer.memory"][3]
    assert rows["sasl.jaas.config"][0] == "7"
    shown = "\n".join("\n".join(row) for row in cells(dialog)) + texts(dialog)
    assert SECRET not in shown
    press(qtbot, dialog, "Take over")
    text = editor(page).toPlainText()
    assert "sasl.password = keyring:kafka sasl.password" in text
    assert "message.max.bytes = 2097152" in text
    assert SECRET not in everything_shown(page)
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    kafka = settings_file.load(path).kafka
    assert (kafka.mode, kafka.bootstrap_servers) == ("cluster", "kafka-1:9092")
    assert kafka.producer == {"queue.buffering.max.kbytes": 65536}
    assert shelf.kept == {(SERVICE, "kafka sasl.password"): SECRET}


def test_a_consumers_java_properties_go_to_the_consumer(qtbot: QtBot, page: KafkaPage) -> None:
    dialog = java_dialog(qtbot, page)
    paste(qtbot, dialog, "group.id=mine\nmax.poll.records=50\nfetch.max.wait.ms=200\n")
    assert named(dialog, QComboBox, "Whose properties").currentText() == "A consumer's"
    defaults = only(dialog, QCheckBox)
    qtbot.mouseClick(defaults, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("Java's default" in row for row in cells(dialog)))
    press(qtbot, dialog, "Take over")
    text = editor(page).toPlainText()
    consumer = text[text.index("[consumer]") :]
    assert "fetch.wait.max.ms = 200" in consumer
    assert "isolation.level = read_uncommitted" in consumer
    assert "group.id" not in text


def test_a_properties_file_is_opened(qtbot: QtBot, page: KafkaPage, tmp_path: Path) -> None:
    file = tmp_path / "java.properties"
    file.write_text("linger.ms=9\n", encoding="utf-8")
    dialog = java_dialog(qtbot, page)
    dialog.open_file(str(file))
    qtbot.waitUntil(lambda: bool(cells(dialog)), timeout=WAIT_MS)
    dialog.open_file(str(tmp_path / "none.properties"))
    wait_for(qtbot, dialog, "The file cannot be read")
    dialog.reject()
