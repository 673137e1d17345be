"""Lines of a text in an empty place are about equally long."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from console.widgets.balanced_label import BalancedLabel
from console.widgets.painting import balanced_width


@given(length=st.integers(1, 5000), widest=st.integers(2, 2000))
def test_it_is_the_narrowest_that_needs_no_further_line(length: int, widest: int) -> None:
    def lines(width: int) -> int:
        return math.ceil(length / width)

    width = balanced_width(widest, lines)
    assert lines(width) == lines(widest)
    assert width == widest // 2 or lines(width - 1) > lines(widest)


def test_no_character_is_left_alone_in_the_last_line(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(QFont())
    text = "无" * 21
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    widest = int(metrics.horizontalAdvance(text[:20])) + 1

    def height(width: int) -> float:
        return metrics.boundingRect(QRectF(0, 0, width, 0), flags, text).height()

    width = balanced_width(widest, height)
    assert height(width) == height(widest)
    assert width < metrics.horizontalAdvance(text[:13])


def test_a_help_of_a_form_keeps_its_lines_about_equally_long(qtbot: QtBot) -> None:
    label = BalancedLabel("Objects nearer than this form a group where near misses matter.")
    qtbot.addWidget(label)
    room = label.fontMetrics().horizontalAdvance(label.text()) - 2
    label.resize(room, 100)
    label.show()
    used = label.contentsRect().width()
    assert room // 2 - 2 < used < room * 2 // 3
    # Two lines in a narrower window too: what is left free now is none of its business.
    assert label.heightForWidth(used) < 3 * label.fontMetrics().lineSpacing()
    label.resize(room + 2, 100)
    assert label.contentsRect().width() == room + 2
    label.setText("Short.")
    label.resize(room, 100)
    assert label.contentsRect().width() == room
