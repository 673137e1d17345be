"""Delivery over real brokers: nothing is lost by crashes, restarts, rebalances or full brokers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.kafka import consumer as consumer_module
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letters import CUT_BYTES, dead_letter_topic
from pipeline.kafka.delivery import Delivery
from pipeline.states import WorkerName
from tests.integration.kafka_brokers import (
    BROKERS,
    TIMEOUT_S,
    numbers,
    open_access,
    send_numbers,
    take_all,
    telemetry,
    wait_until,
)
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
COUNT = 200


@pytest.fixture(params=BROKERS)
def access(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KafkaAccess]:
    with open_access(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[KafkaAccess]:
    with open_access("embedded", tmp_path) as opened:
        yield opened


def _topic(access: KafkaAccess) -> str:
    return access.settings.topics.detection_results


def test_a_crash_in_the_middle_loses_nothing(access: KafkaAccess) -> None:
    """What a killed process had taken and not finished is read by the next one."""
    topic = _topic(access)
    send_numbers(access, topic, COUNT)
    session = "2000" if access.settings.mode == "embedded" else "6000"
    crashed = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.integration.kafka_crash",
            access.bootstrap_servers,
            topic,
            "crash-group",
            str(COUNT // 2),
            session,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert crashed.returncode == 9, crashed.stderr
    finished = {int(number) for number in crashed.stdout.split()}
    consumer = access.consumer("crash-group", [topic], telemetry())
    rest = take_all(consumer, lambda taken: numbers(taken) | finished == set(range(COUNT)))
    for delivery in rest:
        delivery.done()
    consumer.close()
    # The completed prefix was committed: not everything is read again.
    assert len(rest) < COUNT


def test_unfinished_work_holds_the_commit_back(access: KafkaAccess) -> None:
    """Work that finishes out of order is committed only behind its oldest unfinished message."""
    topic = _topic(access)
    send_numbers(access, topic, COUNT)
    first = access.consumer("order-group", [topic], telemetry())
    taken = take_all(first, lambda taken: len(taken) == COUNT)
    held: dict[int, Delivery] = {}
    for delivery in sorted(taken, key=lambda delivery: (-delivery.offset, delivery.partition)):
        if delivery.offset == 3:
            held[delivery.partition] = delivery
        else:
            delivery.done()
    assert first.in_flight == len(held)
    first.close()
    for delivery in held.values():
        delivery.done()  # too late: without effect, and no error
    second = access.consumer("order-group", [topic], telemetry())
    again = take_all(second, lambda taken: {d.partition for d in taken} == set(held))
    assert min(delivery.offset for delivery in again) == 3
    second.close()


def test_a_restarted_reader_goes_on_where_it_was(access: KafkaAccess) -> None:
    """Finished work is not read again after an orderly stop."""
    topic = _topic(access)
    send_numbers(access, topic, COUNT)
    first = access.consumer("restart-group", [topic], telemetry())
    for delivery in take_all(first, lambda taken: len(taken) == COUNT):
        delivery.done()
    first.close()
    producer = access.producer(telemetry())
    producer.send(topic, "cam-1", b"4711")
    assert producer.close() == 0
    second = access.consumer("restart-group", [topic], telemetry())
    news = take_all(second, bool)
    assert numbers(news) == {4711}
    news[0].done()
    second.close()


def test_two_groups_get_everything_each_and_in_order(access: KafkaAccess) -> None:
    """Groups do not take messages from one another; the messages of one camera keep their order."""
    topic = _topic(access)
    readers = [access.consumer(group, [topic], telemetry()) for group in ("left", "right")]
    send_numbers(access, topic, COUNT, keys=3)
    for reader in readers:
        taken = take_all(reader, lambda taken: len(taken) == COUNT)
        assert numbers(taken) == set(range(COUNT))
        by_key: dict[str | None, list[int]] = {}
        for delivery in taken:
            by_key.setdefault(delivery.key, []).append(int(delivery.value))
            delivery.done()
        assert len(by_key) == 3
        assert all(values == sorted(values) for values in by_key.values())
    for reader in readers:
        reader.close()


def test_a_second_member_takes_over_partitions(embedded: KafkaAccess) -> None:
    """A rebalance under work loses nothing, and late completions do no harm."""
    topic = _topic(embedded)
    first = embedded.consumer("shared", [topic], telemetry())
    send_numbers(embedded, topic, COUNT)
    seen: set[int] = set()
    unfinished = take_all(first, lambda taken: len(taken) >= COUNT // 2)
    second = embedded.consumer("shared", [topic], telemetry())
    # The first member only keeps its membership up; the rebalance is served meanwhile.
    ours = take_all(first, lambda _taken: bool(second.take(100, 0.05)) or bool(second.in_flight))
    for delivery in [*unfinished, *ours]:
        delivery.done()
        seen.add(int(delivery.value))
    while seen != set(range(COUNT)):
        for member in (first, second):
            for delivery in member.take(100, 0.05):
                delivery.done()
                seen.add(int(delivery.value))
    second.close()
    first.close()


def test_a_long_wait_pauses_and_goes_on(
    embedded: KafkaAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader without free slots stays in its group, then gets what it had not taken."""
    monkeypatch.setattr(consumer_module, "MAX_POLL_GAP_S", 0.0)
    topic = _topic(embedded)
    consumer = embedded.consumer("slow", [topic], telemetry())
    # Nothing is assigned yet: partitions come during the pause.
    for _ in range(10):
        assert consumer.take(0, 0.05) == []
    send_numbers(embedded, topic, COUNT)
    for _ in range(10):
        assert consumer.take(0, 0.05) == []
    half = take_all(consumer, lambda taken: len(taken) >= COUNT // 2)
    for _ in range(10):
        assert consumer.take(0, 0.05) == []
    rest = take_all(consumer, lambda taken: numbers([*half, *taken]) == set(range(COUNT)))
    assert len(half) + len(rest) == COUNT
    consumer.close()


def test_a_full_broker_makes_the_source_wait(embedded: KafkaAccess) -> None:
    """Four times of what a partition keeps passes through it, and not one message is evicted."""
    topic = _topic(embedded)
    groups = [group for group, name in embedded.readers() if name == topic]
    embedded.add_reader(topic, "witness")
    readers = [embedded.consumer(name, [topic], telemetry()) for name in (*groups, "witness")]
    payload = b"x" * 60_000
    stop = threading.Event()
    producer = embedded.producer(telemetry())
    sent = 0
    while producer.room(topic, "cam-1"):
        producer.send(topic, "cam-1", str(sent).encode().ljust(60_000))
        sent += 1
    assert 40 < sent < 5 * 1024 * 1024 // len(payload)
    total = 350

    def go_on() -> None:
        for number in range(sent, total):
            if not producer.wait_for_room(topic, "cam-1", stop):
                return
            producer.send(topic, "cam-1", str(number).encode().ljust(60_000))

    source = threading.Thread(target=go_on)
    source.start()
    seen: list[list[int]] = [[] for _ in readers]
    try:
        while any(len(numbers_) < total for numbers_ in seen):
            for reader, numbers_ in zip(readers, seen, strict=True):
                for delivery in reader.take(10, 0.05):
                    numbers_.append(int(delivery.value))
                    delivery.done()
    finally:
        stop.set()
        source.join()
        producer.close()
        for reader in readers:
            reader.close()
    assert seen == [list(range(total))] * len(readers)


def test_waiting_for_room_ends_with_the_stop(embedded: KafkaAccess) -> None:
    """A source before a full broker stops when it is asked to."""
    topic = _topic(embedded)
    producer = embedded.producer(telemetry())
    while producer.room(topic, "k"):
        producer.send(topic, "k", b"x" * 60_000)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    assert not producer.wait_for_room(topic, "k", stop)
    producer.close()


def test_dead_letters_tell_where_they_come_from(access: KafkaAccess, expect_log: ExpectLog) -> None:
    """Key, value and headers stay, and new headers tell topic, partition, offset and reason."""
    expect_log("goes to the dead letters")
    topic = _topic(access)
    figures = telemetry()
    producer = access.producer(figures)
    producer.send(topic, "cam-7", b"poison", headers={"trace": "abc"})
    reader = access.consumer("poisoned", [topic], telemetry())
    [delivery] = take_all(reader, lambda taken: len(taken) == 1)
    producer.dead_letter(delivery, WorkerName.GENERATOR, "no JSON: {oops}")
    wait_until(lambda: reader.in_flight == 0)
    assert producer.close() == 0
    reader.close()
    assert figures.snapshot().counters["dead_lettered"] == 1
    graves = access.consumer("graves", [dead_letter_topic(topic)], telemetry())
    [letter] = take_all(graves, lambda taken: len(taken) == 1)
    letter.done()
    graves.close()
    assert (letter.key, letter.value) == ("cam-7", b"poison")
    assert dict(letter.headers) == {
        "trace": b"abc",
        "source.topic": topic.encode(),
        "source.partition": str(delivery.partition).encode(),
        "source.offset": b"0",
        "worker": b"generator",
        "error": b"no JSON: {oops}",
    }


def test_a_dead_letter_that_is_too_large_is_cut(
    embedded: KafkaAccess, expect_log: ExpectLog
) -> None:
    """Poison that the broker will not take whole must not block its partition for ever."""
    expect_log("goes to the dead letters")
    expect_log("a dead letter of [0-9]+ bytes is too large for .* and is cut")
    topic = _topic(embedded)
    producer = embedded.producer(telemetry())
    producer.send(topic, "k", b"x" * 999_000)
    reader = embedded.consumer("poisoned", [topic], telemetry())
    [delivery] = take_all(reader, lambda taken: len(taken) == 1)
    producer.dead_letter(delivery, WorkerName.GENERATOR, "too much " * 100)
    wait_until(lambda: reader.in_flight == 0)
    producer.close()
    reader.close()
    graves = embedded.consumer("graves", [dead_letter_topic(topic)], telemetry())
    [letter] = take_all(graves, lambda taken: len(taken) == 1)
    letter.done()
    graves.close()
    assert len(letter.value) == CUT_BYTES
    assert dict(letter.headers)["source.bytes"] == b"999000"
