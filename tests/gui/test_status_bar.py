"""The bar at the bottom: of all that is behind it names what needs a look first."""

from __future__ import annotations

import pytest
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
from tests.support.console_parts import console_context

TOPICS = Settings().kafka.topics
Lags = dict[tuple[WorkerName, str], LinkLag]


def link(messages: int, status: LagStatus) -> LinkLag:
    return LinkLag(messages, 1.0, status, 9.0, 9.0, ())


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
