"""How the doctor's findings look: a word, an icon and a colour for each severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from pipeline.kafka.doctor import Severity

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class SeverityLook:
    """Phosphor glyph, token of the colour, and level of the stylesheet."""

    icon: str
    token: str


_LOOKS: Final = {
    "error": SeverityLook("x-circle-fill", "danger"),
    "warning": SeverityLook("warning-fill", "warning"),
    "advice": SeverityLook("info-fill", "info"),
}


def severity_look(severity: Severity) -> SeverityLook:
    """Return how a severity looks."""
    return _LOOKS[severity.value]


def severity_word(severity: Severity) -> str:
    """Return a severity as a word, in the language of the moment."""
    return {
        "error": translate("Severity", "Error"),
        "warning": translate("Severity", "Warning"),
        "advice": translate("Severity", "Advice"),
    }[severity.value]
