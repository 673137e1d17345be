"""Lag over the last 15 minutes, one line a topic (pyqtgraph; imported when it is first shown)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from console import formatting, joining
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import TypeSize

SPAN_S: Final = 900.0
MINUTE_S: Final = 60.0
LABEL_ROOM: Final = 20.0
"""From one number beside the chart to the next, at least; pixels."""

START_ROOM_MIN: Final = 0.45
NOW_ROOM_MIN: Final = 0.25
"""Beside the first and the last label, which are left out where they would be cut; minutes."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name, and ``(unix seconds, unread messages)``, oldest first."""

    name: str
    points: list[tuple[float, int]]


class _MinutesAgo(pg.AxisItem):  # type: ignore[misc]
    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        now = QCoreApplication.translate("LagChart", "now")
        minutes = QCoreApplication.translate("LagChart", "{0} min")
        return [
            now if abs(value) < 0.01 else minutes.format(f"\N{MINUS SIGN}{-value:.0f}")
            for value in values
        ]

    def tickValues(  # noqa: N802 - pyqtgraph's name
        self, low: float, high: float, _size: float
    ) -> list[tuple[float, list[float]]]:
        first = int(low // 3) * 3
        ticks = [float(value) for value in range(first, int(high) + 1, 3) if low <= value <= high]
        return [(3.0, ticks)]


class _Counts(pg.AxisItem):  # type: ignore[misc]
    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        return [formatting.axis_count(value) for value in values]

    def tickValues(  # noqa: N802 - pyqtgraph's name
        self, low: float, high: float, size: float
    ) -> list[tuple[float, list[float]]]:
        # Whole messages, and no more labels than there is room for.
        step = whole_step((high - low) * LABEL_ROOM / max(1.0, size))
        first = math.ceil(low / step) * step
        return [(float(step), [float(value) for value in range(first, int(high) + 1, step)])]


def whole_step(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least `least`."""
    tens = 1
    while True:
        for factor in (1, 2, 5):
            if factor * tens >= least:
                return factor * tens
        tens *= 10


class LagChart(QWidget):
    """Paints the lag of all topics.

    Attributes:
        legend: which line is whose; for whoever shows the chart to place.
    """

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._curves: dict[str, Any] = {}
        self._newest: dict[str, int] = {}
        self._plot = pg.PlotWidget(
            axisItems={"bottom": _MinutesAgo("bottom"), "left": _Counts("left")}
        )
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        begin = -SPAN_S / MINUTE_S - START_ROOM_MIN
        self._plot.setXRange(begin, NOW_ROOM_MIN, padding=0.01)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.showGrid(y=True, alpha=0.15)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "caption")
        self.legend.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Lag of the last 15 minutes"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        theme.changed.connect(self._apply_theme)
        self._apply_theme()

    def accessible_value(self) -> str:
        """Return the newest value of each line."""
        return joining.in_a_line(
            joining.named(name, formatting.count(lag)) for name, lag in self._newest.items()
        )

    def show_series(self, series: list[Series]) -> None:
        """Show these lines; a name keeps its colour."""
        now = time.time()
        self._newest = {entry.name: entry.points[-1][1] for entry in series if entry.points}
        highest = 10
        for entry in series:
            curve = self._curves.get(entry.name) or self._add_curve(entry.name)
            curve.setData(
                [(at - now) / MINUTE_S for at, _ in entry.points],
                [messages for _, messages in entry.points],
            )
            highest = max(highest, *(messages for _, messages in entry.points), 0)
        for name in set(self._curves) - {entry.name for entry in series}:
            curve = self._curves.pop(name)
            self._plot.removeItem(curve)
        self._show_legend()
        self._plot.setYRange(0, highest * 1.1, padding=0)

    def _add_curve(self, name: str) -> Any:
        curve = self._plot.plot([], [], name=name, antialias=True)
        self._curves[name] = curve
        self._color_curve(len(self._curves) - 1, curve)
        return curve

    def _color_curve(self, index: int, curve: Any) -> None:
        colors = self._theme.tokens.chart
        curve.setPen(pg.mkPen(QColor(colors[index % len(colors)]), width=2))

    def _apply_theme(self) -> None:
        tokens = self._theme.tokens
        self._plot.setBackground(QColor(tokens.raised))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(QColor(tokens.border_strong)))
            axis.setTextPen(pg.mkPen(QColor(tokens.text_muted)))
            axis.setTickFont(ui_font(TypeSize.CAPTION, tabular=True))
        for index, curve in enumerate(self._curves.values()):
            self._color_curve(index, curve)
        self._show_legend()

    def _show_legend(self) -> None:
        """Name the lines."""
        parts = [
            f'<span style="color:{curve.opts["pen"].color().name()}">━</span>\u00a0{escape(name)}'
            for name, curve in self._curves.items()
        ]
        text = "\u00a0\u00a0\u00a0\u00a0 ".join(parts)
        if text != self.legend.text():
            self.legend.setText(text)
