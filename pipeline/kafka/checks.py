"""Checks the properties of Signalbox's own clients: the settings doctor, and our own rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.kafka.doctor import Edit, Finding, Role, Setting, Severity, as_text, examine
from pipeline.texts import Text, say, verbatim

__all__ = ["Finding", "Properties", "Role", "as_text", "check", "own_rules"]

Properties = Mapping[str, str | int | float | bool]

_KEPT: Final[Mapping[Role, Mapping[str, tuple[str, Text]]]] = {
    "producer": {
        "enable.idempotence": (
            "true",
            say("a retry could send a message twice or out of order"),
        )
    },
    "consumer": {
        "enable.auto.offset.store": (
            "false",
            say(
                "an offset could be stored before its message is handled, and a crash would lose it"
            ),
        ),
        "enable.auto.commit": (
            "true",
            say("finished offsets would never be committed, and a crash would repeat everything"),
        ),
    },
    "admin": {},
}
"""What Signalbox's delivery rests on: the value, and what would happen with another one."""


def check(properties: Properties, role: Role, *, loses: bool = False) -> list[Finding]:
    """Return what is wrong with `properties` for one of Signalbox's clients; errors first.

    Args:
        properties: of the client.
        role: what it is.
        loses: whether it may lose messages, as a benchmark's may.
    """
    settings = [Setting(name, as_text(value)) for name, value in properties.items()]
    kept = [] if loses else list(own_rules(settings, role))
    wanted = {finding.name: _KEPT[role][finding.name][0] for finding in kept}
    # The other rules are to speak about the settings as they will be, not as they may not be.
    mended = [Setting(one.name, wanted.get(one.name, one.value)) for one in settings]
    known = _KEPT[role] if loses else {}
    found = [
        one
        for one in examine(mended, role)
        if one.severity_level is not Severity.ADVICE and one.name not in known
    ]
    return sorted(kept + found, key=lambda finding: finding.severity_level.rank)


def own_rules(settings: list[Setting], role: Role) -> Iterator[Finding]:
    """Yield settings that other clients may have and Signalbox's may not."""
    kept = _KEPT[role]
    for setting in settings:
        wanted, effect = kept.get(setting.name, ("", verbatim("")))
        text = as_text(setting.value).lower()
        if wanted and text in ("true", "false") and text != wanted:
            yield Finding(
                "kept-by-signalbox",
                Severity.ERROR,
                setting.name,
                text,
                effect,
                say("Signalbox's promise to lose nothing rests on it"),
                say("Leave it at {wanted}, or take it out.", wanted=wanted),
                (Edit("remove", setting.name),),
                setting=setting,
            )
