"""A topic between two workers as the operator should see it: lag joined with what is intended.

Pure. A consumer that the operator stopped may fall behind in peace; one that runs and stands still
is the loudest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import formatting
from console.supervision.wording import Level
from pipeline.states import WorkerState

if TYPE_CHECKING:
    from pipeline.kafka.lag import LinkLag

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class LinkView:
    """How a piece of track looks.

    Attributes:
        level: its colour.
        word: the verdict in a word, such as ``OK`` or ``Stalled``.
        rate: messages a second, for people.
        lag: unread messages and their age, for people.
    """

    level: Level
    word: str
    rate: str
    lag: str


def link_view(link: LinkLag | None, consumer: WorkerState) -> LinkView:
    """Return how the track into a worker in state `consumer` looks.

    Args:
        link: its lag; None while it is not known.
        consumer: state of the worker that reads the topic.
    """
    if link is None:
        return LinkView("off", translate("Link", "Unknown"), "", translate("Link", "no figures"))
    rate = translate("Link", "{0} msg/s").format(formatting.rate(link.end_rate))
    lag = translate("Link", "lag {0}").format(formatting.count(link.messages))
    if link.seconds is not None:
        lag = f"{lag} · {formatting.seconds(link.seconds)}"
    level, word = _verdict(link, consumer)
    return LinkView(level, word, rate, lag)


def _verdict(link: LinkLag, consumer: WorkerState) -> tuple[Level, str]:
    if consumer in {WorkerState.STOPPED, WorkerState.STOPPING}:
        return "off", translate("Link", "Reader stopped")
    if consumer is WorkerState.FAILED:
        return "danger", translate("Link", "Reader failed")
    match link.status.value:
        case "ok":
            return "ok", translate("Link", "OK")
        case "warn":
            return "warning", translate("Link", "Falls behind")
        case "stall":
            return "danger", translate("Link", "Stalled")
        case _:
            return "off", translate("Link", "Unknown")
