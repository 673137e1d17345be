"""Why a worker is as it is, in the language of the window.

As in `cause_words`, the pipeline says it in English, for the log; here its sentences are found again.
What is not known stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from console import i18n
from console.cause_words import cause_words
from pipeline.telemetry import REASON_JOINT

translate = QCoreApplication.translate


def reason_words(reason: str) -> str:
    """Return the reason of a worker's state, or why the broker was not opened, for people."""
    return _reason_words(reason, i18n.current())


@lru_cache(maxsize=64)
def _reason_words(reason: str, _language: str) -> str:
    words: list[str] = [client_words(part) for part in reason.split(REASON_JOINT)]
    return REASON_JOINT.join(words)


def client_words(error: str) -> str:
    """Return what a client of Kafka met with, or another single reason, for people."""
    return _sentence_words(error) or error


def _sentence_words(text: str) -> str:
    for pattern, words in _sentences():
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match is not None:
            return words.format(*(client_words(part) for part in match.groups()))
    camera, colon, cause = text.partition(": ")
    words = cause_words(cause)
    return f"{camera}{colon}{words}" if words != cause else ""


def _sentences() -> tuple[tuple[str, str], ...]:
    """Return patterns of the pipeline's sentences, with their words in the language of the moment."""
    return (
        (
            r"No Kafka broker answers at (.+): (.+)\. See whether the address is right, .+",
            translate(
                "Reason",
                "No Kafka broker answers at {0}: {1}. See whether the address is right, the broker "
                "runs, and no firewall is between.",
            ),
        ),
        (
            r"broker (.+) not reachable since (\S+); tries again at the latest (\S+) s .+",
            translate(
                "Reason",
                "Broker {0} not reachable since {1}; it is tried again at the latest {2} s after "
                "each failure, nothing is lost.",
            ),
        ),
        (
            r"no broker answered within (\d+) s",
            translate("Reason", "No broker answered within {0} s"),
        ),
        (
            r"no connection to a broker",
            translate("Reason", "No connection to it can be made"),
        ),
        (
            r"broker did not answer in time; joining the group again, nothing is lost",
            translate(
                "Reason",
                "The broker did not answer in time; the group is joined again, nothing is lost.",
            ),
        ),
        (
            r"the broker has no room for more results; frames are skipped",
            translate("Reason", "The broker has no room for more results; frames are skipped."),
        ),
        *_model_sentences(),
        *_store_sentences(),
    )


def _model_sentences() -> tuple[tuple[str, str], ...]:
    return (
        (
            r"The model cannot be used: (.+) does not exist\. .+",
            translate(
                "Reason", "The model file {0} does not exist. Choose another one in the settings."
            ),
        ),
        (
            r"The model cannot be used: (.+) Choose another model in the settings\.",
            translate(
                "Reason", "The model cannot be used: {0} Choose another one in the settings."
            ),
        ),
        (
            r"The model failed: (.+)\. If this goes on, .+",
            translate(
                "Reason",
                "The model failed: {0}. If this goes on, let it run on the processor (CPU) in the "
                "settings.",
            ),
        ),
        (
            r"No camera is enabled\. .+",
            translate(
                "Reason", "No camera is enabled. Add one on the Cameras page, or enable one."
            ),
        ),
    )


def _store_sentences() -> tuple[tuple[str, str], ...]:
    return (
        (
            r"alarms cannot be written: (.+); they go on in memory .+",
            translate(
                "Reason",
                "Alarms cannot be written: {0}. They go on in memory and are written as soon as it "
                "is possible. Free some space.",
            ),
        ),
        (r"the disk is full", translate("Reason", "the disk is full")),
        (
            r"the disk does not take or give what is asked of it",
            translate("Reason", "the disk does not take or give what is asked of it"),
        ),
        (
            r"another program holds the alarm database",
            translate("Reason", "another program holds the alarm database"),
        ),
        (
            r"the evidence store cannot be written",
            translate("Reason", "The evidence store cannot be written."),
        ),
    )
