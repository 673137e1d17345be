"""What the settings doctor found: what happens, why, and a button that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from console import joining
from console.severity_words import severity_look, severity_word
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.balanced_label import BalancedLabel
from console.widgets.painting import with_role
from console.window_texts import sentence, shown

if TYPE_CHECKING:
    from pipeline.kafka.doctor.desk import Placed

ICON = 16
LEAST_WIDTH = 280


class FindingList(QWidget):
    """Findings as cards, the worst first.

    Attributes:
        fix_asked: carries the `Placed` whose fix is wanted.
        fix_all_asked: all fixes are wanted.
        line_asked: carries the number of a line that is to be shown.
    """

    fix_asked = Signal(object)
    fix_all_asked = Signal()
    line_asked = Signal(int)

    def __init__(self, theme: ThemeManager, can_mend: Callable[[Placed], bool]) -> None:
        super().__init__()
        self._theme = theme
        self._can_mend = can_mend
        self._findings: tuple[Placed, ...] | None = None
        self.setMinimumWidth(LEAST_WIDTH)
        self._summary = QLabel()
        self._summary.setProperty("role", "strong")
        self._fix_all = QPushButton(self.tr("Fix all"))
        self._fix_all.setToolTip(self.tr("Errors and warnings; advice is left to you"))
        self._fix_all.clicked.connect(self.fix_all_asked)
        head = QHBoxLayout()
        head.addWidget(self._summary, 1)
        head.addWidget(self._fix_all)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._make_gap)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        theme.changed.connect(self._on_theme)
        self._fix_all.hide()
        self._summary.setText(self.tr("Looking…"))

    def show_findings(self, findings: Sequence[Placed]) -> None:
        """Show other findings; the keyboard stays at the fix it was at, or the next one."""
        if tuple(findings) == self._findings:
            return
        self._findings = tuple(findings)
        at = self._focused_fix()
        self._scroll.setWidget(self._cards())
        self._order_keys()
        self._summary.setText(self._counts())
        self._fix_all.setVisible(
            any(self._can_mend(one) and one.finding.severity != "advice" for one in findings)
        )
        fixes = self._fixes()
        if at is not None:
            (fixes[min(at, len(fixes) - 1)] if fixes else self).setFocus()

    def _order_keys(self) -> None:
        """Have Tab go from card to card, before it leaves the list."""
        cards = self._scroll.widget()
        before: QWidget = self._fix_all
        for button in cards.findChildren(QPushButton) if cards is not None else []:
            QWidget.setTabOrder(before, button)
            before = button

    def _cards(self) -> QWidget:
        holder = QWidget()
        with_role(holder, "page")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, self._gap, 0)
        column.setSpacing(Space.S)
        for placed in self._findings or ():
            column.addWidget(self._card(placed))
        if not self._findings:
            good = BalancedLabel(
                self.tr(
                    "The settings doctor has nothing to say: these properties do what they say, "
                    "with the librdkafka in use."
                )
            )
            good.setProperty("role", "muted")
            column.addWidget(good)
        column.addStretch(1)
        return holder

    @property
    def _gap(self) -> int:
        """Between the cards and the bar that scrolls them, where there is one; pixels."""
        return Space.S if self._scroll.verticalScrollBar().maximum() else 0

    @Slot()
    def _make_gap(self) -> None:
        cards = self._scroll.widget()
        layout = cards.layout() if cards is not None else None
        if layout is not None:
            layout.setContentsMargins(0, 0, self._gap, 0)

    def _card(self, placed: Placed) -> QFrame:
        finding = placed.finding
        look = severity_look(finding.severity_level)
        card = QFrame()
        with_role(card, "card", look.token)
        column = QVBoxLayout(card)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        column.setSpacing(Space.XS)
        column.addLayout(self._heading(placed))
        for text, role in (
            (sentence(finding.effect), ""),
            (self.tr("Why: {0}").format(sentence(finding.reason)), "muted"),
            (sentence(finding.fix), ""),
        ):
            column.addWidget(_text(text, role))
        column.addLayout(self._buttons(placed))
        card.setAccessibleName(
            joining.named(
                joining.named(severity_word(finding.severity_level), finding.name),
                shown(finding.effect),
            )
        )
        return card

    def _heading(self, placed: Placed) -> QHBoxLayout:
        finding = placed.finding
        look = severity_look(finding.severity_level)
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        sign = QLabel()
        icon = self._theme.icons.icon(look.icon, look.token)
        sign.setPixmap(icon.pixmap(QSize(ICON, ICON)))
        row.addWidget(sign)
        word = QLabel(severity_word(finding.severity_level))
        with_role(word, "status", look.token)
        row.addWidget(word)
        value = f" = {finding.value}" if finding.value else ""
        row.addWidget(_text(f"{finding.name}{value}", "strong"), 1)
        return row

    def _buttons(self, placed: Placed) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        if placed.line is not None:
            line = placed.line
            go = QPushButton(self.tr("Line {0}").format(line))
            go.setProperty("role", "link")
            go.clicked.connect(lambda: self.line_asked.emit(line))
            row.addWidget(go)
        read = QPushButton(self.tr("Read on…"))
        read.setProperty("role", "link")
        read.setToolTip(placed.finding.reference)
        url = QUrl(placed.finding.reference)
        read.clicked.connect(lambda: QDesktopServices.openUrl(url))
        row.addWidget(read)
        row.addStretch(1)
        if self._can_mend(placed):
            fix = QPushButton(self.tr("Fix"))
            fix.setObjectName("fix")
            fix.setAccessibleName(self.tr("Fix {0}").format(placed.finding.name))
            fix.setAccessibleDescription(shown(placed.finding.fix))
            fix.setToolTip(sentence(placed.finding.fix))
            fix.clicked.connect(lambda: self.fix_asked.emit(placed))
            row.addWidget(fix)
        return row

    def _counts(self) -> str:
        words = []
        for severity, text in (
            ("error", self.tr("%Ln error(s)", "", self._count("error"))),
            ("warning", self.tr("%Ln warning(s)", "", self._count("warning"))),
            ("advice", self.tr("%Ln piece(s) of advice", "", self._count("advice"))),
        ):
            if self._count(severity):
                words.append(text)
        return joining.in_a_line(words) or self.tr("Nothing found")

    def _count(self, severity: str) -> int:
        return sum(one.finding.severity == severity for one in self._findings or ())

    def _fixes(self) -> list[QPushButton]:
        cards = self._scroll.widget()
        found = cards.findChildren(QPushButton) if cards is not None else []
        return [one for one in found if one.objectName() == "fix"]

    def _focused_fix(self) -> int | None:
        return next((i for i, one in enumerate(self._fixes()) if one.hasFocus()), None)

    @Slot()
    def _on_theme(self) -> None:
        findings, self._findings = self._findings or (), None
        self.show_findings(findings)


def _text(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label
