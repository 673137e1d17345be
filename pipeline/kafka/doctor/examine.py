"""The examination: all checks over one client's settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.kafka.doctor.advice import advice
from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import (
    Edit,
    Finding,
    Role,
    Setting,
    Severity,
    Value,
    about,
    as_text,
    settings_of,
    shown_value,
)
from pipeline.kafka.doctor.plugins import plugin_rules
from pipeline.kafka.doctor.rules_client import client_rules
from pipeline.kafka.doctor.rules_consumer import consumer_rules
from pipeline.kafka.doctor.rules_producer import producer_rules
from pipeline.kafka.doctor.rules_security import security_rules
from pipeline.kafka.doctor.single import single
from pipeline.kafka.doctor.table import table
from pipeline.texts import say


def examine(settings: Sequence[Setting] | Mapping[str, Value], role: Role) -> list[Finding]:
    """Return what is wrong with the settings of one client, the worst first.

    Nothing is connected to, and no client is made. Files that the settings name (certificates,
    keys) are opened.

    Args:
        settings: in the order in which they are applied; where one is set twice the last counts.
        role: what the client is.
    """
    given = settings_of(settings) if isinstance(settings, Mapping) else list(settings)
    found = [finding for setting in given for finding in single(setting, role)]
    broken = {finding.name for finding in found if finding.refused and finding.rule != "java-name"}
    # A value that cannot be read would give misleading findings in the rules across properties.
    effective = Effective([one for one in given if one.name not in broken], role)
    across = [
        *client_rules(effective),
        *plugin_rules(effective),
        *security_rules(effective),
        *advice(effective),
    ]
    if role == "consumer":
        across += _unless_broken(consumer_rules(effective), broken)
    else:
        across += producer_rules(effective)
    misread = {finding.name for finding in found if finding.rule == "misread-number"}
    found += _twice(given)
    # Of a number that is misread, one finding is enough, unless librdkafka refuses what it reads.
    found += [finding for finding in across if finding.refused or finding.name not in misread]
    return sorted(found, key=lambda finding: finding.severity_level.rank)


def _unless_broken(findings: Iterator[Finding], broken: set[str]) -> Iterator[Finding]:
    """Yield findings about what is missing only where it is missing, not where it is broken."""
    return (one for one in findings if one.setting is not None or one.name not in broken)


def _twice(settings: Sequence[Setting]) -> Iterator[Finding]:
    """Yield properties that are set more than once, under one name or several."""
    known = table().by_name
    first: dict[str, Setting] = {}
    for setting in settings:
        found = known.get(setting.name)
        canonical = found.name if found else setting.name
        earlier = first.get(canonical)
        # Of one line of a file, a map is merged into another that has it already.
        if earlier is not None and (setting.line is None or earlier != setting):
            yield _set_twice(earlier, setting)
        first[canonical] = setting


def _set_twice(earlier: Setting, later: Setting) -> Finding:
    same = as_text(earlier.value).strip() == as_text(later.value).strip()
    alias = earlier.name != later.name
    names = say(
        "{first} and {second} are two names of one property", first=earlier.name, second=later.name
    )
    return about(
        earlier,
        "set-twice",
        Severity.ADVICE if same else Severity.WARNING,
        effect=say("nothing, as both are the same")
        if same
        else say(
            "{first!r} does not count, {last!r} does",
            first=shown_value(earlier.name, earlier.value),
            last=shown_value(later.name, later.value),
        ),
        reason=names
        if alias
        else say("it is set again later (line {line}), and the last one wins", line=later.line)
        if later.line
        else say("it is set again later, and the last one wins"),
        fix=say("Keep one of them."),
        edits=[Edit("remove", earlier.name)] if alias else [],
    )
