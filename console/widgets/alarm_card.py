"""One alarm in the column beside the wall: picture, level, what, where, when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console import alarm_words, joining
from console.context import ConsoleContext
from console.plain_text import plain_tooltip
from console.theme.fonts import ui_font
from console.theme.tokens import Radius, Space, TypeSize
from console.widgets.elided_label import ElidedLabel
from console.widgets.painting import paint_focus, set_property
from console.widgets.thumbnail import Thumbnail

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry

PICTURE = QSize(84, 56)


class AlarmCard(QFrame):
    """Shows one alarm; may be given another one.

    Attributes:
        open_asked, acknowledge_asked: carry the id of the alarm.
    """

    open_asked = Signal(str)
    acknowledge_asked = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._entry: AlarmEntry | None = None
        self._shown: tuple[AlarmEntry, str, str] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._picture = Thumbnail(context.theme, PICTURE)
        self._badge = QLabel()
        self._badge.setProperty("role", "badge")
        self._title = ElidedLabel(
            context.theme, size=TypeSize.BODY, token="text_strong", strong=True, lines=2
        )
        self._time = ElidedLabel(
            context.theme,
            size=TypeSize.CAPTION,
            token="text_muted",
            align=Qt.AlignmentFlag.AlignRight,
        )
        self._place = ElidedLabel(context.theme, size=TypeSize.CAPTION, token="text_muted")
        self._acknowledge = self._link(self.tr("Acknowledge"))
        self._acknowledge.clicked.connect(lambda: self.acknowledge_asked.emit(self.alarm_id))
        self._open = self._link(self.tr("Open"))
        self._open.clicked.connect(lambda: self.open_asked.emit(self.alarm_id))
        self._state = QLabel()
        self._state.setProperty("role", "caption")
        self._lay_out()

    @property
    def alarm_id(self) -> str:
        """Which alarm; empty before the first."""
        return self._entry.alarm.alarm_id if self._entry is not None else ""

    def _link(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "link")
        button.setFont(ui_font(TypeSize.CAPTION))
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        head.addWidget(self._badge)
        head.addWidget(self._time, 1)
        links = QHBoxLayout()
        # Their frames, shown only with the focus, stand out to the left of the text above.
        links.setContentsMargins(-3, 0, 0, 0)
        links.setSpacing(Space.M)
        links.addWidget(self._acknowledge)
        links.addWidget(self._open)
        links.addStretch(1)
        links.addWidget(self._state)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(head)
        words.addWidget(self._title)
        words.addWidget(self._place)
        words.addLayout(links)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_entry(self, entry: AlarmEntry, now: datetime) -> None:
        """Show `entry` as of `now`."""
        self._entry = entry
        alarm = entry.alarm
        place = alarm_words.place(alarm, self._context.settings)
        time = alarm_words.time_of_day(alarm.first_seen, now)
        if self._shown == (entry, place, time):
            return
        self._shown = (entry, place, time)
        level = alarm_words.level_badge(alarm.risk_level)
        title = alarm_words.title(alarm)
        self._badge.setText(level)
        set_property(self._badge, "level", alarm_words.BADGES[alarm.risk_level])
        self._title.set_text(title, "text_strong" if entry.state == "new" else "text_muted")
        self._time.set_text(time)
        self._place.set_text(place)
        is_new = entry.state == "new"
        self._acknowledge.setVisible(is_new and entry.is_saved)
        state = alarm_words.entry_state(entry)
        self._state.setText("" if is_new and entry.is_saved else state)
        self.setToolTip(plain_tooltip(alarm_words.said(alarm)))
        self.setAccessibleName(joining.in_a_line((f"{level} {title}", place, time, state)))
        self.setAccessibleDescription(alarm_words.said(alarm))

    def set_picture(self, image: QImage | None) -> None:
        """Show the evidence; None while there is none."""
        self._picture.set_image(image)

    def set_narrow(self, *, narrow: bool) -> None:
        """Leave the picture away, where there is no room for words beside it."""
        self._picture.setVisible(not narrow)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and inside:
            self.open_asked.emit(self.alarm_id)
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.open_asked.emit(self.alarm_id)
        elif event.key() == Qt.Key.Key_A and not self._acknowledge.isHidden():
            self.acknowledge_asked.emit(self.alarm_id)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme = self._context.theme
        if self.underMouse():
            painter.fillRect(self.rect(), theme.color("hover"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("border"))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_focus(painter, QRectF(self.rect()), theme.color("focus"), Radius.S)
