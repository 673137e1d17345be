"""The language model in the window, as a person sets it up: address, keys, check, prompt, ceiling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.settings import SettingsPage
from console.widgets.key_dialog import KeyDialog
from console.widgets.keys_section import KeysSection
from console.widgets.prompt_dialog import PromptDialog
from console.widgets.setting_field import SettingField
from console.widgets.value_table import ValueTable
from pipeline import secrets, settings_file
from pipeline.settings import demo_settings
from tests.support import credential_store
from tests.support.console_parts import console_context
from tests.support.credential_store import TestStore
from tests.support.llm_server import LlmServer, llm_server
from tests.support.windows import shown

pytestmark = pytest.mark.integration

SECRET = "sk-test-0123456789abcdef"
DialogT = TypeVar("DialogT", bound=QDialog)


@pytest.fixture
def store() -> Iterator[TestStore]:
    made = TestStore()
    with credential_store.using(made):
        yield made


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "signalbox.toml"


@pytest.fixture
def context(qtbot: QtBot, path: Path, store: TestStore) -> Iterator[ConsoleContext]:
    with console_context(qtbot, demo_settings()) as made:
        yield replace(made, settings_path=path)


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> SettingsPage:
    return shown(qtbot, SettingsPage(context), 1200, 800)


def write(qtbot: QtBot, parent: QWidget, name: str, text: str) -> None:
    field = next(one for one in parent.findChildren(QLineEdit) if one.accessibleName() == name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def choose(qtbot: QtBot, parent: QWidget, name: str, words: str) -> None:
    box = next(one for one in parent.findChildren(QComboBox) if one.accessibleName() == name)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == words:
            return
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == words


def button(parent: QWidget, text: str) -> QPushButton:
    return next(
        one
        for one in parent.findChildren(QPushButton)
        if one.text().replace("&", "") == text and one.isVisible()
    )


def press(qtbot: QtBot, parent: QWidget, text: str) -> None:
    qtbot.mouseClick(button(parent, text), Qt.MouseButton.LeftButton)


def words(parent: QWidget) -> str:
    return "\n".join(one.text() for one in parent.findChildren(QLabel) if not one.isHidden())


def dialog(qtbot: QtBot, page: QWidget, kind: type[DialogT]) -> DialogT:
    def shown() -> list[DialogT]:
        return [one for one in page.window().findChildren(kind) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()))
    return shown()[0]


def rows(page: QWidget) -> list[list[str]]:
    (section,) = page.findChildren(KeysSection)
    (table,) = section.findChildren(ValueTable)
    items = [table.topLevelItem(number) for number in range(table.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items if item is not None]


def use_server(qtbot: QtBot, page: SettingsPage, server: LlmServer) -> None:
    write(qtbot, page, "Address", server.base_url)
    write(qtbot, page, "Model name", "qwen-vl-max")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: "Applied." in words(page))


def add_key(qtbot: QtBot, page: SettingsPage, name: str, secret: str = SECRET) -> None:
    press(qtbot, page, "Add key…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Name", name)
    write(qtbot, asked, "Key", secret)
    press(qtbot, asked, "Save")
    qtbot.waitUntil(lambda: name in [row[0] for row in rows(page)])


def select(qtbot: QtBot, page: SettingsPage, row: int) -> None:
    (section,) = page.findChildren(KeysSection)
    (table,) = section.findChildren(ValueTable)
    item = table.topLevelItem(row)
    assert item is not None
    qtbot.mouseClick(
        table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=table.visualItemRect(item).center(),
    )


def problem(page: SettingsPage, name: str) -> str:
    """What is said to be wrong at a field of the language model."""
    fields = {field.place: field for field in page.findChildren(SettingField)}
    return fields["scheduler", "llm", name].row.problem


def test_the_model_is_chosen_and_needs_an_address(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, server: LlmServer
) -> None:
    choose(qtbot, page, "Who judges", "Language model")
    assert problem(page, "base_url") == "Must be given for a language model."
    assert not button(page, "Apply").isEnabled()
    write(qtbot, page, "Address", "ftp://nowhere")
    assert problem(page, "base_url") == "Must begin with http:// or https:// and name a host."
    write(qtbot, page, "Address", server.base_url)
    assert problem(page, "model") == "Must be given for a language model."
    assert problem(page, "base_url") == ""
    write(qtbot, page, "Model name", "qwen-vl-max")
    choose(qtbot, page, "Rules stand in", "Yes, marked as rules")
    choose(qtbot, page, "Language of verdicts", "简体中文")
    press(qtbot, page, "Apply")
    qtbot.waitUntil(lambda: context.settings.scheduler.assessor == "llm")
    llm = context.settings.scheduler.llm
    assert (llm.base_url, llm.model) == (server.base_url, "qwen-vl-max")
    assert llm.fallback_to_rules
    assert llm.language == "zh_CN"


def test_a_key_goes_into_the_credential_store_and_nowhere_else(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, store: TestStore, path: Path
) -> None:
    add_key(qtbot, page, "account-1")
    assert store.kept == {(secrets.SERVICE, "llm-key-account-1"): SECRET}
    (key,) = context.settings.scheduler.llm.keys
    assert key.secret == "keyring:llm-key-account-1"
    assert settings_file.load(path).scheduler.llm.keys == (key,)
    assert SECRET not in path.read_text(encoding="utf-8")
    assert rows(page) == [["account-1", "Credential store", "Not in use", "none"]]
    assert SECRET not in words(page.window())


def test_limits_and_an_environment_variable(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, store: TestStore
) -> None:
    press(qtbot, page, "Add key…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Name", "from env")
    choose(qtbot, asked, "Kept in", "Environment variable")
    press(qtbot, asked, "Save")
    assert "Only letters" in words(asked)
    assert "Enter the name of an environment variable." in words(asked)
    write(qtbot, asked, "Name", "from-env")
    write(qtbot, asked, "Variable", "MODEL_KEY")
    write(qtbot, asked, "Requests per minute", "many")
    press(qtbot, asked, "Save")
    assert "Enter a whole number." in words(asked)
    write(qtbot, asked, "Requests per minute", "600")
    press(qtbot, asked, "Save")
    qtbot.waitUntil(lambda: bool(context.settings.scheduler.llm.keys))
    (key,) = context.settings.scheduler.llm.keys
    assert (key.secret, key.requests_per_minute) == ("env:MODEL_KEY", 600)
    assert rows(page) == [["from-env", "Environment variable MODEL_KEY", "Not in use", "600/min"]]
    assert not store.kept


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("ok", "✓ The key works: qwen-vl-max answered after"),
        ("401", "✗ The server refuses this key. Enter another.\nThe server answered 401"),
        ("429", "its limit is reached just now"),
        ("404", "✗ Nothing is there under this address and model."),
        ("wrong-type", "does not speak chat completions"),
    ],
)
def test_a_key_is_checked_with_a_clear_result(
    qtbot: QtBot, page: SettingsPage, server: LlmServer, behaviour: str, said: str
) -> None:
    use_server(qtbot, page, server)
    server.behaviour = lambda: behaviour
    press(qtbot, page, "Add key…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Key", SECRET)
    press(qtbot, asked, "Check key")
    qtbot.waitUntil(lambda: said in words(asked), timeout=20_000)
    assert server.seen[-1].key == SECRET
    assert SECRET not in words(asked)
    press(qtbot, asked, "Cancel")


def test_a_key_is_tried_with_what_is_typed_before_it_is_applied(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, server: LlmServer
) -> None:
    write(qtbot, page, "Address", server.base_url)
    write(qtbot, page, "Model name", "qwen-vl-max")
    press(qtbot, page, "Add key…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Key", SECRET)
    press(qtbot, asked, "Check key")
    qtbot.waitUntil(lambda: "✓ The key works" in words(asked), timeout=20_000)
    assert not context.settings.scheduler.llm.base_url
    assert button(asked, "Save").hasFocus()  # so that Enter keeps it
    press(qtbot, asked, "Cancel")


def test_a_locked_store_is_said_and_nothing_is_kept(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, store: TestStore
) -> None:
    store.is_locked = True
    press(qtbot, page, "Add key…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Key", SECRET)
    press(qtbot, asked, "Save")
    qtbot.waitUntil(lambda: "The credential store is locked. Unlock it" in words(asked))
    assert not context.settings.scheduler.llm.keys
    press(qtbot, asked, "Cancel")


def test_a_key_is_switched_off_changed_and_removed(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, store: TestStore
) -> None:
    add_key(qtbot, page, "one")
    add_key(qtbot, page, "two", SECRET + "2")
    select(qtbot, page, 0)
    press(qtbot, page, "Switch off")
    qtbot.waitUntil(lambda: rows(page)[0][2] == "Off")
    assert not context.settings.scheduler.llm.keys[0].enabled
    select(qtbot, page, 1)
    press(qtbot, page, "Change and check…")
    asked = dialog(qtbot, page, KeyDialog)
    write(qtbot, asked, "Requests at once", "5")
    press(qtbot, asked, "Save")
    qtbot.waitUntil(lambda: rows(page)[1][3] == "5 at once")
    assert store.kept[secrets.SERVICE, "llm-key-two"] == SECRET + "2"
    select(qtbot, page, 0)
    press(qtbot, page, "Remove…")
    box = dialog(qtbot, page, QMessageBox)
    assert "taken out of the credential store" in box.informativeText()
    press(qtbot, box, "Remove")
    qtbot.waitUntil(lambda: [row[0] for row in rows(page)] == ["two"])
    qtbot.waitUntil(lambda: list(store.kept) == [(secrets.SERVICE, "llm-key-two")])


def test_the_prompt_is_edited_with_a_preview_and_goes_back(
    qtbot: QtBot, context: ConsoleContext, page: SettingsPage, path: Path
) -> None:
    press(qtbot, page, "Edit the prompt…")
    asked = dialog(qtbot, page, PromptDialog)
    text, preview = asked.findChildren(QPlainTextEdit)
    qtbot.waitUntil(lambda: "car 12 and person 15" in preview.toPlainText())
    assert "Version assess-1" in words(asked)
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(text, " $weather")
    assert "$weather is unknown" in words(asked)
    assert not button(asked, "Save and use").isEnabled()
    for _ in " $weather":
        qtbot.keyClick(text, Qt.Key.Key_Backspace)
    qtbot.keyClicks(text, "Mind the trams.")
    assert "Mind the trams." in preview.toPlainText()
    press(qtbot, asked, "Save and use")
    qtbot.waitUntil(lambda: context.settings.scheduler.llm.prompt is not None)
    own = context.settings.scheduler.llm.prompt
    assert own is not None
    assert own.parent == path.parent
    assert "Mind the trams." in own.read_text(encoding="utf-8")
    press(qtbot, page, "Edit the prompt…")
    again = dialog(qtbot, page, PromptDialog)
    qtbot.waitUntil(lambda: button(again, "Back to the one that ships").isEnabled())
    press(qtbot, again, "Back to the one that ships")
    press(qtbot, again, "Save and use")
    qtbot.waitUntil(lambda: context.settings.scheduler.llm.prompt is None)
