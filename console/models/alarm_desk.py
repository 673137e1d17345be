"""The alarms of the window: read, marked and pictured in the background, for all who show them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from loguru import logger
from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from console.alarm_export import ExportCancelledError
from console.alarm_words import local_midnight
from console.background import in_background
from console.context import ConsoleContext
from console.models.unsaved_alarms import UnsavedAlarms
from console.window_texts import said
from pipeline.states import WorkerName
from pipeline.telemetry import DAMAGED_LABEL

if TYPE_CHECKING:
    from pipeline.aggregation.store import (
        AlarmEntry,
        AlarmFilter,
        AlarmReader,
        AlarmState,
        Asked,
    )

ResultT = TypeVar("ResultT")

NEWEST: Final = 50
"""How many alarms are kept at hand for the list beside the wall."""

IDLE_INTERVAL_S: Final = 5.0
"""Another process may be the aggregator, whose hints never arrive here."""

BUSY_INTERVAL_S: Final = 0.5
"""Shortest time from one reading to the next, however many hints arrive."""

THUMBNAIL: Final = QSize(252, 168)
"""Largest thumbnail: that of the list at three device pixels to one."""

KEPT_PICTURES: Final = 200


class AlarmDesk(QObject):
    """Reads the alarm store in the background and tells when it has changed.

    Attributes:
        entries: the newest alarms, newest first; those that wait for a disk with room among them.
        today, unseen: alarms since midnight; alarms that nobody has looked at.
        changed: the store has changed; `entries`, `today` and `unseen` are fresh.
        picture_ready: carries the id of the alarm whose thumbnail has been read.
        raised: carries the `AlarmHint` of each new alarm.
        failed: the store cannot be used; carries why, for people.
        set_aside: it was damaged, and a new one was begun; carries the name of the damaged one.
    """

    changed = Signal()
    picture_ready = Signal(str)
    raised = Signal(object)
    failed = Signal(str)
    set_aside = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.entries: tuple[AlarmEntry, ...] = ()
        self._stored: tuple[AlarmEntry, ...] = ()
        self._unsaved = UnsavedAlarms()
        self.today = 0
        self.unseen = 0
        self._is_reading = False
        self._is_stale = True
        self._read_s = 0.0
        self._pictures: OrderedDict[tuple[str, str], QImage | None] = OrderedDict()
        self._last_failure = ""
        self._damaged = ""
        context.ticker.figures.connect(self._on_tick)
        QTimer.singleShot(0, self, self.refresh)

    @classmethod
    def of(cls, context: ConsoleContext) -> AlarmDesk:
        """Return the window's one desk, made when it is first asked for."""
        found = context.controller.findChild(cls)
        return found if found is not None else cls(context, context.controller)

    # ------------------------------------------------------------------ reading
    @Slot()
    def refresh(self) -> None:
        """Read the store again as soon as may be."""
        self._is_stale = True
        self._read_when_due()

    @Slot()
    def _on_tick(self) -> None:
        self._look_for_damage()
        self._look_for_unsaved()
        hints = self._context.hub.take_alarm_hints()
        for hint in hints:
            if hint.is_new:
                self.raised.emit(hint)
        if hints or time.monotonic() - self._read_s > IDLE_INTERVAL_S:
            self._is_stale = True
        self._read_when_due()

    def _look_for_damage(self) -> None:
        labels = self._context.figures.snapshot(WorkerName.AGGREGATOR).labels
        damaged = labels.get(DAMAGED_LABEL, "")
        if damaged != self._damaged:
            self._damaged = damaged
            self.set_aside.emit(damaged)
            self.refresh()

    def _look_for_unsaved(self) -> None:
        held = self._context.figures.snapshot(WorkerName.AGGREGATOR).unsaved
        if not self._unsaved.hold(held):
            return
        if self._unsaved.has_settling:
            # Written meanwhile: shown as they were until they are read from the store.
            self._read_s = 0.0
            self._is_stale = True
        self._merge()
        self.changed.emit()

    def _merge(self) -> None:
        self.entries = tuple(self._unsaved.merged(self._stored))

    def with_unsaved(self, stored: list[AlarmEntry], wanted: AlarmFilter) -> list[AlarmEntry]:
        """Return what was read from the store, with what waits to be written and is wanted."""
        return [
            entry
            for entry in self._unsaved.merged(stored)
            if entry.is_saved or wanted.admits(entry)
        ]

    def _read_when_due(self) -> None:
        if not self._is_stale or self._is_reading:
            return
        if time.monotonic() - self._read_s < BUSY_INTERVAL_S:
            return
        self._is_reading, self._is_stale = True, False
        self._read_s = time.monotonic()
        self._unsaved.reading()
        midnight = local_midnight(datetime.now().astimezone().date())
        self.ask(
            lambda reader: (tuple(reader.newest(limit=NEWEST)), reader.counts(midnight)),
            self._take,
            self._on_read_failed,
        )

    def _take(self, read: tuple[tuple[AlarmEntry, ...], tuple[int, int]]) -> None:
        self._is_reading = False
        self._last_failure = ""
        entries, (today, unseen) = read
        gone = self._unsaved.was_read()
        if not gone and (entries, today, unseen) == (self._stored, self.today, self.unseen):
            return
        self._stored, self.today, self.unseen = entries, today, unseen
        self._merge()
        self.changed.emit()

    def _on_read_failed(self, text: str) -> None:
        self._is_reading = False
        if text != self._last_failure:
            self._last_failure = text
            self.failed.emit(text)

    def ask(
        self,
        question: Callable[[AlarmReader], ResultT],
        on_answer: Callable[[ResultT], None],
        on_failed: Callable[[str], None] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Have a question answered from the store in the background.

        Args:
            question: called in another thread.
            on_answer: called in this one, with its result.
            on_failed: called in this one, with the reason; by default, `failed` is emitted.
            owner: who asks, if that may be gone before there is an answer, which is then dropped.
        """
        settings = self._context.settings.aggregator
        told = on_failed if on_failed is not None else self.failed.emit

        def work() -> ResultT:
            # Imported here: it takes the time of msgspec and SQLite, which the window has not.
            from pipeline.aggregation.database import database_path
            from pipeline.aggregation.store import AlarmReader

            with AlarmReader(database_path(settings)) as reader:
                return question(reader)

        in_background(owner or self, work, on_answer, lambda error: told(self._explain(error)))

    def _explain(self, error: Exception) -> str:
        if isinstance(error, ExportCancelledError):
            return self.tr("Cancelled; nothing was saved.")
        logger.warning("the alarms cannot be read: {}", error)
        return self.tr(
            "The alarms cannot be read: {0}. See that the disk works and has space."
        ).format(said(error))

    def select(
        self,
        wanted: AlarmFilter,
        limit: int,
        on_answer: Callable[[list[AlarmEntry]], None],
        on_failed: Callable[[str], None],
    ) -> None:
        """Have the alarms read that `wanted` asks for, newest first."""
        self.ask(lambda reader: reader.newest(wanted, limit), on_answer, on_failed)

    # ------------------------------------------------------------------ marking
    def mark(
        self,
        alarm_id: str,
        state: AlarmState,
        note: str | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> None:
        """Note what somebody made of an alarm; `changed` follows. None keeps the note."""

        def work(reader: AlarmReader) -> None:
            if state == "acknowledged":
                reader.acknowledge(alarm_id, note)
            elif state == "false_alarm":
                reader.mark_false(alarm_id, note)
            else:
                reader.reopen(alarm_id, note)

        def done(_: None) -> None:
            self._read_s = 0.0
            self.refresh()
            if on_done is not None:
                on_done()

        self.ask(work, done)

    # ------------------------------------------------------------------ pictures
    def thumbnail(self, entry: AlarmEntry) -> QImage | None:
        """Return the small picture of an alarm; None until it is read, or when there is none.

        `picture_ready` tells when to ask again.
        """
        if not entry.is_saved:
            return None
        # An alarm that grows worse has another request, and another picture.
        key = (entry.alarm.alarm_id, entry.alarm.request_id)
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        self._pictures[key] = None
        while len(self._pictures) > KEPT_PICTURES:
            self._pictures.popitem(last=False)

        def work(reader: AlarmReader) -> QImage | None:
            picture = decoded(reader.evidence(key[0]))
            return covering(picture, THUMBNAIL) if picture is not None else None

        def done(picture: QImage | None) -> None:
            self._pictures[key] = picture
            if picture is not None:
                self.picture_ready.emit(key[0])

        self.ask(work, done, lambda _: None)
        return None

    def asked(self, alarm_id: str, on_answer: Callable[[Asked], None]) -> None:
        """Have what was asked about an alarm read, and what was answered."""
        self.ask(lambda reader: reader.asked(alarm_id), on_answer)

    def picture(self, alarm_id: str, on_answer: Callable[[QImage | None], None]) -> None:
        """Have the evidence picture of an alarm read in full size."""
        self.ask(lambda reader: decoded(reader.evidence(alarm_id)), on_answer)


def decoded(jpeg: bytes | None) -> QImage | None:
    """Return a picture; None when there is none, or when it is damaged."""
    if not jpeg:
        return None
    image = QImage.fromData(jpeg)
    return None if image.isNull() else image


def covering(image: QImage, size: QSize) -> QImage:
    """Return the middle of `image`, in the shape of `size` and no larger than it."""
    shape = QSize(size).scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left = (image.width() - shape.width()) // 2
    top = (image.height() - shape.height()) // 2
    cut = image.copy(left, top, max(1, shape.width()), max(1, shape.height()))
    if cut.width() <= size.width():
        return cut
    return cut.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
