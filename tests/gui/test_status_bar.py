"""The bar at the bottom: of all that is behind it names what needs a look first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from console.controller import PipelineController
from console.figures import Figures
from console.supervision.status import WorkerStatus
from console.ui_gap import UiGap
from console.widgets.elided_label import ElidedLabel
from console.widgets.status_bar import StatusBar
from pipeline.kafka.lag import LinkLag
from pipeline.kafka.lag_rules import LagStatus
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import NOTHING
from tests.support.console_parts import console_context
from tests.support.windows import shown

TOPICS = Settings().kafka.topics
Lags = dict[tuple[WorkerName, str], LinkLag]


def link(messages: int, status: LagStatus) -> LinkLag:
    return LinkLag(messages, 1.0, status, 9.0, 9.0, ())


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[StatusBar]:
    with console_context(qtbot, Settings()) as context:
        # In a window, which may be narrower than what is in it would like.
        holder = shown(qtbot, QWidget(), 1440, 40)
        made = StatusBar(context, UiGap(), holder)
        made.resize(900, 26)
        made.show()
        for name in (WorkerName.DETECTION, WorkerName.AGGREGATOR):
            status = context.controller.status(name)
            for state in (WorkerState.STARTING, WorkerState.BACKOFF):
                change = StateChange(name, status.state, state, NOTHING, 1.0)
                status.note(change, datetime.now().astimezone())
        made.refresh()
        yield made


def labels(bar: StatusBar) -> list[ElidedLabel]:
    found = [label for label in bar.findChildren(ElidedLabel) if label.isVisible()]
    return sorted(found, key=lambda label: label.x())


def test_no_words_lie_over_others_in_the_smallest_window(qtbot: QtBot, bar: StatusBar) -> None:
    qtbot.waitUntil(lambda: labels(bar)[0].lines() == ["Detection, Aggregator restarts"])
    parts = [part for part in bar.findChildren(QWidget) if part.isVisible() and part.width() > 8]
    places = sorted((part.x(), part.x() + part.width()) for part in parts if part.parent() is bar)
    assert all(end < begin for (_, end), (begin, _) in pairwise(places))


@pytest.mark.parametrize("width", [900, 1440])
def test_a_message_takes_the_room_that_it_needs(qtbot: QtBot, bar: StatusBar, width: int) -> None:
    bar.resize(width, 26)
    words = "Picture saved: C:/Users/operator/Pictures/Signalbox/cam-3-20261127-195221.png"
    bar.show_message(words, "info")
    qtbot.waitUntil(lambda: labels(bar)[0].lines() == [words])


@pytest.mark.parametrize(
    ("lags", "said"),
    [
        ({}, "Group lag –"),
        (
            {
                (WorkerName.GENERATOR, TOPICS.detection_results): link(36, LagStatus.OK),
                (WorkerName.AGGREGATOR, TOPICS.detection_results): link(144, LagStatus.WARN),
            },
            "Group lag 144 (Falls behind)",
        ),
        (
            {
                (WorkerName.GENERATOR, TOPICS.detection_results): link(36, LagStatus.OK),
                (WorkerName.SCHEDULER, TOPICS.assessment_tasks): link(2, LagStatus.STALL),
            },
            "Group lag 2 (Stalled)",
        ),
    ],
)
def test_the_worst_lag_of_all_readers_is_named(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, lags: Lags, said: str
) -> None:
    running = WorkerStatus(WorkerName.GENERATOR, WorkerState.RUNNING)
    monkeypatch.setattr(Figures, "lag", property(lambda _: object()))
    monkeypatch.setattr(Figures, "link", lambda _, name, topic: lags.get((name, topic)))
    monkeypatch.setattr(PipelineController, "status", lambda _, _name: running)
    with console_context(qtbot, Settings()) as context:
        bar = StatusBar(context, UiGap())
        qtbot.addWidget(bar)
        bar.show()

        def texts() -> list[str]:
            return [label.text() for label in bar.findChildren(ElidedLabel)]

        qtbot.waitUntil(lambda: said in texts())
