"""Examines the text of an editor as all of Signalbox's clients would take it, and mends it.

Certificates and keys that properties name are opened, so it may block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pipeline.kafka.doctor import sectioned
from pipeline.kafka.doctor.findings import Edit, Finding, Role, Severity
from pipeline.kafka.doctor.sectioned import ROLES, Line, Sectioned
from pipeline.kafka.doctor.signalbox import examine_own
from pipeline.kafka.doctor.table import table
from pipeline.texts import say

MOST_FIXES: Final = 200
"""Mending looks again after each fix, which may bring out another fault or settle several."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding and where it stands.

    Attributes:
        finding: what the doctor says.
        role: which client says so; the first of them where several do.
        line: its line in the text, 1 is the first; None for what is not in the text.
        section: where its edits add what is missing.
        moves_to: the section into which the fix moves the line; empty: the finding's edits hold.
    """

    finding: Finding
    role: Role
    line: int | None
    section: str
    moves_to: str = ""

    @property
    def can_be_mended(self) -> bool:
        """Whether `mend` can do something about it."""
        return bool(self.moves_to or self.finding.edits)


def examine_text(text: str, *, embedded: bool, servers: str) -> tuple[Placed, ...]:
    """Return what is wrong with the properties in a text, the worst first, then by line.

    Args:
        text: with sections.
        embedded: whether the broker is the one inside the program.
        servers: where the cluster is, else.
    """
    parsed = sectioned.read(text)
    found = [Placed(one, "producer", one.line, "common") for one in parsed.problems]
    seen: set[tuple[object, ...]] = set()
    for role in ROLES:
        for finding in examine_own(parsed.settings(role), role, embedded=embedded, servers=servers):
            key = (finding.rule, finding.name, finding.line, finding.effect)
            if key not in seen:
                seen.add(key)
                found.append(_placed(parsed, finding, role))
    return tuple(sorted(found, key=_order))


def mend(text: str, placed: Placed) -> str:
    """Return the text with one finding's fix applied."""
    if placed.moves_to:
        line = _line_at(sectioned.read(text), placed.line)
        return text if line is None else sectioned.move(text, line, placed.moves_to)
    for edit in placed.finding.edits:
        text = sectioned.apply(text, edit, placed.section, placed.line)
    return text


def mend_all(text: str, *, embedded: bool, servers: str) -> str:
    """Return the text with every error and warning mended that a program can mend."""
    tried: set[tuple[str, str]] = set()
    for _ in range(MOST_FIXES):
        wrong = (
            one
            for one in examine_text(text, embedded=embedded, servers=servers)
            if one.can_be_mended
            and one.finding.severity_level is not Severity.ADVICE
            and (one.finding.rule, one.finding.name) not in tried
        )
        placed = next(wrong, None)
        if placed is None:
            break
        mended = mend(text, placed)
        if mended == text:
            tried.add((placed.finding.rule, placed.finding.name))
        text = mended
    return text


def _placed(parsed: Sectioned, finding: Finding, role: Role) -> Placed:
    line = _line_at(parsed, finding.line)
    section = line.section if line is not None and finding.rule != "wrong-side" else role
    placed = Placed(finding, role, finding.line, section)
    if finding.rule == "wrong-side" and line is not None:
        return _wrong_side(placed, line)
    return placed


def _wrong_side(placed: Placed, line: Line) -> Placed:
    """Have a property that is right for one kind of client moved there rather than taken out."""
    found = table().by_name.get(line.name)
    scope = found.scope if found else ""
    renamed = any(edit.action == "rename" for edit in placed.finding.edits)
    if scope not in ROLES or (renamed and line.section != "common"):
        return placed
    finding = replace(
        placed.finding,
        fix=say("Move it to [{scope}].", scope=scope),
        edits=(Edit("remove", line.name),),
    )
    return replace(placed, finding=finding, moves_to=scope)


def _line_at(parsed: Sectioned, number: int | None) -> Line | None:
    return next((line for line in parsed.lines if line.number == number), None)


def _order(placed: Placed) -> tuple[int, int]:
    return placed.finding.severity_level.rank, placed.line or 0
