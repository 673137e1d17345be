"""What the offline rules say, in the language of the window; messages carry it in English."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from console import joining, regional
from console.pipeline_words import object_word
from pipeline.scheduling.rules.grounds import Grounds

_SENTENCES: Final = (
    QT_TRANSLATE_NOOP(
        "Rule",
        "Rule time-to-collision: {0} and {1} are {2} person heights apart and close in at {3}/s; "
        "at that rate their outlines meet in {4} s (watched below {5} s, critical below {6} s and "
        "within {7} heights).",
    ),
    QT_TRANSLATE_NOOP(
        "Rule",
        "Rule predicted post-encroachment-time: if {0} at {1} m/s and {2} at {3} m/s keep straight "
        "on, the second reaches the place where their paths cross in {4} s, {5} s after the first "
        "has left it (watched below {6} s, serious below {7} s).",
    ),
    QT_TRANSLATE_NOOP(
        "Rule",
        "Rule near-moving-vehicle: {0} is {1} person heights from {2} (near below {3}), which "
        "moves at {4} of its own heights per second.",
    ),
    QT_TRANSLATE_NOOP(
        "Rule",
        "Rule dense-group: {0} people (from {1}) close together: crowding {2} (from {3}; 1.00 is "
        "shoulder to shoulder).",
    ),
)
_PLACEHOLDER: Final = re.compile(r"\\\{\d+\\\}")
_OBJECT: Final = re.compile(r"([a-z][a-z ]*?)( #\d+)?")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return each sentence with the expression that finds what stands at its placeholders."""
    return tuple(
        (re.compile(_PLACEHOLDER.sub("(.+?)", re.escape(sentence))), sentence)
        for sentence in map(str, _SENTENCES)
    )


def rule_words(description: str) -> str:
    """Return a description by the rules for people; one that is not known stays as it is."""
    grounds = next((one for one in Grounds if description.endswith(f" {one}")), None)
    judged = description.removesuffix(f" {grounds}") if grounds else description
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(judged)
        if found is not None:
            parts = [_object(part) for part in found.groups()]
            words = QCoreApplication.translate("Rule", sentence).format(*parts)
            return joining.one_after_another((words, _grounds_words(grounds) if grounds else ""))
    return description


def _grounds_words(grounds: Grounds) -> str:
    return {
        Grounds.PICTURE: QCoreApplication.translate(
            "Rule", "Seen in the picture, not on the ground."
        ),
        Grounds.ROAD: QCoreApplication.translate(
            "Rule", "Measured on the road, with usual sizes of road users."
        ),
    }[grounds]


def _object(part: str) -> str:
    """Return ``person #12`` with the class as a word; numbers stay."""
    found = _OBJECT.fullmatch(part)
    return regional.pointed(part) if found is None else object_word(found[1]) + (found[2] or "")
