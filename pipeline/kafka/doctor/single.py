"""Checks of one property by itself: its name, its value, and whether it does anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.findings import (
    Code,
    Edit,
    Finding,
    Role,
    Setting,
    Severity,
    about,
    as_text,
    shown_value,
)
from pipeline.kafka.doctor.java import java_name
from pipeline.kafka.doctor.names import unknown_name
from pipeline.kafka.doctor.table import Property, Scope, table
from pipeline.kafka.doctor.value_rules import value_findings
from pipeline.texts import Text, say, verbatim

CALLBACKS: Final[dict[str, frozenset[str]]] = {
    "producer": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"})
    | {"on_delivery"},
    "consumer": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"})
    | {"on_commit"},
    "admin": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"}),
}
"""What confluent-kafka itself takes out of the properties; all of them functions (or a logger)."""


def single(setting: Setting, role: Role) -> Iterator[Finding]:
    """Yield what is wrong with one property."""
    if setting.name in CALLBACKS[role]:
        yield from _callback(setting)
        return
    found = table().by_name.get(setting.name)
    if found is None or (setting.name == "delivery.report.only.error" and role == "producer"):
        if found is not None:
            yield from _needs_python_bool(setting)
        else:
            yield from unknown_name(setting, role)
        return
    if isinstance(setting.value, Code) and found.kind != "dedicated":
        return
    if isinstance(setting.value, list):
        yield _list(setting, found)
        return
    bad = list(value_findings(setting, found))
    yield from bad
    if not any(finding.severity_level is Severity.ERROR for finding in bad):
        yield from _usefulness(setting, found, role)


def _callback(setting: Setting) -> Iterator[Finding]:
    if isinstance(setting.value, Code):
        return
    yield about(
        setting,
        "callback-as-text",
        Severity.ERROR,
        effect=say("the client cannot call a text"),
        reason=say("confluent-kafka expects a Python function here"),
        fix=say("Pass a function in the program, and take this line out."),
        edits=[Edit("remove", setting.name)],
        refused=setting.name != "logger",
    )


def _needs_python_bool(setting: Setting) -> Iterator[Finding]:
    if isinstance(setting.value, bool | Code):
        return
    yield about(
        setting,
        "python-bool",
        Severity.ERROR,
        effect=say("the producer is not made: TypeError"),
        reason=say(
            "confluent-kafka reads this one property itself and takes only Python's "
            "True or False, not a text"
        ),
        fix=say("Leave it out, or pass a bool in the program."),
        edits=[Edit("remove", setting.name)],
        refused=True,
    )


def _refused_as_text(setting: Setting, found: Property) -> bool:
    """Whether librdkafka refuses a list's text with its brackets, as confluent-kafka hands it on."""
    text = dataclasses.replace(setting, value=as_text(setting.value))
    return any(finding.refused for finding in value_findings(text, found))


def _list(setting: Setting, found: Property) -> Finding:
    words = setting.value if isinstance(setting.value, list) else []
    joined = ",".join(str(word) for word in words)
    return about(
        setting,
        "list-value",
        Severity.ERROR,
        effect=say("librdkafka sees the brackets and quotes as part of the value"),
        reason=say("it takes one text; lists are written with commas"),
        fix=say("Write {joined!r}.", joined=shown_value(setting.name, joined)),
        edits=[Edit("set", setting.name, joined)],
        refused=_refused_as_text(setting, found),
    )


def _usefulness(setting: Setting, found: Property, role: Role) -> Iterator[Finding]:
    """Yield what is taken and yet does nothing, or will not for long."""
    if found.scope == "share-consumer":
        yield _share_only(setting, role)
    elif found.scope not in ("both", role):
        yield _wrong_side(setting, found, role)
    elif found.deprecated or found.experimental:
        meaning = _first_sentence(found.meaning)
        yield about(
            setting,
            "deprecated",
            Severity.WARNING,
            effect=say(
                "it works in librdkafka {version}, perhaps not in a later one",
                version=table().version,
            ),
            reason=say("librdkafka calls it deprecated: {meaning}", meaning=meaning)
            if found.deprecated
            else say("librdkafka calls it experimental: {meaning}", meaning=meaning),
            fix=say("Take it out."),
            edits=[Edit("remove", setting.name)],
        )


def _wrong_side(setting: Setting, found: Property, role: Role) -> Finding:
    java = java_name(setting.name, role)
    meant = java.target if java else None
    fix = say("Move it to the {client}, or take it out.", client=_client(found.scope))
    edits = [Edit("remove", setting.name)]
    if meant and table().by_name[meant].scope in ("both", role):
        fix = say(
            "Java's {name} is {meant} on {client}; use that, or take it out.",
            name=setting.name,
            meant=meant,
            client=_a(role),
        )
        edits = [Edit("rename", setting.name, None, meant)]
    return about(
        setting,
        "wrong-side",
        Severity.WARNING,
        effect=say("it does nothing on {client}", client=_a(role)),
        reason=say(
            "it is a {client} property; librdkafka takes it and ignores it",
            client=_client(found.scope),
        ),
        fix=fix,
        edits=edits,
    )


def _share_only(setting: Setting, role: Role) -> Finding:
    reason = say("librdkafka knows it only for share consumers")
    fix = say("Take it out.")
    if setting.name == "max.poll.records":
        reason = say(
            "librdkafka knows it only for share consumers, and takes it in silence elsewhere; "
            "versions before 2.15 refused it (No such configuration property). A consumer gets "
            "its messages in batches by consume(num_messages=N)"
        )
        fix = say(
            "Take it out; queued.max.messages.kbytes bounds what is fetched ahead, "
            "which is another thing."
        )
    return about(
        setting,
        "share-consumer-only",
        Severity.WARNING,
        effect=say("it does nothing on {client}", client=_a(role)),
        reason=reason,
        fix=fix,
        edits=[Edit("remove", setting.name)],
        reference="https://github.com/confluentinc/librdkafka/blob/master/INTRODUCTION.md",
    )


def _a(role: Role) -> Text:
    match role:
        case "producer":
            return say("a producer")
        case "consumer":
            return say("a consumer")
        case "admin":
            return say("an admin client")


def _client(scope: Scope) -> Text:
    match scope:
        case "producer":
            return say("producer")
        case "consumer":
            return say("consumer")
        case _:
            return verbatim(scope)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
