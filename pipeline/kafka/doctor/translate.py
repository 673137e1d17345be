"""Translates the properties of a Java client into librdkafka's, and explains every change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.kafka.doctor.examine import examine
from pipeline.kafka.doctor.findings import Finding, Role, Setting, Severity, as_text
from pipeline.kafka.doctor.java import SAYS_NOTHING, JavaName, convert, java_name, read_jaas
from pipeline.kafka.doctor.reading.properties_file import escape
from pipeline.kafka.doctor.table import is_secret, table
from pipeline.redact import MASK
from pipeline.texts import Text, in_a_row, listed, say, verbatim


@dataclass(frozen=True, slots=True)
class Translated:
    """What became of one property.

    Attributes:
        source: as it was.
        results: what to write instead; empty: there is nothing like it.
        explanation: what changed and why; "" where nothing did.
    """

    source: Setting
    results: tuple[Setting, ...]
    explanation: Text

    @property
    def changed(self) -> bool:
        """Whether anything is different from before."""
        return bool(self.explanation)


@dataclass(frozen=True, slots=True)
class Translation:
    """A whole translation.

    Attributes:
        role: the client.
        entries: one for each property, in order.
        defaults: what Java clients do without being told and librdkafka does not: the property,
            Java's value, and why it matters.
        findings: what the doctor says about the result; advice left out.
    """

    role: Role
    entries: tuple[Translated, ...]
    defaults: tuple[tuple[str, str, Text], ...]
    findings: tuple[Finding, ...]


_JAVA_DEFAULTS: Final[dict[str, tuple[tuple[str, str, Text], ...]]] = {
    "producer": (
        ("enable.idempotence", "true", say("librdkafka's default is false: retries may repeat")),
        (
            "partitioner",
            "murmur2_random",
            say(
                "librdkafka's default is consistent_random: the same key goes to another partition"
            ),
        ),
        ("message.timeout.ms", "120000", say("librdkafka's default is 300000")),
    ),
    "consumer": (
        (
            "isolation.level",
            "read_uncommitted",
            say("librdkafka's default is read_committed: aborted messages are left out"),
        ),
        ("check.crcs", "true", say("librdkafka's default is false: damage on the way goes unseen")),
        (
            "allow.auto.create.topics",
            "true",
            say("librdkafka's default for consumers is false"),
        ),
    ),
    "admin": (),
}


def translate(settings: Sequence[Setting], role: Role) -> Translation:
    """Return the properties of a Java client (or of kafka-python) in librdkafka's terms."""
    entries = tuple(_one(setting, role) for setting in settings)
    results = [result for entry in entries for result in entry.results]
    canonical = {table().by_name[one.name].name for one in results if one.name in table().by_name}
    defaults = tuple(
        default
        for default in _JAVA_DEFAULTS[role]
        if table().by_name[default[0]].name not in canonical
    )
    findings = tuple(
        finding
        for finding in examine(results, role)
        if finding.severity_level is not Severity.ADVICE
    )
    return Translation(role, entries, defaults, findings)


def _one(setting: Setting, role: Role) -> Translated:
    if setting.name == "sasl.jaas.config":
        return _jaas(setting)
    java = java_name(setting.name, role)
    if java is None:
        if setting.name in table().by_name:
            return Translated(setting, (setting,), verbatim(""))
        return Translated(
            setting, (setting,), say("neither a Java name nor one of librdkafka: left as it is")
        )
    if java.target is None:
        return Translated(setting, (), say("nothing like it: {note}", note=java.note))
    return _renamed(setting, java)


def _renamed(setting: Setting, java: JavaName) -> Translated:
    target = java.target or setting.name
    text = as_text(setting.value)
    if setting.name == "batch.size" and text.strip() == "0":
        return Translated(
            setting,
            (Setting("batch.num.messages", "1", setting.file, setting.line),),
            say("batch.size=0 turns batching off in Java; here batch.num.messages=1 does"),
        )
    value = convert(setting.name, text)
    result = Setting(target, value, setting.file, setting.line)
    parts = []
    if target != setting.name:
        parts.append(say("{name} is {target} here", name=setting.name, target=target))
    if value != text:
        hidden = is_secret(target)
        parts.append(
            say(
                "{old!r} became {new!r}",
                old=MASK if hidden else text,
                new=MASK if hidden else value,
            )
        )
    if parts and java.note not in SAYS_NOTHING:
        parts.append(java.note)
    return Translated(setting, (result,), in_a_row(parts))


def _jaas(setting: Setting) -> Translated:
    found = read_jaas(as_text(setting.value))
    results = tuple(
        Setting(name, value, setting.file, setting.line) for name, value in found.items()
    )
    if not results:
        return Translated(
            setting,
            (),
            say(
                "no user and password found in it; set sasl.username and sasl.password, "
                "or sasl.oauthbearer.*"
            ),
        )
    names = listed(found)
    return Translated(
        setting, results, say("{name} is {target} here", name="sasl.jaas.config", target=names)
    )


def as_properties(translation: Translation) -> str:
    """Return the result as a properties file whose comments explain the changes."""
    lines = [
        f"# For a {translation.role} with librdkafka {table().version}.",
        "",
    ]
    for entry in translation.entries:
        if entry.changed:
            lines.append(f"# {_comment(entry.explanation)}")
        if not entry.results:
            secret = is_secret(entry.source.name)
            value = MASK if secret else escape(as_text(entry.source.value))
            lines.append(f"#   was: {entry.source.name}={value}")
        lines += [
            f"{escape(one.name, key=True)}={escape(as_text(one.value))}" for one in entry.results
        ]
    if translation.defaults:
        lines += ["", "# Java's own defaults that librdkafka does not share; to keep them:"]
        for name, value, why in translation.defaults:
            lines += [f"# {why}", f"#{name}={value}"]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return " ".join(text.split())


def changes(translation: Translation) -> Iterable[str]:
    """Yield one line for each property that was changed."""
    for entry in translation.entries:
        if entry.changed:
            line = f"line {entry.source.line}: " if entry.source.line else ""
            yield f"{line}{_comment(entry.explanation)}"
