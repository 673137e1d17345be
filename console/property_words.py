"""What is said about a property of librdkafka: what it is for, and what it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import joining

if TYPE_CHECKING:
    from pipeline.kafka.doctor import Property

translate = QCoreApplication.translate


def property_words(found: Property) -> str:
    """Return kind, range, default and who uses it, in one line."""
    parts = [_scope(found), _kind(found)]
    if found.default:
        parts.append(translate("Property", "default {0}").format(found.default))
    if found.deprecated:
        parts.append(translate("Property", "deprecated"))
    if found.experimental:
        parts.append(translate("Property", "experimental"))
    aliases = joining.enumerated(found.aliases)
    if aliases:
        parts.append(translate("Property", "also called {0}").format(aliases))
    return " · ".join(part for part in parts if part)


def values_of(found: Property) -> tuple[str, ...]:
    """Return the words that a property takes; none where it takes others."""
    return ("true", "false") if found.kind == "boolean" else found.values


def _scope(found: Property) -> str:
    return {
        "both": translate("Property", "producer and consumer"),
        "producer": translate("Property", "producer"),
        "consumer": translate("Property", "consumer"),
        "share-consumer": translate("Property", "share consumers only: does nothing here"),
    }[found.scope]


def _kind(found: Property) -> str:
    words = values_of(found)
    if words and found.kind in ("boolean", "enum"):
        return translate("Property", "one of {0}").format(joining.enumerated(words))
    if found.kind in ("integer", "float") and found.low is not None and found.high is not None:
        text = translate("Property", "number {0} to {1}").format(
            f"{found.low:.0f}", f"{found.high:.0f}"
        )
        return joining.remarked(text, joining.enumerated(words)) if words else text
    if words:
        return translate("Property", "any of {0}").format(joining.enumerated(words))
    return {
        "dedicated": translate("Property", "a function, set by programs only"),
        "patterns": translate("Property", "patterns, with commas between"),
    }.get(found.kind, translate("Property", "text"))
