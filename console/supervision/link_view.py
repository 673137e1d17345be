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
        word: the verdict in a word or two, such as ``OK`` or ``Stalled``.
        about: the same as half a sentence.
        short_lag: the lag where there is little room.
        rate: messages a second, for people.
        lag: unread messages and their age, for people.
    """

    level: Level
    word: str
    rate: str
    lag: str
    about: str = ""
    short_lag: str = ""


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
    short_lag = formatting.compact(link.messages)
    if link.seconds is not None:
        age = formatting.seconds(link.seconds)
        lag, short_lag = f"{lag} · {age}", f"{short_lag} · {age}"
    level, word, about = _looks(link, consumer)
    return LinkView(level, word, rate, lag, about, short_lag)


def _looks(link: LinkLag, consumer: WorkerState) -> tuple[Level, str, str]:
    # Where there is a lag to judge, Kafka's modules have been imported in the background.
    from pipeline.kafka.lag_verdict import Verdict, verdict

    looks: dict[Verdict, tuple[Level, str, str]] = {
        Verdict.OK: ("ok", translate("Link", "OK"), translate("Link", "keeps up")),
        Verdict.STOPPED: (
            "off",
            translate("Link", "Reader stopped"),
            translate("Link", "stopped by the operator"),
        ),
        Verdict.UNKNOWN: (
            "off",
            translate("Link", "Unknown"),
            translate("Link", "not seen long enough"),
        ),
        Verdict.STARTING: (
            "info",
            translate("Link", "Reader starts"),
            translate("Link", "its reader is starting"),
        ),
        Verdict.BEHIND: (
            "warning",
            translate("Link", "Falls behind"),
            translate("Link", "more comes than is finished"),
        ),
        Verdict.DEGRADED: (
            "warning",
            translate("Link", "Falls behind"),
            translate("Link", "its reader says what hinders it"),
        ),
        Verdict.WAITING: (
            "warning",
            translate("Link", "Reader waits"),
            translate("Link", "its reader failed and tries again by itself"),
        ),
        Verdict.UNREAD: (
            "danger",
            translate("Link", "Nobody reads"),
            translate("Link", "nobody reads it, here or elsewhere"),
        ),
        Verdict.FAILED: (
            "danger",
            translate("Link", "Reader failed"),
            translate("Link", "its reader failed and waits for you"),
        ),
        Verdict.STALLED: (
            "danger",
            translate("Link", "Stalled"),
            translate("Link", "its reader runs and finishes nothing"),
        ),
    }
    return looks[verdict(link.status, consumer)]
