"""How a camera fares, in the words of whoever watches it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import formatting, regional
from console.broker_words import broker_trouble
from console.supervision.session_thread import SessionState
from console.window_texts import line, shown
from pipeline.detection.source_kinds import cause_alone, is_missing
from pipeline.states import ALIVE, WorkerName, WorkerState
from pipeline.telemetry import CameraView

if TYPE_CHECKING:
    from console.context import ConsoleContext

translate = QCoreApplication.translate

SEPARATOR = " · "

WITHOUT_PICTURES = frozenset({"connecting", "stalled", "reconnecting", "failed"})
"""States in which a camera should give pictures but does not."""


def state_word(state: str) -> str:
    """Return the state of a camera in a word or two."""
    words = {
        "live": translate("Camera", "Live"),
        "connecting": translate("Camera", "Connecting…"),
        "stalled": translate("Camera", "No new pictures"),
        "reconnecting": translate("Camera", "Reconnecting…"),
        "failed": translate("Camera", "No picture"),
        "stopped": translate("Camera", "Stopped"),
        "off": translate("Camera", "Switched off"),
    }
    return words.get(state, state)


def situation_word(view: CameraView) -> str:
    """Return how a camera is; a file that is not there is not being connected to."""
    if view.state == "reconnecting" and is_missing(view.detail):
        return translate("Camera", "File not found")
    return state_word(view.state)


def situation_line(view: CameraView, now: datetime, now_s: float) -> str:
    """Return on one line why a camera is as it is, and since when; as `times_line`."""
    times = times_line(view, now, now_s)
    return SEPARATOR.join(text for text in (detail_words(view), times) if text)


def idle_lines(context: ConsoleContext) -> list[str]:
    """Return why no camera is opened: a title, and what the worker waits for or wants done."""
    controller = context.controller
    status = controller.status(WorkerName.DETECTION)
    wanted = controller.is_starting or status.state in ALIVE or status.state is WorkerState.BACKOFF
    trouble = broker_trouble(context)
    if trouble is not None and (wanted or controller.session_state is SessionState.FAILED):
        title = translate("Camera", "Waiting for the broker")
        return [title, trouble.what, trouble.next_step or trouble.cause]
    if status.state is WorkerState.FAILED:
        return [translate("Camera", "The detection failed"), shown(status.reason)]
    if wanted:
        return [translate("Camera", "Starting…")]
    if status.state is WorkerState.STOPPING:
        return [translate("Camera", "Stopping…")]
    return [
        state_word("stopped"),
        translate("Camera", "Start the detection worker (F5) to see pictures."),
    ]


def times_line(view: CameraView, now: datetime, now_s: float) -> str:
    """Return since when a camera is away, and when it is tried again; empty when there is neither.

    Args:
        view: of the camera.
        now: with time zone.
        now_s: the same moment, monotonic seconds.
    """
    parts = []
    # Each is read once: the worker may replace it at any moment.
    since, next_try_s, state = view.since, view.next_try_s, view.state
    if since is not None and state in WITHOUT_PICTURES:
        clock = regional.clock(since)
        away_s = (now - since).total_seconds()
        parts.append(
            translate("Camera", "since {0} ({1})").format(clock, formatting.duration(away_s))
        )
    if next_try_s is not None and state == "reconnecting":
        left_s = math.ceil(next_try_s - now_s)
        parts.append(
            translate("Camera", "next try in {0} s").format(left_s)
            if left_s > 0
            else translate("Camera", "trying now…")
        )
    return SEPARATOR.join(parts)


def age_words(age_s: float) -> str:
    """Return how old a picture is."""
    if age_s < 60:
        return translate("Camera", "{0} s old").format(int(age_s))
    return translate("Camera", "{0} old").format(formatting.duration(age_s))


def detail_words(view: CameraView) -> str:
    """Return why a camera gives no pictures, or what else is to be known of it."""
    off_until = view.detection_off_until
    if view.state == "live" and off_until is not None:
        until = f"{off_until:{regional.MINUTES}}"
        return translate("Camera", "detection off until {0}").format(until)
    # Its camera stands beside; in a small tile the source would push out why.
    return line(cause_alone(view.detail))
