"""Which alarms to list: camera, level, time, state, text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionFrame,
    QWidget,
)

from console.alarm_words import local_midnight, state_word
from console.context import ConsoleContext
from console.risk_words import risk_word
from console.theme.tokens import Space
from console.widgets.choice import name_choice
from pipeline.messages import RiskLevel

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmFilter, AlarmState

TYPING_PAUSE_MS: Final = 200
CHOICE_WIDTH: Final = 72
"""Narrowest; they are as wide as their contents where there is room."""

TEXT_MARGIN: Final = 2
"""Of Qt, between the frame of a field and its text."""

HOUR: Final = timedelta(hours=1)
TODAY: Final = "today"


class AlarmFilterBar(QWidget):
    """A row of choices.

    Attributes:
        changed: something else is wanted now.
        done: what is wanted was typed; on to the list.
    """

    changed = Signal()
    done = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._camera = self._choice(self.tr("Camera"))
        self._level = self._choice(self.tr("Level"))
        self._time = self._choice(self.tr("Time"))
        self._state = self._choice(self.tr("State"))
        self._fill()
        self.reload_cameras()
        self._text = _SearchField(
            (
                self.tr("Search descriptions and notes (Ctrl+F)"),
                self.tr("Search (Ctrl+F)"),
                self.tr("Search"),
            )
        )
        self._text.setAccessibleName(self.tr("Search"))
        self._text.setClearButtonEnabled(True)
        self._text.setMinimumWidth(CHOICE_WIDTH)
        self._text.done.connect(self.done)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_PAUSE_MS)
        self._typing.timeout.connect(self.changed)
        self._text.textChanged.connect(lambda _: self._typing.start())
        self._reset = QPushButton(self.tr("Show all"))
        self._reset.setProperty("role", "link")
        self._reset.clicked.connect(self.reset)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        for widget in (self._camera, self._level, self._time, self._state):
            row.addWidget(widget)
        row.addWidget(self._text, 1)
        row.addWidget(self._reset)
        self._note_filtered()
        self.changed.connect(self._note_filtered)

    def _choice(self, name: str) -> QComboBox:
        box = QComboBox()
        name_choice(box, name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMinimumWidth(CHOICE_WIDTH)
        box.currentIndexChanged.connect(lambda _: self.changed.emit())
        return box

    def _fill(self) -> None:
        levels: tuple[RiskLevel, ...] = ("low", "medium", "high")
        states: tuple[AlarmState, ...] = ("new", "acknowledged", "false_alarm")
        for level in levels:
            text = self.tr("all levels") if level == "low" else self.tr("level ≥ {0}")
            self._level.addItem(text.format(risk_word(level)), level)
        for text, span in (
            (self.tr("all times"), None),
            (self.tr("last hour"), HOUR),
            (self.tr("today"), TODAY),
            (self.tr("last 24 hours"), 24 * HOUR),
            (self.tr("last 7 days"), 7 * 24 * HOUR),
        ):
            self._time.addItem(text, span)
        self._state.addItem(self.tr("all states"), None)
        for state in states:
            self._state.addItem(state_word(state), state)

    @Slot()
    def reload_cameras(self) -> None:
        """Offer the cameras of changed settings; keeps the choice where it is still there."""
        wanted = self._camera.currentData()
        self._camera.blockSignals(True)
        self._camera.clear()
        self._camera.addItem(self.tr("all cameras"), None)
        for camera in self._context.settings.cameras:
            self._camera.addItem(camera.name, camera.id)
        self._camera.setCurrentIndex(max(0, self._camera.findData(wanted)))
        self._camera.blockSignals(False)
        self._camera.currentTextChanged.emit(self._camera.currentText())
        if self._camera.currentData() != wanted:
            self.changed.emit()

    def wanted(self) -> AlarmFilter:
        """Return what is chosen."""
        from pipeline.aggregation.store import AlarmFilter

        return AlarmFilter(
            camera_id=self._camera.currentData(),
            min_level=self._level.currentData(),
            state=cast("AlarmState | None", self._state.currentData()),
            since=_since(self._time.currentData()),
            text=self._text.text().strip(),
        )

    def kept(self) -> tuple[object, ...]:
        """Return what is chosen, for `restore`."""
        boxes = (self._camera, self._level, self._time, self._state)
        return (*(box.currentIndex() for box in boxes), self._text.text())

    def restore(self, kept: tuple[Any, ...]) -> None:
        """Choose what another bar kept."""
        *places, text = kept
        boxes = (self._camera, self._level, self._time, self._state)
        for box, place in zip(boxes, places, strict=True):
            box.setCurrentIndex(place)
        self._text.setText(text)

    @property
    def is_filtered(self) -> bool:
        """Whether some alarms are not wanted."""
        boxes = (self._camera, self._level, self._time, self._state)
        return any(box.currentIndex() > 0 for box in boxes) or bool(self._text.text().strip())

    @Slot()
    def reset(self) -> None:
        """Want all alarms."""
        for box in (self._camera, self._level, self._time, self._state):
            box.blockSignals(True)
            box.setCurrentIndex(0)
            box.blockSignals(False)
        self._text.clear()
        self._typing.stop()
        self.changed.emit()

    def focus_text(self) -> None:
        """Put the cursor into the text."""
        self._text.setFocus()
        self._text.selectAll()

    @Slot()
    def _note_filtered(self) -> None:
        self._reset.setVisible(self.is_filtered)


class _SearchField(QLineEdit):
    """A field whose hint is the longest that is not cut off; Esc empties it, Down and Enter leave it.

    Attributes:
        done: the keyboard is wanted in what was found.
    """

    done = Signal()

    def __init__(self, hints: Sequence[str]) -> None:
        """Make a field.

        Args:
            hints: what it says while it is empty, longest first; the first is the tooltip, too.
        """
        super().__init__()
        self._hints = hints
        self.setToolTip(hints[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        style = QStyleOptionFrame()
        self.initStyleOption(style)
        element = QStyle.SubElement.SE_LineEditContents
        room = self.style().subElementRect(element, style, self).width() - 2 * TEXT_MARGIN
        width = self.fontMetrics().horizontalAdvance
        fitting = (hint for hint in self._hints if width(hint) <= room)
        self.setPlaceholderText(next(fitting, self._hints[-1]))


def _since(span: Any) -> datetime | None:
    now = datetime.now().astimezone()
    if span is None:
        return None
    if span == TODAY:
        return local_midnight(now.date())
    assert isinstance(span, timedelta)
    return now - span
