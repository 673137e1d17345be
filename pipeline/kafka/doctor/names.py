"""Names that librdkafka does not have: misspelt ones, and those of other clients."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator
from functools import lru_cache

from pipeline.kafka.doctor.findings import Edit, Finding, Role, Setting, Severity, about, as_text
from pipeline.kafka.doctor.java import (
    SAYS_NOTHING,
    JavaName,
    convert,
    java_name,
    java_names,
    read_jaas,
)
from pipeline.kafka.doctor.table import is_secret, table
from pipeline.kafka.librdkafka import ConfResult, try_property
from pipeline.redact import MASK
from pipeline.texts import listed, say, verbatim

_CUTOFF = 0.8
"""How alike (0 to 1) a name must be to be offered."""


def unknown_name(setting: Setting, role: Role) -> Iterator[Finding]:
    """Yield what is to be said of a name that is not in librdkafka's table."""
    name = setting.name
    if name in table().hidden:
        yield _hidden(setting)
    elif name == "sasl.jaas.config":
        yield _jaas(setting)
    elif (java := java_name(name, role)) is not None:
        yield _java(setting, java)
    else:
        yield _misspelt(setting, role)


def _hidden(setting: Setting) -> Finding:
    result, words = try_property(setting.name, as_text(setting.value))
    if result is not ConfResult.OK:
        return about(
            setting,
            "internal-property",
            Severity.ERROR,
            effect=verbatim(words.rstrip(". \n")),
            reason=say("librdkafka refuses the value of this internal property"),
            fix=say("Take it out."),
            edits=[Edit("remove", setting.name)],
            refused=True,
        )
    return about(
        setting,
        "internal-property",
        Severity.WARNING,
        effect=say("librdkafka takes it"),
        reason=say("it is left out of librdkafka's documentation: for its own tests and bindings"),
        fix=say("Take it out."),
        edits=[Edit("remove", setting.name)],
    )


def _jaas(setting: Setting) -> Finding:
    found = read_jaas(as_text(setting.value))
    edits = [Edit("remove", setting.name)]
    edits += [Edit("set", name, value) for name, value in found.items()]
    return about(
        setting,
        "java-name",
        Severity.ERROR,
        effect=say("librdkafka refuses it, and the client cannot be made"),
        reason=say(
            "it is a name of Java clients; librdkafka has sasl.username and "
            "sasl.password for PLAIN and SCRAM, sasl.kerberos.* and "
            "sasl.oauthbearer.* for the others"
        ),
        fix=say("Use {names} instead.", names=listed(found))
        if found
        else say("Use sasl.username and sasl.password instead."),
        edits=edits,
        refused=True,
        reference="https://github.com/confluentinc/librdkafka/wiki/Using-SASL-with-librdkafka",
    )


def _java(setting: Setting, java: JavaName) -> Finding:
    text = as_text(setting.value)
    target = java.target
    if target is None:
        fix = say("Leave it out: {note}.", note=java.note)
        edits = [Edit("remove", setting.name)]
    else:
        value = convert(setting.name, text)
        changed = None if value == text else value
        edits = [Edit("rename", setting.name, changed, target)]
        if java.note in SAYS_NOTHING:
            fix = say("Use {target}.", target=target)
        elif changed is None:
            fix = say("Use {target}: {note}.", target=target, note=java.note)
        else:
            fix = say(
                "Use {target} = {value}: {note}.", target=target, value=changed, note=java.note
            )
    return about(
        setting,
        "java-name",
        Severity.ERROR,
        effect=say("librdkafka has no such property, and the client cannot be made"),
        reason=say("it is a name of {origin}", origin=java.origin),
        fix=fix,
        edits=edits,
        refused=True,
    )


def _misspelt(setting: Setting, role: Role) -> Finding:
    name = setting.name
    near = _near(name, role)
    hint = say("Did you mean {near}? Rename it.", near=near) if near else say("Take it out.")
    reason = say("librdkafka {version} does not know it", version=table().version)
    if near and near == name.lower():
        reason = say("names are case-sensitive")
    finding = about(
        setting,
        "unknown-name",
        Severity.ERROR,
        effect=say("there is no such property, and the client cannot be made"),
        reason=reason,
        fix=hint,
        edits=[Edit("rename", name, None, near)] if near else [Edit("remove", name)],
        refused=True,
    )
    if near and is_secret(near):
        return dataclasses.replace(finding, value=MASK)
    return finding


@lru_cache(maxsize=1024)
def _near(name: str, role: Role) -> str | None:
    known = table().by_name
    plain = name.strip().lower().replace("_", ".").replace("-", ".")
    candidates = [
        known_name
        for known_name, entry in known.items()
        if entry.kind != "dedicated" and entry.scope in ("both", role)
    ] + [known_name for known_name, entry in known.items() if entry.kind != "dedicated"]
    if plain in known:
        return plain
    joined = {known_name.replace(".", ""): known_name for known_name in reversed(candidates)}
    if plain.replace(".", "") in joined:
        return joined[plain.replace(".", "")]
    near: list[str] = difflib.get_close_matches(plain, list(dict.fromkeys(candidates)), 1, _CUTOFF)
    if near:
        return near[0]
    java: list[str] = difflib.get_close_matches(plain, list(java_names()), 1, 0.9)
    entry = java_name(java[0], role) if java else None
    return entry.target if entry else None
