"""The embedded broker: librdkafka's mock cluster in this process, speaking Kafka on 127.0.0.1.

In memory, for trying out and demos: it keeps nothing over a restart, and 5 MB a partition. The
gate in `retention` sees to it that nothing unread is evicted.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import threading
from collections.abc import Iterator

from loguru import logger

from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.kafka.librdkafka import ERROR_TEXT_BYTES, library
from pipeline.kafka.retention import RetentionGate
from pipeline.settings import KafkaSettings
from pipeline.texts import say

_PRODUCER = 0
INITIAL_REBALANCE_DELAY_MS = 1
"""How long a new group waits for more members; the mock's own 3000 ms would slow every start."""

KNOCK_INTERVAL_S = 0.005
KNOCK_TIMEOUT_S = 1.0


class EmbeddedBroker:
    """One mock cluster with the pipeline's topics, from construction to `close`.

    Attributes:
        bootstrap_servers: ``127.0.0.1:port``.
        gate: what is unread in its partitions.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        """Start the broker and make the topics.

        Raises:
            KafkaSettingsError: the library cannot start one here, or refuses a topic.
        """
        self._lib = library()
        words = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
        conf = self._lib.rd_kafka_conf_new()
        self._lib.rd_kafka_conf_set(conf, b"client.id", b"signalbox-broker", words, len(words))
        self._lib.rd_kafka_conf_set(conf, b"log_level", b"3", words, len(words))
        self._handle = self._lib.rd_kafka_new(_PRODUCER, conf, words, len(words))
        if not self._handle:
            self._lib.rd_kafka_conf_destroy(conf)
            raise KafkaSettingsError(
                say(
                    "The embedded broker cannot start: {words}.",
                    words=words.value.decode(errors="replace"),
                ),
                next_step=say("Use a Kafka cluster instead (kafka.mode), or report this."),
            )
        self._cluster = self._lib.rd_kafka_mock_cluster_new(self._handle, 1)
        if not self._cluster:
            self._lib.rd_kafka_destroy(self._handle)
            raise KafkaSettingsError(
                say("The embedded broker cannot start: no port on 127.0.0.1 could be opened."),
                next_step=say("See whether a security program blocks local connections."),
            )
        servers: bytes = self._lib.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self.bootstrap_servers = servers.decode()
        self.gate = RetentionGate()
        with _kept_awake(self.bootstrap_servers):
            self._lib.rd_kafka_mock_group_initial_rebalance_delay_ms(
                self._cluster, INITIAL_REBALANCE_DELAY_MS
            )
            for topic in _topics(settings):
                self._create(topic, settings.partitions)
        topics, groups = settings.topics, settings.groups
        self.gate.add_reader(topics.detection_results, groups.generator)
        self.gate.add_reader(topics.assessment_tasks, groups.scheduler)
        self.gate.add_reader(topics.risk_assessment_results, groups.aggregator)
        self.gate.add_reader(topics.detection_results, groups.aggregator)
        logger.bind(worker="kafka").info(
            "embedded broker started on {}; it keeps nothing over a restart",
            self.bootstrap_servers,
        )

    def close(self) -> None:
        """End the broker; what was not read is gone. Clients must be closed before."""
        if self._handle:
            with _kept_awake(self.bootstrap_servers):
                self._lib.rd_kafka_mock_cluster_destroy(self._cluster)
            self._lib.rd_kafka_destroy(self._handle)
            self._cluster = self._handle = None
            logger.bind(worker="kafka").info("embedded broker stopped")

    def _create(self, topic: str, partitions: int) -> None:
        code = self._lib.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)
        if code:
            self.close()
            raise KafkaSettingsError(
                say(
                    "The embedded broker refuses the topic {topic!r} with {partitions} "
                    "partitions (error {code}).",
                    topic=topic,
                    partitions=partitions,
                    code=code,
                ),
                next_step=say("See that no two topics of the settings have the same name."),
            )


@contextlib.contextmanager
def _kept_awake(servers: str) -> Iterator[None]:
    """Keep the broker's thread from sleeping over what it is told to do.

    The mock cluster misses the wake-up of a call now and then and does it only at its next look, a
    second later; a start of eight calls took up to 3 s. A connection wakes it, too.
    """
    host, _, port = servers.rpartition(":")
    done = threading.Event()

    def knock() -> None:
        while not done.wait(KNOCK_INTERVAL_S):
            with (
                contextlib.suppress(OSError),
                socket.create_connection((host, int(port)), KNOCK_TIMEOUT_S),
            ):
                pass

    knocking = threading.Thread(target=knock, name="embedded-broker-start")
    knocking.start()
    try:
        yield
    finally:
        done.set()
        knocking.join()


def _topics(settings: KafkaSettings) -> list[str]:
    topics = settings.topics
    sources = [
        topics.detection_results,
        topics.assessment_tasks,
        topics.risk_assessment_results,
    ]
    return [*sources, *map(dead_letter_topic, sources), topics.risk_alerts]
