"""Takes the properties of a Java client over into the draft, and tells of each what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QCoreApplication

from console import joining
from console.kafka_draft import KafkaDraft
from console.window_texts import shown
from pipeline.kafka.doctor import Role, Setting, as_text, is_secret, sectioned, table
from pipeline.kafka.doctor.findings import shown_value
from pipeline.kafka.doctor.reading import ClientSettings
from pipeline.kafka.doctor.reading.properties_file import read_properties
from pipeline.kafka.doctor.reading.tree import Tree
from pipeline.kafka.doctor.translate import Translated
from pipeline.kafka.doctor.translate import translate as translate_properties

translate = QCoreApplication.translate

_SERVERS: Final = ("bootstrap.servers", "metadata.broker.list")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one Java property.

    Attributes:
        line: where it was; None for what Java does without being told.
        before, after: as shown to people, secrets masked; `after` is empty for what goes away.
        why: the explanation; empty where nothing changed.
    """

    line: int | None
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Takeover:
    """All changes, and the draft with them in it."""

    changes: tuple[Change, ...]
    draft: KafkaDraft


def java_settings(text: str) -> tuple[Setting, ...]:
    """Return the properties in a text, in their order."""
    return tuple(
        Setting(entry.key, entry.value, None, entry.line)
        for entry in read_properties(text).entries
        if not isinstance(entry.value, Tree)
    )


def guessed_role(text: str) -> Role:
    """Return whether they are a producer's or a consumer's, by what they are."""
    return ClientSettings("", None, java_settings(text)).guessed_role()


def take_over(
    text: str, role: Role, draft: KafkaDraft, *, keeps_java_defaults: bool = False
) -> Takeover:
    """Return the draft with the translated properties, and what changed.

    Args:
        text: of a ``.properties`` file.
        role: whose properties they are.
        draft: what they are added to; what it has already is replaced.
        keeps_java_defaults: also set what Java clients do without being told.
    """
    translation = translate_properties(java_settings(text), role)
    changes = []
    for entry in translation.entries:
        after, draft = _take(entry, role, draft)
        before = f"{entry.source.name} = {shown_value(entry.source.name, entry.source.value)}"
        why = shown(entry.explanation)
        if any(one.name == "group.id" for one in entry.results):
            why = translate(
                "JavaTakeover", "Signalbox has its own groups: kafka.groups in the file"
            )
        changes.append(Change(entry.source.line, before, after, why))
    if keeps_java_defaults:
        for name, value, reason in translation.defaults:
            after, draft = _set(Setting(name, value), role, draft)
            changes.append(
                Change(None, translate("JavaTakeover", "Java's default"), after, shown(reason))
            )
    return Takeover(tuple(changes), draft)


def _take(entry: Translated, role: Role, draft: KafkaDraft) -> tuple[str, KafkaDraft]:
    lines = []
    for result in entry.results:
        after, draft = _set(result, role, draft)
        if after:
            lines.append(after)
    return "\n".join(lines), draft


def _set(setting: Setting, role: Role, draft: KafkaDraft) -> tuple[str, KafkaDraft]:
    """Return one property as it is shown, and the draft with it."""
    value = as_text(setting.value)
    if setting.name in _SERVERS:
        title = translate("JavaTakeover", "Bootstrap servers")
        return joining.named(title, value), replace(draft, mode="cluster", servers=value)
    if setting.name == "group.id":
        return "", draft
    found = table().by_name.get(setting.name)
    section = "common" if found is not None and found.scope == "both" else role
    if is_secret(setting.name) and value:
        draft = draft.with_secret(section, setting.name, value)
    else:
        draft = replace(draft, text=sectioned.set_value(draft.text, section, setting.name, value))
    return f"[{section}] {setting.name} = {shown_value(setting.name, setting.value)}", draft
