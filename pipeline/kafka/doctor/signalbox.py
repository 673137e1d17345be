"""Examines the properties in Signalbox's own settings file, over what Signalbox sets itself."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.kafka.doctor.examine import examine
from pipeline.kafka.doctor.findings import (
    Code,
    Edit,
    Finding,
    Role,
    Setting,
    Severity,
    about,
    as_text,
)
from pipeline.kafka.doctor.table import is_secret, table
from pipeline.texts import say

PLAIN_SECRET: Final = "plain-secret"
"""The rule about secrets in the settings file; the window offers to move them."""


def examine_signalbox(path: Path, settings: Sequence[Setting], role: Role) -> list[Finding]:
    """Return what is wrong with ``[kafka.common]`` and ``[kafka.producer]`` or ``.consumer``.

    Args:
        path: the settings file; its mode and its servers count too.
        settings: what the file sets, in order.
        role: producer or consumer.
    """
    kafka = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("kafka", {})
    found = examine_own(
        settings,
        role,
        embedded=kafka.get("mode", "embedded") == "embedded",
        servers=str(kafka.get("bootstrap_servers", "")),
    )
    nested = [finding for one in settings if (finding := _unquoted(one, path)) is not None]
    return sorted(nested + found, key=lambda finding: finding.severity_level.rank)


def examine_own(
    settings: Sequence[Setting], role: Role, *, embedded: bool, servers: str
) -> list[Finding]:
    """Return what is wrong with properties over what Signalbox sets itself.

    Args:
        settings: all that one client is given, in order.
        role: producer or consumer.
        embedded: whether the broker is the one inside the program.
        servers: where the cluster is, else.
    """
    from pipeline.kafka.checks import own_rules
    from pipeline.kafka.secret_properties import unresolved

    texts = [
        unresolved(Setting(one.name, as_text(one.value), one.file, one.line)) for one in settings
    ]
    decided = list(_decided_elsewhere(texts))
    theirs = {finding.name for finding in decided}
    own = [one for one in texts if one.name not in theirs]
    kept = list(own_rules(own, role))
    refused = {finding.name for finding in kept}
    own = [one for one in own if one.name not in refused]
    known = table().by_name
    mine = {known[one.name].name for one in own if one.name in known}
    base = [
        one
        for one in _base(role, embedded=embedded, servers=servers)
        if known[one.name].name not in mine
    ]
    found = [
        finding
        for finding in examine([*base, *own], role)
        # What Signalbox sets itself is right unless something in the file is at odds with it.
        if finding.severity_level is not Severity.ADVICE
    ]
    plain = list(_plain_secrets(texts))
    return sorted(decided + kept + found + plain, key=lambda finding: finding.severity_level.rank)


def _base(role: Role, *, embedded: bool, servers: str) -> list[Setting]:
    from pipeline.kafka import clients

    properties: dict[str, Any] = {"bootstrap.servers": "127.0.0.1:9092" if embedded else servers}
    if role == "producer":
        properties.update(clients.PRODUCER_DEFAULTS)
        properties.update(clients.EMBEDDED_PRODUCER if embedded else {})
    else:
        properties["group.id"] = "signalbox"
        properties.update(clients.CONSUMER_DEFAULTS)
        properties.update(clients.EMBEDDED_CONSUMER if embedded else {})
    return [Setting(name, as_text(value)) for name, value in properties.items()]


_DECIDED = {
    "bootstrap.servers": "kafka.bootstrap_servers",
    "metadata.broker.list": "kafka.bootstrap_servers",
    "group.id": "kafka.groups",
}


def _decided_elsewhere(settings: Sequence[Setting]) -> Iterator[Finding]:
    for setting in settings:
        if setting.name in _DECIDED:
            yield about(
                setting,
                "decided-elsewhere",
                Severity.ERROR,
                effect=say("workers do not start"),
                reason=say(
                    "{setting} decides it for all of Signalbox", setting=_DECIDED[setting.name]
                ),
                fix=say(
                    "Set {setting} instead, and take this out.", setting=_DECIDED[setting.name]
                ),
                edits=[Edit("remove", setting.name)],
            )


def _plain_secrets(settings: Sequence[Setting]) -> Iterator[Finding]:
    """Yield advice about secrets that the settings file itself holds."""
    for setting in settings:
        if is_secret(setting.name) and setting.value and not isinstance(setting.value, Code):
            yield about(
                setting,
                PLAIN_SECRET,
                Severity.ADVICE,
                effect=say("whoever can read the settings file, or a copy of it, has the secret"),
                reason=say("it stands there as it is"),
                fix=say(
                    "Keep it in the credential store and write keyring:NAME in its place, or "
                    "env:NAME and set that environment variable."
                ),
            )


def _unquoted(setting: Setting, path: Path) -> Finding | None:
    """Find names whose dots TOML reads as tables, as they have no quotes."""
    if setting.line is None or "." not in setting.name:
        return None
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    line = lines[setting.line - 1] if setting.line <= len(lines) else ""
    if f'"{setting.name}"' in line or f"'{setting.name}'" in line:
        return None
    return about(
        setting,
        "unquoted-name",
        Severity.ERROR,
        effect=say("the settings file is refused"),
        reason=say("without quotes, TOML makes tables of the dots in a name"),
        fix=say('Write "{name}" in quotes.', name=setting.name),
    )
