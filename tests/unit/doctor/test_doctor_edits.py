"""The edits of the settings doctor: each mends its finding, all together leave a sound set."""

from __future__ import annotations

from collections.abc import Iterable

import hypothesis

from pipeline.kafka.doctor import Edit, Role, Value, examine
from tests.support.property_sets import property_sets
from tests.support.trial_clients import TrialValue

MOST_STEPS = 12


def _edited(properties: dict[str, Value], edits: Iterable[Edit]) -> dict[str, Value]:
    edited = dict(properties)
    for edit in edits:
        value = edited.get(edit.name)
        if edit.action == "set":
            edited[edit.name] = edit.value
            continue
        edited.pop(edit.name, None)
        if edit.new_name:
            edited[edit.new_name] = value if edit.value is None else edit.value
    return edited


@hypothesis.settings(max_examples=300)
@hypothesis.given(property_sets())
def test_every_edit_mends_its_finding(case: tuple[Role, dict[str, TrialValue]]) -> None:
    role, given = case
    properties: dict[str, Value] = dict(given)
    for finding in examine(properties, role):
        if finding.edits:
            left = examine(_edited(properties, finding.edits), role)
            assert (finding.rule, finding.name) not in {(one.rule, one.name) for one in left}


@hypothesis.settings(max_examples=200)
@hypothesis.given(property_sets())
def test_one_edit_after_the_other_comes_to_an_end(case: tuple[Role, dict[str, TrialValue]]) -> None:
    role, given = case
    properties: dict[str, Value] = dict(given)
    for _ in range(MOST_STEPS):
        open_findings = [one for one in examine(properties, role) if one.refused and one.edits]
        if not open_findings:
            return
        properties = _edited(properties, open_findings[0].edits)
    raise AssertionError(f"the edits go round in circles: {properties}")
