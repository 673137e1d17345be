"""The text of the window's editor: read, examined as both clients take it, mended, written back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.doctor import Edit, Role, desk, sectioned
from pipeline.kafka.doctor.desk import Placed
from tests.support.property_sets import property_sets
from tests.support.trial_clients import TrialValue


def examined(text: str, *, embedded: bool = False, servers: str = "a:1") -> list[Placed]:
    return list(desk.examine_text(text, embedded=embedded, servers=servers))


def only(text: str) -> Placed:
    (placed,) = examined(text)
    return placed


def test_sections_comments_and_quotes_are_read() -> None:
    parsed = sectioned.read(
        "client.rack = a\n# no = thing\n[producer]\n\"linger.ms\" = '7' # why\n"
        '[kafka.consumer]\ncheck.crcs=true\nfetch.error.backoff.ms = "5\\"0"\n'
    )
    assert not parsed.problems
    assert [(line.number, line.section, line.name, line.value) for line in parsed.lines] == [
        (1, "common", "client.rack", "a"),
        (4, "producer", "linger.ms", "7"),
        (6, "consumer", "check.crcs", "true"),
        (7, "consumer", "fetch.error.backoff.ms", '5"0'),
    ]
    assert parsed.lines[2].value_at == len("check.crcs=")


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("[common]\nlinger", "linger", "name, an equals sign"),
        ("[common]\n= 5", "=", "name, an equals sign"),
        ("[comon]\n", "[comon]", "[common]"),
    ],
)
def test_what_is_not_understood_is_told(text: str, name: str, words: str) -> None:
    placed = only(text)
    assert placed.finding.name == name
    assert placed.finding.severity == "error"
    assert words in str(placed.finding)


_NAMES = st.from_regex(r"[a-z][a-z.]{0,20}[a-z]", fullmatch=True)
_VALUES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\n") | st.just(" "),
    max_size=20,
)


@given(
    st.dictionaries(
        st.sampled_from(sectioned.SECTIONS), st.dictionaries(_NAMES, _VALUES, max_size=5)
    )
)
def test_what_is_written_is_read_again(tables: dict[str, dict[str, str]]) -> None:
    parsed = sectioned.read(sectioned.write(tables))
    assert not parsed.problems
    for section in sectioned.SECTIONS:
        assert parsed.values(section) == tables.get(section, {})


@given(st.text(max_size=200))
def test_any_text_can_be_examined_and_mended(text: str) -> None:
    desk.mend_all(text, embedded=True, servers="")


@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=20))
def test_the_changed_stretch_makes_one_text_of_the_other(before: str, after: str) -> None:
    start, end, new = sectioned.changed_span(before, after)
    assert before[:start] + new + before[end:] == after


def test_a_value_is_set_where_it_stands_or_at_the_end_of_its_section() -> None:
    text = "[common]\n\n[producer]\nlinger.ms = 5\n\n[consumer]\n"
    text = sectioned.set_value(text, "producer", "linger.ms", "7")
    text = sectioned.set_value(text, "producer", "acks", "all")
    text = sectioned.set_value(text, "common", "client.rack", "a")
    assert text == (
        "[common]\nclient.rack = a\n\n[producer]\nlinger.ms = 7\nacks = all\n\n[consumer]\n"
    )
    added = sectioned.set_value("# mine\n", "consumer", "check.crcs", "true")
    assert added == "# mine\n\n[consumer]\ncheck.crcs = true\n"


def test_a_share_consumers_property_is_warned_of_and_taken_out() -> None:
    text = "[common]\n\n[consumer]\nmax.poll.records = 500\n"
    placed = only(text)
    assert (placed.line, placed.role, placed.finding.severity) == (4, "consumer", "warning")
    assert desk.mend(text, placed) == "[common]\n\n[consumer]\n"


def test_acks_of_one_are_refused_and_mended() -> None:
    text = "[producer]\nacks = 1\nenable.idempotence = true\n"
    placed = next(one for one in examined(text) if one.finding.name == "acks")
    assert placed.finding.severity == "error"
    mended = desk.mend(text, placed)
    assert sectioned.read(mended).values("producer")["acks"] == "all"
    assert not examined(mended)


def test_a_producers_property_for_every_client_moves_to_the_producer() -> None:
    text = "[common]\nlinger.ms = 5\nclient.rack = a\n\n[producer]\n"
    placed = only(text)
    assert placed.moves_to == "producer"
    assert "[producer]" in placed.finding.fix
    mended = desk.mend(text, placed)
    assert mended == "[common]\nclient.rack = a\n\n[producer]\nlinger.ms = 5\n"
    assert not examined(mended)


def test_of_two_lines_with_one_name_the_fix_changes_the_one_it_is_about() -> None:
    text = "[producer]\nlinger.ms = 5\n\n[consumer]\nlinger.ms = 5\n"
    placed = only(text)
    assert placed.line == 5
    assert sectioned.read(desk.mend(text, placed)).values("producer") == {"linger.ms": "5"}


def test_everything_is_mended_at_once() -> None:
    text = (
        "[common]\nenabel.idempotence = true\nretries = 0\n[consumer]\nmax.poll.records = 500\n"
        "linger.ms = 5ms\nauto.offset.reset = none\n"
    )
    mended = desk.mend_all(text, embedded=False, servers="a:1")
    left = [one for one in examined(mended) if one.finding.severity != "advice"]
    assert not [one for one in left if one.can_be_mended], mended


@given(property_sets())
def test_mending_ends_and_leaves_nothing_that_it_could_mend(
    drawn: tuple[Role, dict[str, TrialValue]],
) -> None:
    role, properties = drawn
    section = role if role in sectioned.SECTIONS else "common"
    lines = [f"{name} = {value}" for name, value in properties.items() if "\n" not in str(value)]
    text = "\n".join([f"[{section}]", *lines])
    mended = desk.mend_all(text, embedded=False, servers="a:1")
    assert desk.mend_all(mended, embedded=False, servers="a:1") == mended


def test_servers_of_a_cluster_are_examined_too() -> None:
    (placed,) = examined("[common]\n", servers="http://a:9092")
    assert placed.line is None
    assert placed.finding.name == "bootstrap.servers"
    assert not examined("[common]\n", embedded=True, servers="")


def test_an_edit_of_what_is_nowhere_adds_it_to_the_section() -> None:
    text = sectioned.apply("[common]\n", Edit("set", "acks", "all"), "producer")
    assert sectioned.read(text).values("producer") == {"acks": "all"}
