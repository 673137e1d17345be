"""A topic between two workers, drawn as a piece of track: rate, lag, verdict, sparkline."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from console import joining
from console.supervision.link_view import LinkView
from console.supervision.wording import level_token
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import Radius, Space, TypeSize
from console.widgets.painting import break_name, paint_focus
from console.widgets.sparkline import paint_sparkline

TRACK_WIDTH = 4
LINE_HEIGHT = 14
SPARK_HEIGHT = 18
SPARK_SAMPLES = 60
SPARK_WIDTH = 120
MIN_WIDTH = 96


class TopicTrack(QAbstractButton):
    """A piece of track; a click asks for the topic's details."""

    def __init__(self, topic: str, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._topic = topic
        self._view: LinkView | None = None
        self._lags: deque[float] = deque(maxlen=SPARK_SAMPLES)
        self._font = ui_font(TypeSize.CAPTION, tabular=True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._topic

    def wanted_width(self) -> int:
        """Return how many pixels its name takes on one line."""
        return QFontMetrics(self._font).horizontalAdvance(self._topic) + 2 * Space.XS

    def set_topic(self, topic: str) -> None:
        """Show another topic; its history starts anew."""
        self._topic = topic
        self._lags.clear()
        self.update()

    def add_lag(self, messages: int) -> None:
        """Take in a new reading for the sparkline."""
        self._lags.append(float(messages))
        self.update()

    def take_over(self, before: TopicTrack) -> None:
        """Go on with the history of another piece of track, if it is of the same topic."""
        if before.topic == self._topic:
            self._lags.extend(before._lags)
            self.update()

    def set_view(self, view: LinkView) -> None:
        """Show other figures."""
        if view == self._view:
            return
        self._view = view
        words = joining.in_a_line((view.rate, view.lag, view.word))
        self.setAccessibleName(joining.named(self._topic, words))
        self.setToolTip(
            self.tr("{0}\n{1} · {2} · {3}\nThe line shows the unread messages lately.").format(
                self._topic, view.rate or "–", view.lag, view.about or view.word
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, 106)

    def minimumSizeHint(self) -> QSize:
        return QSize(MIN_WIDTH, 106)

    @property
    def shown_lag(self) -> str:
        """The lag as it stands below the track: in the form for which there is room."""
        if self._view is None:
            return ""
        fits = QFontMetrics(self._font).horizontalAdvance(self._view.lag) <= self._room()
        return self._view.lag if fits else self._view.short_lag or self._view.lag

    def _room(self) -> int:
        return self.width() - 2 * Space.XS

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        view = self._view
        color = self._theme.color(level_token(view.level if view else "off"))
        middle = self.height() / 2
        painter.fillRect(QRectF(0, middle - TRACK_WIDTH / 2, self.width(), TRACK_WIDTH), color)
        above = break_name(self._topic, QFontMetrics(self._font), self._room())
        if view is not None and view.rate:
            above.append(view.rate)
        muted = self._theme.color("text_strong" if self.underMouse() else "text_muted")
        top = middle - TRACK_WIDTH / 2 - Space.XS - len(above) * LINE_HEIGHT
        painter.setPen(muted)
        for index, line in enumerate(above):
            self._line(painter, top + index * LINE_HEIGHT, line)
        if view is not None:
            self._paint_lag(painter, view, middle)
        if self.hasFocus():
            rect = QRectF(self.rect()).adjusted(2, 2, -2, -2)
            paint_focus(painter, rect, self._theme.color("focus"), Radius.S)

    def _paint_lag(self, painter: QPainter, view: LinkView, middle: float) -> None:
        below = middle + TRACK_WIDTH / 2 + Space.XS
        quiet = view.level in {"ok", "off"}
        painter.setPen(self._theme.color("text" if quiet else level_token(view.level)))
        self._line(painter, below, self.shown_lag)
        if not quiet:
            self._line(painter, below + LINE_HEIGHT, view.word)
        # Of a long track the half: alone in the middle, a short one looks lost.
        spark_width = min(self.width() - 2 * Space.L, max(SPARK_WIDTH, self.width() // 2))
        spark = QRectF(
            (self.width() - spark_width) / 2,
            self.height() - SPARK_HEIGHT - 2,
            spark_width,
            SPARK_HEIGHT,
        )
        color = self._theme.color("text_faint" if quiet else level_token(view.level))
        # Where it starts from: a few readings alone would hang in the air.
        painter.fillRect(
            QRectF(spark.left(), spark.bottom(), spark.width(), 1), self._theme.color("border")
        )
        paint_sparkline(painter, spark, list(self._lags), SPARK_SAMPLES, color)

    def _line(self, painter: QPainter, top: float, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self._room())
        painter.drawText(
            QRectF(0, top, self.width(), LINE_HEIGHT), Qt.AlignmentFlag.AlignCenter, shown
        )
