"""What the lag monitor asks a broker, also one that is cut off again and again."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from pipeline.kafka import clients
from pipeline.kafka.lag import LagMonitor
from pipeline.kafka.offsets_read import committed_by, ends_of, partitions_of
from pipeline.selftest.proxy import BrokerProxy
from tests.integration.kafka_brokers import (
    open_access,
    send_numbers,
    take_all,
    telemetry,
    wait_until,
)

pytestmark = pytest.mark.integration

STOP_LIMIT_S = 4.0


@pytest.mark.parametrize("broker", ["embedded", "tansu"])
def test_what_is_not_there_hides_nothing_else(broker: str, tmp_path: Path) -> None:
    """A partition and a topic of which the broker does not tell are left out; asking joins nothing."""
    with open_access(broker, tmp_path, partitions=1) as access:
        topic, group = access.settings.topics.detection_results, access.settings.groups.generator
        asker = clients.make_asker(access.settings, access.bootstrap_servers, group)
        with contextlib.closing(asker):
            assert partitions_of(asker, [topic, "not-there"]) == {topic: [0]}
            assert committed_by(asker, {topic: [0]}) == {topic: {0: None}}
            send_numbers(access, topic, 1)
            with contextlib.closing(access.consumer(group, [topic], telemetry())) as consumer:
                for delivery in take_all(consumer, lambda taken: len(taken) == 1):
                    delivery.done()
                # The only partition is the reader's: what asks has not joined its group.
            wait_until(lambda: committed_by(asker, {topic: [0]}) == {topic: {0: 1}})
            ends = ends_of(asker, {topic: [0, 9], "not-there": [0]})
            assert [(place, end.earliest, end.latest) for place, end in ends.items()] == [
                ((topic, 0), 0, 1)
            ]
            assert committed_by(asker, {topic: [0], "not-there": [0]})[topic] == {0: 1}
            with pytest.raises(KafkaException):
                ends_of(asker, {"not-there": [0]})


@pytest.mark.slow
def test_cuts_are_told_and_survived(tmp_path: Path) -> None:
    """Cut and frozen lines are told within seconds and end; so does the monitor, meanwhile."""
    with open_access("embedded", tmp_path, partitions=1) as access:
        proxy = BrokerProxy(access.bootstrap_servers)
        access.bootstrap_servers = proxy.address
        monitor = LagMonitor(access)
        monitor.start()
        try:
            for stop, go_on in ((proxy.cut, proxy.mend), (proxy.freeze, proxy.thaw)) * 2:
                wait_until(lambda: monitor.snapshot().broker_ok)
                stop()
                wait_until(lambda: not monitor.snapshot().broker_ok)
                assert monitor.snapshot().error
                assert len(monitor.snapshot().links) == len(access.readers())
                go_on()
            wait_until(lambda: monitor.snapshot().broker_ok)
            proxy.freeze()
            wait_until(lambda: not monitor.snapshot().broker_ok)
            began_s = time.monotonic()
            monitor.stop()
            assert time.monotonic() - began_s < STOP_LIMIT_S
        finally:
            monitor.stop()
            proxy.close()
