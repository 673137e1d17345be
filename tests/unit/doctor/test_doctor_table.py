"""The property table: it is the one of the librdkafka in use."""

from __future__ import annotations

import sys

import confluent_kafka
import pytest

from pipeline.kafka.doctor import table
from pipeline.kafka.doctor.java import java_names
from pipeline.kafka.librdkafka import ConfResult, try_property


def test_the_table_is_of_the_library_in_use() -> None:
    assert table().version == confluent_kafka.libversion()[0], (
        "another librdkafka: run python -m tools.make_kafka_properties"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="librdkafka cannot print into a file there")
def test_the_table_is_what_the_library_prints() -> None:
    import json

    from pipeline.kafka.doctor.table import TABLE_FILE
    from tools import make_kafka_properties

    written = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    assert written == make_kafka_properties.table()


@pytest.mark.parametrize("name", sorted(table().by_name))
def test_the_library_has_every_name(name: str) -> None:
    assert try_property(name, "x")[0] is not ConfResult.UNKNOWN


@pytest.mark.parametrize(
    "name", sorted(name for name, found in table().by_name.items() if found.kind == "integer")
)
def test_ranges_are_the_librarys(name: str) -> None:
    found = table().by_name[name]
    assert found.low is not None
    assert found.high is not None
    low, high = int(found.low), int(found.high)
    assert try_property(name, str(low))[0] is ConfResult.OK
    assert try_property(name, str(high))[0] is ConfResult.OK
    if low > -(2**31):
        assert try_property(name, str(low - 1))[0] is ConfResult.INVALID
    if high < 2**31 - 1:
        assert try_property(name, str(high + 1))[0] is ConfResult.INVALID


@pytest.mark.parametrize(
    "name", sorted(name for name, found in table().by_name.items() if found.kind == "enum")
)
def test_words_are_the_librarys(name: str) -> None:
    for word in table().by_name[name].values:
        assert try_property(name, word)[0] is ConfResult.OK


def test_a_global_property_wins_over_a_topics() -> None:
    assert table().by_name["enable.auto.commit"].level == "global"
    assert not table().by_name["enable.auto.commit"].deprecated
    assert table().by_name["auto.commit.enable"].deprecated


def test_scopes() -> None:
    scopes = {name: found.scope for name, found in table().by_name.items()}
    assert scopes["max.poll.records"] == scopes["share.acknowledgement.mode"] == "share-consumer"
    assert (scopes["acks"], scopes["group.id"], scopes["client.id"]) == (
        "producer",
        "consumer",
        "both",
    )


def test_every_java_name_leads_to_a_name_that_exists() -> None:
    entries = [entry for several in java_names().values() for entry in several]
    assert len(entries) >= 100
    for entry in entries:
        assert entry.target is None or entry.target in table().by_name, entry.name
        assert entry.note
