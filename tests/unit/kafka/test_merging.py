"""Settings under one name and our defaults under the other: the user's counts, and only it."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pipeline.kafka import clients
from pipeline.kafka.doctor.table import table
from pipeline.settings import KafkaSettings

ALIASES = sorted(
    (name, found.name)
    for name, found in table().by_name.items()
    if found.name not in {name, "metadata.broker.list"}
)
NAMES = sorted({name for pair in ALIASES for name in pair} | {"client.id", "no.such.thing"})
LAYER = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9))


def canonical(name: str) -> str:
    """Return the first name of a property."""
    found = table().by_name.get(name)
    return found.name if found else name


def test_there_are_aliases() -> None:
    """Librdkafka has a dozen; `enable.auto.commit` is one only among topic properties."""
    assert len(ALIASES) >= 10
    assert ("compression.type", "compression.codec") in ALIASES


@given(st.lists(LAYER, max_size=4))
def test_the_last_layer_wins_and_nothing_is_sent_twice(layers: list[dict[str, int]]) -> None:
    """Whatever name each layer uses; only what one layer sets twice itself stays twice."""
    merged = clients.merged(*layers)
    winners: dict[str, dict[str, int]] = {}
    for layer in layers:
        for first in {canonical(name) for name in layer}:
            winners[first] = {n: value for n, value in layer.items() if canonical(n) == first}
    assert merged == {n: value for winner in winners.values() for n, value in winner.items()}


@pytest.mark.parametrize(("alias", "name"), ALIASES)
@pytest.mark.parametrize("mode", ["embedded", "cluster"])
def test_each_alias_replaces_our_default(alias: str, name: str, mode: str) -> None:
    """Under either name, in a producer and in a consumer, from the common part and their own."""
    for used in (alias, name):
        place = {"mode": mode, "bootstrap_servers": "h:1"}
        own = {"producer": {used: "1"}, "consumer": {used: "1"}}
        for sections in ({"common": {used: "1"}}, own):
            settings = KafkaSettings.model_validate(place | sections)
            for properties in (
                clients.producer_properties(settings, "h:1", "p"),
                clients.consumer_properties(settings, "h:1", "c", "g"),
            ):
                same = {n: value for n, value in properties.items() if canonical(n) == name}
                assert same == {used: "1"}


def test_the_clients_own_part_wins_over_the_common_one() -> None:
    """Also when they use different names."""
    settings = KafkaSettings(
        common={"compression.type": "gzip"}, producer={"compression.codec": "zstd"}
    )
    properties = clients.producer_properties(settings, "h:1", "p")
    assert properties["compression.codec"] == "zstd"
    assert "compression.type" not in properties
