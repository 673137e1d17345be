"""The Kafka settings in the window: typed, examined, mended, tested and applied as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import keyring
import pytest
from keyring.core import load_keyring
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.java_dialog import JavaDialog
from console.widgets.property_completer import PropertyCompleter
from console.widgets.property_editor import PropertyEditor
from console.widgets.value_table import ValueTable
from pipeline import settings_file
from pipeline.secrets import SERVICE
from pipeline.settings import KafkaSettings, Settings
from tests.support.console_parts import console_context
from tests.support.credential_store import TestStore, using
from tests.support.log_guard import ExpectLog

# The offscreen platform says so of every list that pops up.
pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing)", extend=True)

LAG, CONNECTION, PROPERTIES = range(3)
SECRET = "planted-4711-secret"
WAIT_MS = 20_000
WidgetT = TypeVar("WidgetT", bound=QWidget)


@pytest.fixture
def shelf() -> Iterator[TestStore]:
    shelf = TestStore()
    with using(shelf):
        yield shelf


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def context(qtbot: QtBot, path: Path, shelf: TestStore) -> Iterator[ConsoleContext]:
    with console_context(qtbot, Settings()) as made:
        yield replace(made, settings_path=path)


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> KafkaPage:
    return show_page(qtbot, context)


def show_page(qtbot: QtBot, context: ConsoleContext, tab: int = PROPERTIES) -> KafkaPage:
    made = KafkaPage(context)
    qtbot.addWidget(made)
    made.resize(1200, 640)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    open_tab(qtbot, made, tab)
    return made


def open_tab(qtbot: QtBot, page: KafkaPage, tab: int) -> None:
    bar = only(page, QTabWidget).tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())


def only(page: QWidget, kind: type[WidgetT]) -> WidgetT:
    return page.findChildren(kind)[0]


def editor(page: KafkaPage) -> PropertyEditor:
    return only(page, PropertyEditor)


def buttons(page: QWidget, text: str) -> list[QPushButton]:
    return [b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisible()]


def press(qtbot: QtBot, page: QWidget, text: str) -> None:
    (button,) = buttons(page, text)
    qtbot.waitUntil(button.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def named(page: QWidget, kind: type[WidgetT], name: str) -> WidgetT:
    return next(one for one in page.findChildren(kind) if one.accessibleName() == name)


def write(qtbot: QtBot, page: QWidget, name: str, text: str) -> None:
    field = named(page, QLineEdit, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)


def choose(qtbot: QtBot, page: QWidget, name: str, words: str) -> None:
    """Choose by the keyboard."""
    box = named(page, QComboBox, name)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == words:
            return
        qtbot.keyClick(box, Qt.Key.Key_Down)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == words:
            return
        qtbot.keyClick(box, Qt.Key.Key_Up)
    raise AssertionError(words)


def type_lines(qtbot: QtBot, page: KafkaPage, section: str, *lines: str) -> None:
    """Type lines below the heading of a section, without taking what is offered."""
    edit = editor(page)
    heading = edit.toPlainText().split("\n").index(f"[{section}]") + 1
    edit.go_to(heading)
    for line in lines:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        qtbot.keyClicks(edit, line)
        popup = edit.findChildren(PropertyCompleter)[0].list
        if popup.isVisible():
            qtbot.keyClick(popup, Qt.Key.Key_Escape)
    # The offscreen platform leaves the list active, others never activate it.
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


def texts(page: QWidget) -> str:
    labels = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    return "\n".join(labels)


def everything_shown(page: QWidget) -> str:
    """Return every word of a page, in sight or not, tooltips and what screen readers hear."""
    found = []
    for one in [page, *page.findChildren(QWidget)]:
        found += [one.toolTip(), one.accessibleName(), one.accessibleDescription()]
        for name in ("text", "placeholderText", "toPlainText"):
            read = getattr(one, name, None)
            if read is not None:
                found.append(str(read()))
    return "\n".join(found)


def underlined(page: KafkaPage) -> list[str]:
    return [mark.cursor.selectedText() for mark in editor(page).extraSelections()]


def wait_for(qtbot: QtBot, page: QWidget, words: str) -> None:
    qtbot.waitUntil(lambda: words in texts(page), timeout=WAIT_MS)


# ---------------------------------------------------------------------- the editor
def test_a_property_that_does_nothing_is_underlined_as_it_is_typed_and_goes_by_one_click(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 500")
    qtbot.waitUntil(lambda: underlined(page) == ["max.poll.records = 500"], timeout=WAIT_MS)
    assert "1 warning" in texts(page)
    assert "Warning" in texts(page)
    assert "does nothing" in texts(page)
    assert "share consumers" in texts(page)
    press(qtbot, page, "Fix")
    assert "max.poll.records" not in editor(page).toPlainText()
    qtbot.waitUntil(lambda: not underlined(page), timeout=WAIT_MS)
    wait_for(qtbot, page, "Nothing found")


def test_an_error_blocks_applying_until_it_is_mended(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, path: Path
) -> None:
    type_lines(qtbot, page, "producer", "acks = 1", "enable.idempotence = true")
    wait_for(qtbot, page, "no worker would start")
    (apply,) = buttons(page, "Apply")
    assert not apply.isEnabled()
    assert "acks = 1" in underlined(page)
    press(qtbot, page, "Fix")
    assert "acks = all" in editor(page).toPlainText()
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    assert settings_file.load(path).kafka.producer == {"acks": "all", "enable.idempotence": True}
    assert context.settings.kafka.producer == {"acks": "all", "enable.idempotence": True}


def test_everything_is_fixed_at_once(qtbot: QtBot, page: KafkaPage) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 5", "auto.offset.reset = none")
    type_lines(qtbot, page, "common", "linger.ms = 7")
    wait_for(qtbot, page, "2 warning")
    press(qtbot, page, "Fix all")
    wait_for(qtbot, page, "Nothing found")
    text = editor(page).toPlainText()
    assert "auto.offset.reset = error" in text
    assert text.index("linger.ms = 7") > text.index("[producer]")


def test_a_fix_can_be_undone(qtbot: QtBot, page: KafkaPage) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 500")
    qtbot.waitUntil(lambda: bool(buttons(page, "Fix")), timeout=WAIT_MS)
    press(qtbot, page, "Fix")
    assert "max.poll.records" not in editor(page).toPlainText()
    editor(page).setFocus()
    qtbot.keyClick(editor(page), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "max.poll.records = 500" in editor(page).toPlainText()
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)


def test_names_and_values_are_offered_and_taken_by_the_keyboard(
    qtbot: QtBot, page: KafkaPage
) -> None:
    edit = editor(page)
    edit.go_to(edit.toPlainText().split("\n").index("[producer]") + 1)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, "compression.ty")
    popup = edit.findChildren(PropertyCompleter)[0].list
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert "\ncompression.type = \n" in edit.toPlainText()
    qtbot.keyClicks(edit, "zs")
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert "\ncompression.type = zstd\n" in edit.toPlainText()
    assert "default none" in texts(page)  # the property at the cursor is explained


def test_ctrl_space_offers_all_and_only_what_the_section_takes(
    qtbot: QtBot, page: KafkaPage
) -> None:
    edit = editor(page)
    edit.go_to(edit.toPlainText().split("\n").index("[consumer]") + 1)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClick(edit, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    completer = edit.findChildren(PropertyCompleter)[0]
    qtbot.waitUntil(completer.list.isVisible)
    offered = completer.names("consumer")
    assert completer.completionCount() == len(offered)
    assert "fetch.wait.max.ms" in offered
    assert "linger.ms" not in offered
    qtbot.keyClick(completer.list, Qt.Key.Key_Escape)


def test_the_pointer_tells_of_a_finding_or_else_of_the_property(
    qtbot: QtBot, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "producer", "linger.ms = 5ms", "compression.type = lz4")
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)
    edit = editor(page)

    def tip(text: str) -> str:
        cursor = edit.document().find(text)
        cursor.setPosition(cursor.selectionStart() + 1)
        rect: QRect = edit.cursorRect(cursor)
        return edit.tip_at(rect.center() + QPoint(1, 0))

    assert "Error" in tip("linger.ms")
    assert "unit" in tip("linger.ms")
    assert "zstd" in tip("compression.type")


def test_errors_warnings_and_advice_are_underlined_in_their_colours(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "check.crcs = yes", "max.poll.records = 5")
    qtbot.waitUntil(lambda: len(underlined(page)) == 2, timeout=WAIT_MS)
    colors = {
        mark.cursor.selectedText(): mark.format.property(QTextFormat.Property.TextUnderlineColor)
        for mark in editor(page).extraSelections()
    }
    assert colors["check.crcs = yes"] == context.theme.color("danger")
    assert colors["max.poll.records = 5"] == context.theme.color("warning")


def test_revert_shows_what_is_in_use(qtbot: QtBot, page: KafkaPage) -> None:
    before = editor(page).toPlainText()
    type_lines(qtbot, page, "consumer", "check.crcs = true")
    press(qtbot, page, "Revert")
    assert editor(page).toPlainText() == before
    assert not buttons(page, "Revert")[0].isEnabled()


def test_what_is_typed_stays_when_the_page_is_made_anew(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "check.crcs = true")
    again = show_page(qtbot, context)
    again.restore(page.kept())
    assert "check.crcs = true" in editor(again).toPlainText()
    assert only(again, QTabWidget).currentIndex() == PROPERTIES


# ---------------------------------------------------------------------- secrets
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


# ---------------------------------------------------------------------- the connection
def choose_cluster(qtbot: QtBot, page: KafkaPage, servers: str) -> None:
    open_tab(qtbot, page, CONNECTION)
    choose(qtbot, page, "Broker", "Kafka cluster")
    write(qtbot, page, "Bootstrap servers", servers)


def with_login(qtbot: QtBot, page: KafkaPage) -> None:
    choose(qtbot, page, "SASL mechanism", "SCRAM-SHA-512")
    write(qtbot, page, "User", "signalbox")
    write(qtbot, page, "Password", SECRET)


def test_embedded_says_that_it_keeps_nothing(qtbot: QtBot, page: KafkaPage) -> None:
    open_tab(qtbot, page, CONNECTION)
    assert "keeps nothing" in texts(page)
    assert "nothing at all over a restart" in texts(page)
    assert not named(page, QLineEdit, "Bootstrap servers").isVisible()
    assert not buttons(page, "Test connection…")


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


# ---------------------------------------------------------------------- Java
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
    assert rows["key.serializer"][2] == "goes away"
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


# ---------------------------------------------------------------------- by the keyboard alone
def test_from_a_fault_to_applied_without_a_mouse(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    edit = editor(page)
    type_lines(qtbot, page, "consumer", "max.poll.records = 500", "check.crcs = true")
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)
    edit.moveCursor(QTextCursor.MoveOperation.End)
    for _ in range(40):
        focus = QApplication.focusWidget()
        if isinstance(focus, QPushButton) and focus.text() == "Fix":
            break
        qtbot.keyClick(focus or edit, Qt.Key.Key_Tab)
    qtbot.keyClick(QApplication.focusWidget() or edit, Qt.Key.Key_Space)
    assert "max.poll.records" not in edit.toPlainText()
    wait_for(qtbot, page, "Nothing found")
    qtbot.keyClick(
        QApplication.focusWidget() or page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier
    )
    wait_for(qtbot, page, "Applied.")
    assert context.settings.kafka.consumer == {"check.crcs": True}
