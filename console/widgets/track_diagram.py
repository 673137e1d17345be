"""The track diagram: four workers as cards, joined by the topics as track; the panel of the box."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.figures import Part
from console.supervision.link_view import LinkView, link_view
from console.supervision.wording import LEVELS, state_word, worker_title
from console.theme.tokens import Space
from console.widgets.painting import with_role
from console.widgets.topic_track import TopicTrack
from console.widgets.track_strip import Station, TrackStrip
from console.widgets.worker_card import WIDTH as CARD_WIDTH
from console.widgets.worker_card import WorkerCard
from pipeline.states import WorkerName

MIN_WIDTH = 480
CARD_PARTS = dict(enumerate(WorkerName, Part.FIRST_CARD))


class TrackDiagram(QFrame):
    """Shows the whole pipeline at a glance.

    Attributes:
        topic_opened: carries the name of the topic whose track was clicked.
        worker_opened: carries the `WorkerName` whose card was clicked.
        log_asked: carries the `WorkerName` whose log is wanted.
        room_changed: there is room for more than one line now, or no longer.
    """

    topic_opened = Signal(str)
    worker_opened = Signal(object)
    log_asked = Signal(object)
    room_changed = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._last_reading_s = 0.0
        self._wants_folded = False
        with_role(self, "page")
        self._cards: dict[WorkerName, WorkerCard] = {}
        self._tracks: dict[WorkerName, TopicTrack] = {}
        row = self._row = QHBoxLayout()
        row.setSpacing(0)
        for name in WorkerName:
            if name in self._topics():
                track = self._make_track(name)
                row.addWidget(track, 1)
            row.addWidget(self._make_card(name))
        self._body = QWidget()
        self._body.setLayout(row)
        row.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._body)
        self._has_room = True
        self._strip = TrackStrip(context.theme)
        self._strip.station_clicked.connect(self._on_station)
        self._strip.track_clicked.connect(self._on_strip_track)
        self._strip.hide()
        column.addWidget(self._strip)
        context.figures.part_due.connect(self._on_part)
        context.controller.state_changed.connect(self.refresh)
        context.controller.settings_changed.connect(self.refresh)
        self.refresh()

    def _topics(self) -> dict[WorkerName, str]:
        """Return the topic that each worker reads."""
        topics = self._context.settings.kafka.topics
        return {
            WorkerName.GENERATOR: topics.detection_results,
            WorkerName.SCHEDULER: topics.assessment_tasks,
            WorkerName.AGGREGATOR: topics.risk_assessment_results,
        }

    def _make_card(self, name: WorkerName) -> WorkerCard:
        context = self._context
        card = WorkerCard(context.controller.status(name), context.figures, context.theme)
        card.opened.connect(self.worker_opened)
        card.log_asked.connect(self.log_asked)
        card.start_asked.connect(context.controller.start)
        card.stop_asked.connect(context.controller.stop)
        card.restart_asked.connect(context.controller.restart)
        self._cards[name] = card
        return card

    def _make_track(self, name: WorkerName) -> TopicTrack:
        track = TopicTrack(self._topics()[name], self._context.theme)
        track.clicked.connect(lambda: self.topic_opened.emit(track.topic))
        self._tracks[name] = track
        return track

    def take_over(self, before: TrackDiagram) -> None:
        """Go on with the sparklines of a diagram that this one replaces."""
        for name, track in self._tracks.items():
            track.take_over(before._tracks[name])
        self._last_reading_s = before._last_reading_s

    @property
    def is_folded(self) -> bool:
        """Whether it was asked for that only one line is shown."""
        return self._wants_folded

    @property
    def has_room(self) -> bool:
        """Whether it is wide enough for more than one line."""
        return self._has_room

    def set_folded(self, folded: bool) -> None:
        """Show one line only, or the whole diagram where there is room for it."""
        self._wants_folded = folded
        self._arrange()

    def _share_width(self) -> None:
        """Make the pieces of track equal, unless a name then had no room on one line."""
        margins = self._row.contentsMargins()
        cards = len(self._cards) * CARD_WIDTH
        room = self.width() - margins.left() - margins.right() - cards
        wanted = {track: track.wanted_width() for track in self._tracks.values()}
        is_even = room >= len(wanted) * max(wanted.values())
        for track, width in wanted.items():
            self._row.setStretchFactor(track, 1 if is_even else width)
        self._row.activate()  # at once: names that jump would be seen

    def _arrange(self) -> None:
        has_room = self.width() >= self._body.minimumSizeHint().width()
        if has_room != self._has_room:
            self._has_room = has_room
            self.room_changed.emit()
        one_line = self._wants_folded or not has_room
        if one_line != self._strip.isHidden():
            return
        self._strip.setVisible(one_line)
        self._body.setVisible(not one_line)
        self.refresh()

    def minimumSizeHint(self) -> QSize:
        # The body folds up by itself where it is too wide.
        return QSize(MIN_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()
        self._arrange()

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        self._refresh_tracks()
        if self._strip.isHidden():
            for name in WorkerName:
                self._refresh_card(name)

    @Slot(int)
    def _on_part(self, part: int) -> None:
        if part == Part.TRACKS:
            self._refresh_tracks()
        elif part in CARD_PARTS and self._strip.isHidden():
            self._refresh_card(CARD_PARTS[part])

    @Slot(int)
    def _on_station(self, number: int) -> None:
        self.worker_opened.emit(tuple(WorkerName)[number])

    @Slot(int)
    def _on_strip_track(self, number: int) -> None:
        self.topic_opened.emit(self._tracks[tuple(WorkerName)[number]].topic)

    def _refresh_tracks(self) -> None:
        views = self._read_links()
        if not self._strip.isHidden():
            self._strip.set_stations(self._stations(views))
            return
        for name, track in self._tracks.items():
            track.set_view(views[name])

    def _refresh_card(self, name: WorkerName) -> None:
        is_stuck = name in self._context.controller.stuck_workers
        self._cards[name].refresh(time.monotonic(), is_stuck=is_stuck)

    def _stations(self, views: dict[WorkerName, LinkView]) -> tuple[Station, ...]:
        states = self._context.controller.states()
        return tuple(
            Station(LEVELS[state], worker_title(name), state_word(state), views.get(name))
            for name, state in states.items()
        )

    def _read_links(self) -> dict[WorkerName, LinkView]:
        """Return how the track into each worker looks; note new readings for the sparklines."""
        figures = self._context.figures
        lag = figures.lag
        is_new = lag is not None and lag.taken_at_s > self._last_reading_s
        if lag is not None:
            self._last_reading_s = lag.taken_at_s
        views = {}
        for name, track in self._tracks.items():
            topic = self._topics()[name]
            if topic != track.topic:
                track.set_topic(topic)
                self._share_width()
            link = figures.link(name, track.topic)
            if link is not None and is_new:
                track.add_lag(link.messages)
            views[name] = link_view(link, self._context.controller.status(name).state)
        return views
