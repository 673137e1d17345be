"""Examines the clients of a file and words the result for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.kafka.doctor.examine import examine
from pipeline.kafka.doctor.findings import Edit, Finding, Role, Severity, shown_value
from pipeline.kafka.doctor.reading import ClientSettings, read_clients
from pipeline.kafka.doctor.signalbox import examine_signalbox
from pipeline.kafka.doctor.table import is_secret, table
from pipeline.redact import MASK


@dataclass(frozen=True, slots=True)
class Examined:
    """One client of a file.

    Attributes:
        file: where its settings are.
        client: the settings.
        role: what it was examined as.
        findings: the worst first.
    """

    file: Path
    client: ClientSettings
    role: Role
    findings: tuple[Finding, ...]


def examine_file(path: Path, role: Role | None = None) -> list[Examined]:
    """Examine every client in a file.

    Args:
        path: the file.
        role: what its clients are; None: as the file says, or else guessed from the properties.

    Raises:
        ReadError: the file cannot be read, or holds no client settings.
    """
    found = []
    for client in read_clients(path):
        if client.signalbox and role is not None and client.role != role:
            continue
        decided = client.role if client.signalbox and client.role else role
        decided = decided or client.guessed_role()
        if client.signalbox:
            findings = examine_signalbox(path, client.settings, decided)
        else:
            findings = examine(client.settings, decided)
        found.append(Examined(path, client, decided, tuple(findings)))
    return found


def as_text(examined: Sequence[Examined]) -> str:
    """Return the findings for people: ``file:line`` first; advice apart, at the end."""
    wrong = [(one, finding) for one in examined for finding in one.findings if _counts(finding)]
    good = [(one, finding) for one in examined for finding in one.findings if not _counts(finding)]
    wrong.sort(key=lambda pair: (str(pair[0].file), pair[1].severity_level.rank, _line(pair[1])))
    blocks = [_block(one, finding) for one, finding in _without_repeats(wrong)]
    advice = _without_repeats(good)
    if advice:
        blocks.append("Advice (nothing is wrong with these):")
        blocks += [_block(one, finding) for one, finding in advice]
    return "\n\n".join([*blocks, _summary(examined)])


def as_json(examined: Sequence[Examined]) -> dict[str, Any]:
    """Return the findings for programs."""
    return {
        "librdkafka": table().version,
        "clients": [
            {
                "file": str(one.file),
                "client": one.client.title,
                "role": one.role,
                "findings": [_finding_json(finding) for finding in one.findings],
            }
            for one in examined
        ],
    }


def has_findings(examined: Iterable[Examined]) -> bool:
    """Whether anything is wrong; advice alone is not."""
    return any(_counts(finding) for one in examined for finding in one.findings)


def edit_words(edit: Edit) -> str:
    """Return an edit for people; a secret value is masked."""
    name = edit.new_name or edit.name
    if edit.value and is_secret(name):
        return str(Edit(edit.action, edit.name, MASK, edit.new_name))
    return str(edit)


def _counts(finding: Finding) -> bool:
    return finding.severity_level is not Severity.ADVICE


def _line(finding: Finding) -> int:
    return finding.line or 0


def _without_repeats(
    pairs: Sequence[tuple[Examined, Finding]],
) -> list[tuple[Examined, Finding]]:
    """Leave out what a shared setting makes both clients say."""
    seen = set()
    kept = []
    for one, finding in pairs:
        key = (one.file, finding.rule, finding.name, finding.line, finding.effect)
        if finding.line is None or key not in seen:
            kept.append((one, finding))
        seen.add(key)
    return kept


def _block(one: Examined, finding: Finding) -> str:
    place = f"{one.file}:{finding.line}" if finding.line else str(one.file)
    value = f" = {shown_value(finding.name, finding.value)}" if finding.setting else ""
    client = f"{one.client.title}, {one.role}" if one.client.title else one.role
    lines = [
        f"{place}: {finding.severity}: {finding.name}{value}  [{client}]",
        f"    What happens: {finding.effect}.",
        f"    Why:          {finding.reason}.",
        f"    Fix:          {finding.fix}",
    ]
    if finding.edits:
        lines.append(f"    Edit:         {'; '.join(map(edit_words, finding.edits))}")
    lines.append(f"    See:          {finding.reference}")
    return "\n".join(lines)


def _summary(examined: Sequence[Examined]) -> str:
    findings = [finding for one in examined for finding in one.findings]
    counts = {
        severity: sum(finding.severity_level is severity for finding in findings)
        for severity in Severity
    }
    errors, warnings, advice = counts.values()
    clients = len(examined)
    return (
        f"{_many(clients, 'client')} examined against librdkafka {table().version}: "
        f"{_many(errors, 'error')}, {_many(warnings, 'warning')}, {_many(advice, 'piece')} of advice."
    )


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "property": finding.name,
        "value": finding.value if finding.setting else None,
        "line": finding.line,
        "effect": finding.effect,
        "reason": finding.reason,
        "fix": finding.fix,
        "edits": [
            {
                "action": edit.action,
                "property": edit.name,
                "new_property": edit.new_name,
                "value": MASK
                if edit.value and is_secret(edit.new_name or edit.name)
                else edit.value,
            }
            for edit in finding.edits
        ],
        "refused_by_librdkafka": finding.refused,
        "ends_the_process": finding.fatal,
        "reference": finding.reference,
    }
