"""The alarms beside the wall, on a real store: shown, acknowledged, opened, by mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QTextDocumentFragment
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.widgets import alarm_list
from console.widgets.alarm_card import AlarmCard
from console.widgets.alarm_list import AlarmList
from console.widgets.elided_label import ElidedLabel
from console.widgets.thumbnail import Thumbnail
from console.widgets.undo_bar import UndoBar
from pipeline.aggregation.database import database_path
from pipeline.aggregation.store import AlarmReader
from pipeline.messages import utc_now
from pipeline.settings import demo_settings
from pipeline.telemetry import AlarmHint
from tests.support.alarms import alarm, jpeg, store_alarms
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog
from tests.support.windows import shown


@pytest.fixture
def store(signalbox_home: Path) -> Path:
    return database_path(demo_settings().aggregator)


@pytest.fixture
def context(qtbot: QtBot, store: Path) -> Iterator[ConsoleContext]:
    with console_context(qtbot, demo_settings()) as made:
        yield made


def show_list(qtbot: QtBot, context: ConsoleContext) -> AlarmList:
    return shown(qtbot, AlarmList(context), 316, 600)


def cards(shown: AlarmList) -> list[AlarmCard]:
    """Return the cards from top to bottom."""
    visible = [card for card in shown.findChildren(AlarmCard) if card.isVisible()]
    return sorted(visible, key=lambda card: card.y())


def names(shown: AlarmList) -> list[str]:
    return [card.alarm_id for card in cards(shown)]


def button(card: AlarmCard, text: str) -> QPushButton:
    return next(one for one in card.findChildren(QPushButton) if one.text() == text)


def counts(shown: AlarmList) -> str:
    return shown.accessibleName()


def hint(context: ConsoleContext, name: str) -> None:
    context.hub.post_alarm(AlarmHint(name, "cam-1", "high", "", utc_now(), is_new=True))


def test_an_empty_list_says_what_will_come(qtbot: QtBot, context: ConsoleContext) -> None:
    shown = show_list(qtbot, context)
    assert cards(shown) == []
    assert "0 today · 0 new" in counts(shown)


def test_beside_the_drawer_of_a_small_window_no_card_is_cut(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one", "high"), alarm("two", "low"))
    narrow = shown(qtbot, AlarmList(context), 180, 400)
    qtbot.waitUntil(lambda: len(names(narrow)) == 2)
    scroll = narrow.findChild(QScrollArea)
    assert scroll is not None

    def room() -> int:
        return int(scroll.viewport().width())

    qtbot.waitUntil(lambda: all(card.width() <= room() for card in cards(narrow)))
    narrow.resize(316, 400)
    pictures = narrow.findChildren(Thumbnail)
    qtbot.waitUntil(lambda: all(picture.isVisible() for picture in pictures))


def test_newest_alarms_come_first_with_level_place_and_counts(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(
        store,
        alarm("old", "low", kind="dense-group", ago=timedelta(days=2)),
        alarm("new", "high", camera="cam-2"),
    )
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["new", "old"])
    assert "1 today · 2 new" in counts(shown)
    told = cards(shown)[0].accessibleName()
    assert told.startswith("HIGH Vehicle–pedestrian conflict")
    assert "Ferry approach" in told
    assert "group 2" in told
    assert "0.72" in told


def test_a_hint_of_the_aggregator_brings_the_alarm(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    shown = show_list(qtbot, context)
    store_alarms(store, alarm("fresh", "high"))
    hint(context, "fresh")
    qtbot.waitUntil(lambda: names(shown) == ["fresh"])


def test_acknowledge_takes_one_click(qtbot: QtBot, context: ConsoleContext, store: Path) -> None:
    store_alarms(store, alarm("one"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    qtbot.mouseClick(button(cards(shown)[0], "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "1 today · 0 new" in counts(shown))
    assert not button(cards(shown)[0], "Acknowledge").isVisible()
    assert "Acknowledged" in cards(shown)[0].accessibleName()
    with AlarmReader(store) as reader:
        entry = reader.one("one")
    assert entry is not None
    assert entry.state == "acknowledged"


def test_an_acknowledgement_can_be_taken_back(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    qtbot.mouseClick(button(cards(shown)[0], "Acknowledge"), Qt.MouseButton.LeftButton)
    bar = shown.findChildren(UndoBar)[0]
    qtbot.waitUntil(bar.isVisible)
    assert "Vehicle–pedestrian conflict" in bar.accessibleName()
    qtbot.waitUntil(lambda: "1 today · 0 new" in counts(shown))
    (undo,) = bar.findChildren(QPushButton)
    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "1 today · 1 new" in counts(shown))
    assert button(cards(shown)[0], "Acknowledge").isVisible()


def test_an_acknowledgement_beside_the_wall_goes_back_by_its_key(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    qtbot.mouseClick(button(cards(shown)[0], "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "1 today · 0 new" in counts(shown))
    qtbot.waitUntil(shown.findChildren(UndoBar)[0].isVisible)
    qtbot.keyClick(shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "1 today · 1 new" in counts(shown))


def test_what_was_done_makes_the_list_no_wider(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    """Else titles wrap otherwise, and the next click hits another alarm."""
    store_alarms(store, alarm("one"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    least = shown.minimumSizeHint().width()
    qtbot.mouseClick(button(cards(shown)[0], "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(shown.findChildren(UndoBar)[0].isVisible)
    assert shown.minimumSizeHint().width() <= least


def another_comes(
    qtbot: QtBot, context: ConsoleContext, store: Path, shown: AlarmList
) -> QPushButton:
    """A new alarm is announced; return the button that does it."""
    store_alarms(store, alarm("fresh", "high"))
    hint(context, "fresh")
    (newer,) = [one for one in shown.findChildren(QPushButton) if "newer" in one.text()]
    qtbot.waitUntil(newer.isVisible)
    return newer


def test_the_list_stands_still_under_the_pointer(
    qtbot: QtBot, context: ConsoleContext, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a click hits the alarm that has just moved there, and not the one that was read."""
    monkeypatch.setattr(alarm_list, "HOLD_MS", 4000)
    store_alarms(store, alarm("read", ago=timedelta(minutes=5)))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["read"])
    here = button(cards(shown)[0], "Acknowledge")
    qtbot.mouseMove(here)
    qtbot.mouseMove(here, here.rect().center() + QPoint(1, 0))
    newer = another_comes(qtbot, context, store, shown)
    assert "2 today" in counts(shown)
    assert newer.text().startswith("Show 1 newer alarm")
    assert names(shown) == ["read"]
    qtbot.mouseClick(here, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "2 today · 1 new" in counts(shown))
    with AlarmReader(store) as reader:
        states = {entry.alarm.alarm_id: entry.state for entry in reader.newest()}
    assert states == {"read": "acknowledged", "fresh": "new"}
    # Left lying there, the pointer holds nothing back.
    qtbot.waitUntil(lambda: names(shown) == ["fresh", "read"], timeout=7000)
    assert not newer.isVisible()


def test_a_pointer_that_is_there_from_the_start_holds_no_older_alarm_back(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, *(alarm(str(n), ago=timedelta(minutes=n)) for n in range(8)))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: len(names(shown)) > 0)
    here = cards(shown)[0]
    qtbot.mouseMove(here)
    qtbot.mouseMove(here, here.rect().center() + QPoint(1, 0))
    qtbot.waitUntil(lambda: names(shown) == [str(n) for n in range(8)], timeout=3000)


def test_what_is_held_back_comes_on_a_click(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("read", ago=timedelta(minutes=5)))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["read"])
    qtbot.mouseMove(cards(shown)[0])
    qtbot.mouseMove(cards(shown)[0], QPoint(9, 9))
    newer = another_comes(qtbot, context, store, shown)
    qtbot.mouseClick(newer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(shown) == ["fresh", "read"])


def test_arrow_keys_move_enter_opens_and_a_acknowledges(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("first"), alarm("second", ago=timedelta(minutes=5)))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["first", "second"])
    first, second = cards(shown)
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert second.hasFocus()
    with qtbot.waitSignal(shown.alarm_opened) as opened:
        qtbot.keyClick(second, Qt.Key.Key_Return)
    assert opened.args == ["second"]
    qtbot.keyClick(second, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: "1 new" in counts(shown))
    qtbot.keyClick(second, Qt.Key.Key_Up)
    assert first.hasFocus()


def test_a_click_on_the_card_opens_the_alarm(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    with qtbot.waitSignal(shown.alarm_opened) as opened:
        qtbot.mouseClick(cards(shown)[0], Qt.MouseButton.LeftButton)
    assert opened.args == ["one"]


def test_the_evidence_is_shown_small(qtbot: QtBot, context: ConsoleContext, store: Path) -> None:
    store_alarms(store, alarm("one"), picture=jpeg("#20a040"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])

    def middle() -> QColor:
        image = cards(shown)[0].findChildren(Thumbnail)[0].grab().toImage()
        return image.pixelColor(image.width() // 2, image.height() // 2)

    qtbot.waitUntil(lambda: middle().green() > 130 and middle().red() < 60)


def test_a_damaged_picture_is_only_missing(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one"), picture=b"no jpeg")
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])


def test_new_alarms_never_take_the_focus(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    field = QLineEdit()
    layout = QVBoxLayout(holder)
    layout.addWidget(field)
    shown = AlarmList(context)
    layout.addWidget(shown)
    holder.show()
    qtbot.waitExposed(holder)
    field.setFocus()
    store_alarms(store, alarm("fresh", "high"))
    hint(context, "fresh")
    qtbot.waitUntil(lambda: names(shown) == ["fresh"])
    assert field.hasFocus()


def test_a_store_that_cannot_be_read_is_told_once_and_comes_back(
    qtbot: QtBot, context: ConsoleContext, store: Path, expect_log: ExpectLog
) -> None:
    expect_log("the alarms cannot be read")
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_bytes(b"this is no database" * 100)
    shown = show_list(qtbot, context)
    words = "The alarms cannot be read"
    qtbot.waitUntil(lambda: any(words in label for label in visible_texts(shown)))
    store.unlink()
    store_alarms(store, alarm("after"))
    hint(context, "after")
    qtbot.waitUntil(lambda: names(shown) == ["after"])
    assert not any(words in label for label in visible_texts(shown))


def visible_texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def test_what_an_assessor_writes_is_never_markup(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    said = "<b>near</b> {0} %s \N{CJK UNIFIED IDEOGRAPH-8F66} & co"
    store_alarms(store, alarm("one", said=said, kind="<script>-risk"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    card = cards(shown)[0]
    assert card.accessibleDescription() == said
    assert QTextDocumentFragment.fromHtml(card.toolTip()).toPlainText() == said


def test_cards_are_known_to_screen_readers(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(store, alarm("one", "high"))
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: names(shown) == ["one"])
    interface = QAccessible.queryAccessibleInterface(cards(shown)[0])
    assert "HIGH" in interface.text(QAccessible.Text.Name)


def test_a_long_title_takes_two_lines_and_is_whole(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    store_alarms(
        store, alarm("near", "low", kind="person-close-to-a-moving-vehicle"), alarm("x", "low")
    )
    shown = show_list(qtbot, context)
    qtbot.waitUntil(lambda: len(cards(shown)) == 2)
    near = next(card for card in cards(shown) if card.alarm_id == "near")
    title = next(
        one for one in near.findChildren(ElidedLabel) if one.text().startswith("Person close")
    )
    qtbot.waitUntil(lambda: title.height() >= 2 * title.fontMetrics().height())
    assert "…" not in "".join(title.lines())
    assert " ".join(title.lines()) == title.text()
