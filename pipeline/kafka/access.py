"""What a worker is given to reach Kafka with."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from loguru import logger

from pipeline.kafka import clients
from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.consumer import WorkConsumer
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError, connection_words, refusal
from pipeline.kafka.handover import Handover
from pipeline.kafka.producer import ReliableProducer
from pipeline.kafka.readers import readers
from pipeline.kafka.spool import TopicSpool
from pipeline.paths import data_folder
from pipeline.settings import KafkaSettings
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say

METADATA_TIMEOUT_S = 10.0
CREATE_TIMEOUT_S = 15.0
VISIBLE_POLL_S = 0.05


class KafkaAccess:
    """Makes checked clients for one broker.

    Attributes:
        settings: topics, groups and properties.
        bootstrap_servers: where the broker is.
        spool_folder: where producers keep what they could not deliver.
    """

    def __init__(self, settings: KafkaSettings, broker: EmbeddedBroker | None) -> None:
        self.settings = settings
        self._gate = broker.gate if broker else None
        self.bootstrap_servers = broker.bootstrap_servers if broker else settings.bootstrap_servers
        self.spool_folder = data_folder() / "spool"
        self._numbers = itertools.count(1)

    def producer(
        self, telemetry: WorkerTelemetry, spooled_topic: str | None = None
    ) -> ReliableProducer:
        """Return a producer for a worker.

        Args:
            telemetry: the worker's.
            spooled_topic: what it sends there and cannot deliver is kept on disk and sent first by
                the next one; for work that cannot be read again. Not with the embedded broker,
                which keeps nothing from one start to the next.

        Raises:
            KafkaSettingsError: the properties are wrong; says which and why.
            OSError: the folder of the spool cannot be used.
        """
        client = self._client_id(telemetry, "producer")
        condition = BrokerCondition(client, self.bootstrap_servers, telemetry)
        properties = clients.producer_properties(self.settings, self.bootstrap_servers, client)
        handover = Handover(
            clients.make_producer(properties, condition),
            lambda: clients.make_producer(clients.one_by_one(properties), condition),
        )
        spool = (
            TopicSpool(self.spool_folder, spooled_topic, self.bootstrap_servers)
            if spooled_topic and self.settings.mode == "cluster"
            else None
        )
        return ReliableProducer(handover, condition, telemetry, self._gate, spool)

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        telemetry: WorkerTelemetry,
        beside: Sequence[str] = (),
    ) -> WorkConsumer:
        """Return a member of the consumer group `group` that reads `topics`.

        Args:
            group: see above.
            topics: whose messages are the worker's work: they are counted as its input.
            telemetry: the worker's.
            beside: topics that it reads as well, for what it needs to know.

        Raises:
            KafkaSettingsError: the properties are wrong; says which and why.
        """
        client = self._client_id(telemetry, "consumer")
        condition = BrokerCondition(client, self.bootstrap_servers, telemetry)
        properties = clients.consumer_properties(
            self.settings, self.bootstrap_servers, client, group, several=bool(beside)
        )
        consumer = WorkConsumer(group, topics, condition, telemetry, self._gate, beside)
        consumer.open(clients.make_consumer(properties, condition, consumer.on_commit))
        return consumer

    def admin(self) -> AdminClient:
        """Return an admin client.

        Raises:
            KafkaSettingsError: the properties are wrong; says which and why.
        """
        return clients.make_admin(self.settings, self.bootstrap_servers)

    def add_reader(self, topic: str, group: str) -> None:
        """Have the embedded broker keep messages of `topic` until `group` has read them, too."""
        if self._gate is not None:
            self._gate.add_reader(topic, group)

    def note_committed(self, group: str, topic: str, offsets: Mapping[int, int | None]) -> None:
        """Tell the embedded broker's gate what `group` has committed, by partition."""
        if self._gate is not None:
            self._gate.note_committed(
                group,
                [
                    (topic, partition, offset)
                    for partition, offset in offsets.items()
                    if offset is not None
                ],
            )

    def source_topics(self) -> dict[str, str]:
        """Return the topics that workers read, with the group whose work each is."""
        return {one.topic: one.group for one in readers(self.settings) if one.is_work}

    def readers(self) -> list[tuple[str, str]]:
        """Return each group with each topic it reads, also beside its work."""
        return [(one.group, one.topic) for one in readers(self.settings)]

    def ensure_topics(self) -> None:
        """Make the topics that the broker does not have yet.

        Raises:
            KafkaRefusedError: the broker does not let this client in.
            KafkaUnavailableError: it cannot be reached, or refuses to make one.
        """
        if self._gate is not None:
            return  # the embedded broker has them from its start
        heard: list[KafkaError] = []
        admin = clients.make_admin(self.settings, self.bootstrap_servers, heard.append)
        sources = list(self.source_topics())
        wanted = [
            *sources,
            *map(dead_letter_topic, sources),
            self.settings.topics.risk_alerts,
        ]
        try:
            existing, brokers = self._metadata(admin)
        except KafkaUnavailableError:
            admin.poll(0)  # brings what the client heard meanwhile
            for error in heard:
                if (refused := refusal(error)) is not None:
                    raise refused from None
            raise
        missing = [topic for topic in wanted if topic not in existing]
        if missing:
            self._create(admin, missing, replication=min(3, brokers))

    def _client_id(self, telemetry: WorkerTelemetry, kind: str) -> str:
        return f"signalbox-{telemetry.name}-{kind}-{next(self._numbers)}"

    def _metadata(self, admin: AdminClient) -> tuple[set[str], int]:
        try:
            metadata = admin.list_topics(timeout=METADATA_TIMEOUT_S)
        except KafkaException as error:
            words = connection_words(error.args[0])
            raise KafkaUnavailableError(
                say(
                    "No Kafka broker answers at {servers}: {words}.",
                    servers=self.bootstrap_servers,
                    words=words,
                ),
                next_step=say(
                    "See whether the address is right, the broker runs, and no firewall is between."
                ),
            ) from error
        return set(metadata.topics), max(1, len(metadata.brokers))

    def _topic_config(self) -> dict[str, str]:
        hours = self.settings.retention_hours
        return {"retention.ms": str(hours * 3_600_000)} if hours else {}

    def _create(self, admin: AdminClient, topics: list[str], replication: int) -> None:
        made = admin.create_topics(
            [
                NewTopic(
                    topic,
                    self.settings.partitions,
                    replication_factor=replication,
                    config=self._topic_config(),
                )
                for topic in topics
            ],
            request_timeout=CREATE_TIMEOUT_S,
        )
        for topic, future in made.items():
            try:
                future.result(CREATE_TIMEOUT_S)
            except TimeoutError as error:
                raise KafkaUnavailableError(
                    say(
                        "The broker at {servers} has not made the topic {topic} within "
                        "{limit_s:.0f} s.",
                        servers=self.bootstrap_servers,
                        topic=topic,
                        limit_s=CREATE_TIMEOUT_S,
                    ),
                    next_step=say("Look at the broker's own log."),
                ) from error
            except KafkaException as error:
                if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                    continue
                raise KafkaUnavailableError(
                    say(
                        "The topic {topic} cannot be made: {words}.",
                        topic=topic,
                        words=error.args[0].str(),
                    ),
                    next_step=say("Make it by hand, or give the user the right to create topics."),
                ) from error
            logger.bind(worker="kafka").info(
                "topic {} made with {} partitions", topic, self.settings.partitions
            )
        self._wait_until_visible(admin, set(topics))

    def _wait_until_visible(self, admin: AdminClient, topics: set[str]) -> None:
        deadline_s = time.monotonic() + CREATE_TIMEOUT_S
        while not topics <= self._metadata(admin)[0]:
            if time.monotonic() > deadline_s:
                raise KafkaUnavailableError(
                    say("The broker took the new topics but does not show them."),
                    next_step=say("Look at the broker's own log."),
                )
            time.sleep(VISIBLE_POLL_S)
