"""Consumer groups, their topics and partitions, with lag, age, verdict and offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from console import formatting
from console.supervision.link_view import LinkView, link_view
from console.supervision.wording import level_token
from console.theme.theme import ThemeManager
from console.widgets.value_table import ValueTable, set_color, set_texts
from pipeline.states import ALIVE

if TYPE_CHECKING:
    from pipeline.kafka.lag import LinkLag
    from pipeline.states import WorkerState

STATUS_COLUMN = 4


@dataclass(frozen=True, slots=True)
class LagRow:
    """One topic and a group that reads it, with the state of the worker in that group.

    Attributes:
        link: None while it is not known.
        dead_letters: of the topic; None where they are not known or another row has them.
    """

    topic: str
    group: str
    consumer: WorkerState
    link: LinkLag | None
    dead_letters: int | None


class LagTable(ValueTable):
    """One row for each topic and group that reads it, with its partitions below."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__([""] * 10, numbers_from=1, parent=parent)
        self._theme = theme
        self._items: dict[tuple[str, str], QTreeWidgetItem] = {}
        self.setRootIsDecorated(True)
        self.setHeaderLabels(
            [
                self.tr("Topic ← group"),
                self.tr("Lag"),
                self.tr("Oldest unread"),
                self.tr("Clear in"),
                self.tr("Status"),
                self.tr("In /s"),
                self.tr("Done /s"),
                self.tr("Committed"),
                self.tr("End"),
                self.tr("Dead letters"),
            ]
        )
        self.setAccessibleName(self.tr("Lag of the consumer groups"))

    def show_rows(self, rows: Sequence[LagRow]) -> None:
        """Show what is newest; rows keep their place and whether they are open."""
        wanted = {(row.topic, row.group) for row in rows}
        for link in set(self._items) - wanted:
            self.takeTopLevelItem(self.indexOfTopLevelItem(self._items.pop(link)))
        for row in rows:
            item = self._items.get((row.topic, row.group))
            if item is None:
                item = self._items[row.topic, row.group] = self.make_item()
                item.setData(0, Qt.ItemDataRole.UserRole, row.topic)
                self.addTopLevelItem(item)
            self._show(item, row)

    def select_topic(self, topic: str) -> None:
        """Select a topic's first row and open it."""
        item = next((item for (name, _), item in self._items.items() if name == topic), None)
        if item is not None:
            self.setCurrentItem(item)
            item.setExpanded(True)

    def height_of_groups(self) -> int:
        """Return how high the table is with every group in sight and none open, pixels."""
        rows = self.topLevelItemCount() * self.sizeHintForRow(0)
        return self.header().sizeHint().height() + rows + 2 * self.frameWidth()

    def _show(self, item: QTreeWidgetItem, row: LagRow) -> None:
        view = link_view(row.link, row.consumer)
        name = f"{row.topic} ← {row.group}"
        if row.link is None:
            set_texts(item, (name, "–", "–", "–", view.word, "–", "–", "–", "–", "–"))
            return
        link = row.link
        set_texts(
            item,
            (
                name,
                formatting.count(link.messages),
                formatting.seconds(link.seconds),
                self._clears_in(row),
                view.word,
                formatting.rate(link.end_rate),
                formatting.rate(link.commit_rate),
                formatting.count(sum(each.committed or 0 for each in link.partitions)),
                formatting.count(sum(each.end for each in link.partitions)),
                "–" if row.dead_letters is None else formatting.count(row.dead_letters),
            ),
        )
        self._color(item, view, row.dead_letters)
        while item.childCount() > len(link.partitions):
            item.takeChild(item.childCount() - 1)
        for index, partition in enumerate(link.partitions):
            child = item.child(index)
            if child is None:
                child = self.make_item()
                item.addChild(child)
            committed = partition.committed
            set_texts(
                child,
                (
                    self.tr("partition {0}").format(partition.partition),
                    formatting.count(partition.messages),
                    formatting.seconds(partition.seconds),
                    "",
                    "",
                    "",
                    "",
                    self.tr("never") if committed is None else formatting.count(committed),
                    formatting.count(partition.end),
                    "",
                ),
            )

    def _clears_in(self, row: LagRow) -> str:
        """Return when nothing will be unread, for people."""
        if row.link is None or row.consumer not in ALIVE:
            return "–"
        seconds = row.link.clears_in_s
        if seconds is None:
            is_quiet = link_view(row.link, row.consumer).level == "ok"
            return self.tr("keeps up") if is_quiet else self.tr("not at this rate")
        return self.tr("clear") if seconds == 0 else formatting.seconds(seconds)

    def _color(self, item: QTreeWidgetItem, view: LinkView, dead_letters: int | None) -> None:
        set_color(item, STATUS_COLUMN, self._theme.color(level_token(view.level)))
        item.setToolTip(STATUS_COLUMN, view.about)
        font = item.font(STATUS_COLUMN)
        if font.bold() != (view.level == "danger"):
            font.setBold(view.level == "danger")
            item.setFont(STATUS_COLUMN, font)
        token = "warning" if dead_letters else "text_muted"
        set_color(item, self.columnCount() - 1, self._theme.color(token))
