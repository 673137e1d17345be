"""API keys and the model's troubles in the words of the window."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import formatting, joining, regional
from console.counted import Counted
from console.window_texts import sentence, shown
from pipeline.settings_scheduler import KeySettings
from pipeline.telemetry import SWITCHED_OFF, KeyView, UsageView

if TYPE_CHECKING:
    from pipeline.scheduling.llm.check import Checked

translate = QCoreApplication.translate

LEVELS = {"ready": "ok", "cooling": "warning", "disabled": "danger"}
"""Colour of a key's condition."""


def condition_words(view: KeyView) -> str:
    """Return how a key is, with until when or why."""
    match view.condition:
        case "cooling":
            left_s = max(0.0, (view.cools_until_s or 0.0) - time.monotonic())
            moment = datetime.now().astimezone() + timedelta(seconds=left_s)
            return translate("Key", "Rests until {0}").format(regional.clock(moment))
        case "disabled" if view.reason == SWITCHED_OFF:
            return translate("Key", "Off")
        case "disabled":
            return translate("Key", "Disabled: {0}").format(shown(view.reason))
        case _:
            return translate("Key", "Ready")


def place_words(key: KeySettings) -> str:
    """Return where a key is kept."""
    kind, _, name = key.secret.partition(":")
    if kind == "env":
        return translate("Key", "Environment variable {0}").format(name)
    return translate("Key", "Credential store")


def limit_words(key: KeySettings) -> str:
    """Return the limits of a key on one line; empty without any."""
    parts = (
        (key.requests_per_second, translate("Key", "{0}/s")),
        (key.requests_per_minute, translate("Key", "{0}/min")),
        (key.tokens_per_minute, translate("Key", "{0} tokens/min")),
        (key.max_in_flight, translate("Key", "{0} at once")),
    )
    return joining.in_a_line(words.format(_limit(value)) for value, words in parts if value)


def _limit(value: float) -> str:
    return regional.pointed(f"{value:g}") if value % 1 else formatting.count(int(value))


def usage_words(usage: tuple[UsageView, ...]) -> str:
    """Return what was used today, by model."""
    if not usage:
        return translate("Key", "Nothing used today.")
    return "\n".join(_used(view) for view in usage)


def _used(view: UsageView) -> str:
    words = translate("Key", "Today, {0}: {1}; tokens: {2} in, {3} out").format(
        view.model,
        Counted().requests(view.requests),
        formatting.count(view.input_tokens),
        formatting.count(view.output_tokens),
    )
    if view.cost:
        words += translate("Key", ", cost {0}").format(regional.grouped(view.cost, 2))
    return words


def check_words(checked: Checked, model: str) -> str:
    """Return what came of trying a key, and what to do."""
    if checked.fault is None:
        return translate("Key", "✓ The key works: {0} answered after {1} ms.").format(
            model, formatting.count(round(checked.took_ms))
        )
    heads = {
        "rate limited": translate(
            "Key", "The key is known, but its limit is reached just now. Lower its limits."
        ),
        "key refused": translate("Key", "✗ The server refuses this key. Enter another."),
        "request refused": translate(
            "Key", "✗ The server refuses the request. Does the model take pictures?"
        ),
        "wrong address or model": translate(
            "Key", "✗ Nothing is there under this address and model. Check both."
        ),
        "server error": translate("Key", "✗ The server has a problem of its own. Try later."),
        "timeout": translate("Key", "✗ The server does not answer. Check address and network."),
        "connection lost": translate(
            "Key", "✗ The server cannot be reached. Check address and network."
        ),
        "unusable answer": translate(
            "Key", "✗ What answers there does not speak chat completions. Check the address."
        ),
    }
    return f"{heads[checked.fault.value]}\n{sentence(checked.words)}"
