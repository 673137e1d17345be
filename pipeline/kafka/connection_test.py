"""Tests a connection from the name to the rights, and names the first step that fails.

The steps go from the name server to the cluster's rights; each has a time limit, and a step whose
ground failed is skipped. No text holds a secret.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._metadata import ClusterMetadata

from pipeline.kafka import clients, reach
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.checks import as_text
from pipeline.kafka.connection_steps import Step, StepFailedError, StepName, StepState, passed
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.kafka.offsets_read import committed_by
from pipeline.kafka.reach import ReachError, Server
from pipeline.kafka.secret_properties import is_referenced, with_secrets
from pipeline.redact import MASK, redact_table, redact_text
from pipeline.texts import Text, in_a_row, say, verbatim

ResultT = TypeVar("ResultT")

STEP_LIMIT_S: Final = 5.0
_METADATA_TRY_S: Final = 1.0
_DENIED: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)


def walk(access: KafkaAccess, limit_s: float = STEP_LIMIT_S) -> Iterator[Step]:
    """Test the connection; yields every step of `StepName` once, as soon as it is done.

    Makes nothing on the cluster and joins no group. Takes at most some `limit_s` for each step.
    """
    settings = access.settings
    properties = {
        name: as_text(value)
        for name, value in {**settings.common, **settings.producer, **settings.consumer}.items()
    }
    seen: set[StepName] = set()
    began_s = time.monotonic()
    failed: StepName | None = None
    steps = _Walk(access, properties, limit_s).steps()
    while failed is None:
        try:
            step = next(steps)
        except StopIteration:
            return
        except StepFailedError as error:
            step = error.step
            failed = step.name
        took_ms = (time.monotonic() - began_s) * 1000
        seen.add(step.name)
        yield _clean(replace(step, took_ms=took_ms), properties)
        began_s = time.monotonic()
    for name in StepName:
        if name not in seen:
            yield Step(
                name,
                StepState.SKIPPED,
                say("not tested, since the step “{failed}” failed", failed=failed.words),
            )


def _clean(step: Step, properties: Mapping[str, str]) -> Step:
    """Return the step with every secret value masked, whoever put it into a text."""
    masked = redact_table(properties)
    secrets = {
        value
        for name, value in properties.items()
        # A reference is no secret; what it stands for is masked by `redact_text`.
        if value and masked[name] == MASK and not is_referenced(name, value)
    }

    def clean(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return redact_text(text)

    return replace(step, detail=step.detail.changed(clean), next_step=step.next_step.changed(clean))


class _Walk:
    """One test under way."""

    def __init__(self, access: KafkaAccess, properties: Mapping[str, str], limit_s: float) -> None:
        self._access = access
        self._properties = properties
        self._limit_s = limit_s
        self._errors: list[KafkaError] = []
        protocol = properties.get("security.protocol", "plaintext").lower()
        self._protocol = protocol.upper()
        self._tls = protocol.endswith("ssl")
        self._sasl = protocol.startswith("sasl")

    def steps(self) -> Iterator[Step]:
        """Yield the steps that pass or are not needed.

        Raises:
            StepFailedError: at the first that fails.
        """
        admin = self._client()
        yield passed(StepName.SETTINGS, say("the client takes them"))
        servers = reach.parse_servers(self._access.bootstrap_servers)
        yield self._reached(StepName.DNS, reach.try_all(servers, reach.resolve, self._limit_s))
        knock = partial(reach.knock, limit_s=self._limit_s)
        yield self._reached(StepName.TCP, reach.try_all(servers, knock, self._limit_s + 1))
        yield from self._conversation(servers)
        metadata = self._metadata(admin)
        if self._sasl:
            mechanism = self._properties.get(
                "sasl.mechanism", self._properties.get("sasl.mechanisms", "GSSAPI")
            )
            yield passed(StepName.SASL, say("logged in by {mechanism}", mechanism=mechanism))
        else:
            yield self._unused(StepName.SASL)
        yield self._brokers(metadata)
        wanted = self._wanted()
        yield self._topics(metadata, wanted)
        if self._access.settings.mode == "embedded":
            yield Step(StepName.ACL, StepState.SKIPPED, say("the embedded broker knows no rights"))
        else:
            yield self._rights(admin, metadata, wanted)

    def _client(self) -> AdminClient:
        try:
            self._properties = with_secrets(self._properties)
            return clients.make_admin(
                self._access.settings, self._access.bootstrap_servers, self._errors.append
            )
        except KafkaSettingsError as error:
            raise StepFailedError(StepName.SETTINGS, error.text, error.next_step) from error

    def _unused(self, name: StepName) -> Step:
        return Step(
            name,
            StepState.SKIPPED,
            say("not used: security.protocol is {protocol}", protocol=self._protocol),
        )

    def _reached(self, name: StepName, outcomes: Mapping[Server, ResultT | ReachError]) -> Step:
        """Return the step, passed if one server did: a client needs only one to begin with."""
        errors = [outcome for outcome in outcomes.values() if isinstance(outcome, ReachError)]
        reached = len(outcomes) - len(errors)
        if not reached:
            raise StepFailedError(
                name, in_a_row(error.text for error in errors), errors[0].next_step
            )
        if errors:
            troubles = in_a_row(error.text for error in errors)
            text = say(
                "{passed} of {count} servers; {troubles}",
                passed=reached,
                count=len(outcomes),
                troubles=troubles,
            )
            return Step(name, StepState.OK, text, errors[0].next_step)
        return passed(name, verbatim(", ".join(_found(*entry) for entry in outcomes.items())))

    def _conversation(self, servers: list[Server]) -> Iterator[Step]:
        """Yield the steps `TLS` and `KAFKA`, which are told apart by where a server failed."""
        try:
            context = reach.tls_context(self._properties) if self._tls else None
        except ReachError as error:
            raise StepFailedError(StepName.TLS, error.text, error.next_step) from error
        converse = partial(reach.converse, context=context, limit_s=self._limit_s)
        # One that fails without TLS is tried with it.
        outcomes = reach.try_all(servers, converse, 2 * self._limit_s + 1)
        tls = {
            server: outcome if isinstance(outcome, ReachError) and outcome.during_tls else None
            for server, outcome in outcomes.items()
        }
        yield self._reached(StepName.TLS, tls) if self._tls else self._unused(StepName.TLS)
        yield self._reached(StepName.KAFKA, outcomes)

    def _metadata(self, admin: AdminClient) -> ClusterMetadata:
        deadline_s = time.monotonic() + self._limit_s
        while True:
            try:
                return admin.list_topics(timeout=_METADATA_TRY_S)
            except KafkaException as error:
                admin.poll(0)
                self._raise_refusal()
                if time.monotonic() > deadline_s:
                    self._raise_no_metadata(error.args[0])

    def _raise_refusal(self) -> None:
        for error in self._errors:
            if error.code() == KafkaError._AUTHENTICATION:
                raise StepFailedError(
                    StepName.SASL,
                    say("the broker refuses the login: {words}", words=verbatim(error.str())),
                    say(
                        "Check sasl.mechanism, sasl.username and the password; the broker must "
                        "know this user for this mechanism."
                    ),
                )
            if error.code() == KafkaError._SSL:
                raise StepFailedError(
                    StepName.METADATA,
                    say(
                        "the Kafka client refuses the encryption: {words}",
                        words=verbatim(error.str()),
                    ),
                    say("Check the ssl.* settings: authority, certificate, key and its password."),
                )

    def _raise_no_metadata(self, error: KafkaError) -> None:
        if self._sasl:
            fix = say(
                "Check security.protocol and sasl.mechanism; the broker's log tells its side."
            )
        else:
            fix = say(
                "The broker answers the greeting only. It may want a login: set "
                "security.protocol to SASL_PLAINTEXT or SASL_SSL, with sasl.mechanism "
                "and user."
            )
        raise StepFailedError(
            StepName.METADATA,
            say("the cluster does not tell of itself: {words}", words=verbatim(error.str())),
            fix,
        )

    def _brokers(self, metadata: ClusterMetadata) -> Step:
        """See whether the addresses that the cluster gives its clients can be reached, too."""
        named = [Server(str(broker.host), broker.port) for broker in metadata.brokers.values()]
        knock = partial(reach.knock, limit_s=self._limit_s)
        outcomes = reach.try_all(named, knock, self._limit_s + 1)
        lost = [outcome for outcome in outcomes.values() if isinstance(outcome, ReachError)]
        if lost:
            raise StepFailedError(
                StepName.METADATA,
                say(
                    "the cluster sends its clients to addresses that cannot be reached from here: "
                    "{troubles}",
                    troubles=in_a_row(error.text for error in lost),
                ),
                say("Set advertised.listeners of the brokers to addresses that clients can reach."),
            )
        return passed(
            StepName.METADATA,
            say("brokers: {brokers}", brokers=", ".join(map(str, named)))
            if named
            else say("the cluster names no brokers"),
        )

    def _wanted(self) -> dict[str, frozenset[AclOperation]]:
        """Return the topics of the pipeline with what its workers do to each."""
        write = frozenset({AclOperation.WRITE})
        sources = list(self._access.source_topics())
        return {
            **dict.fromkeys(sources, write | {AclOperation.READ}),
            **dict.fromkeys(map(dead_letter_topic, sources), write),
            self._access.settings.topics.risk_alerts: write,
        }

    def _topics(
        self, metadata: ClusterMetadata, wanted: Mapping[str, frozenset[AclOperation]]
    ) -> Step:
        missing = tuple(topic for topic in wanted if topic not in metadata.topics)
        for topic in wanted.keys() & metadata.topics.keys():
            leaderless = [
                str(number)
                for number, partition in metadata.topics[topic].partitions.items()
                if partition.leader < 0
            ]
            if leaderless:
                raise StepFailedError(
                    StepName.TOPICS,
                    say(
                        "{topic}: no broker leads the partitions {numbers}",
                        topic=topic,
                        numbers=", ".join(leaderless),
                    ),
                    say("Start the brokers that hold them."),
                )
        if missing:
            return Step(
                StepName.TOPICS,
                StepState.OK,
                say("not there, or hidden from this user: {topics}", topics=", ".join(missing)),
                self._how_they_are_made(),
                missing_topics=missing,
            )
        return passed(StepName.TOPICS, say("all {count} are there", count=len(wanted)))

    def _how_they_are_made(self) -> Text:
        settings = self._access.settings
        if settings.retention_hours:
            return say(
                "They are made when workers start, with {partitions} partitions each, keeping "
                "messages for {hours} h; where this user may not make topics, have them made.",
                partitions=settings.partitions,
                hours=settings.retention_hours,
            )
        return say(
            "They are made when workers start, with {partitions} partitions each; "
            "where this user may not make topics, have them made.",
            partitions=settings.partitions,
        )

    def _rights(
        self,
        admin: AdminClient,
        metadata: ClusterMetadata,
        wanted: Mapping[str, frozenset[AclOperation]],
    ) -> Step:
        """See what the broker tells of this user's rights; it may not tell anything."""
        there = [topic for topic in wanted if topic in metadata.topics]
        lacking = self._lacking_groups(there)
        told = 0
        answers = (
            admin.describe_topics(
                TopicCollection(there),
                include_authorized_operations=True,
                request_timeout=self._limit_s,
            )
            if there
            else {}
        )
        deadline_s = time.monotonic() + self._limit_s
        for topic, answer in answers.items():
            try:
                described = answer.result(max(0.1, deadline_s - time.monotonic()))
            except (KafkaException, TimeoutError) as error:
                if _is_denied(error):
                    lacking.append(say("describe {topic}", topic=topic))
                continue
            if described.authorized_operations:
                told += 1
                rights = set(described.authorized_operations)
                if AclOperation.ALL not in rights:
                    lacking += [
                        _right_words(right, topic)
                        for right in sorted(wanted[topic] - rights, key=lambda right: right.name)
                    ]
        if lacking:
            raise StepFailedError(
                StepName.ACL,
                say("this user may not: {rights}", rights=in_a_row(lacking)),
                say("Have the cluster's administrator grant these rights."),
            )
        if not told:
            return Step(
                StepName.ACL,
                StepState.SKIPPED,
                say(
                    "the broker does not tell what this user may do to topics; its groups are open"
                ),
            )
        return passed(StepName.ACL, say("reading and writing granted on {told} topics", told=told))

    def _lacking_groups(self, there: Sequence[str]) -> list[Text]:
        lacking: list[Text] = []
        for topic, group in self._access.source_topics().items():
            if topic not in there:
                continue
            # Asked by a consumer, as the monitor of the lag does it: an admin client's requests
            # about groups can end the whole process (see `offsets_read`).
            asker = clients.make_asker(self._access.settings, self._access.bootstrap_servers, group)
            try:
                committed_by(asker, {topic: [0]})
            except KafkaException as error:
                if _is_denied(error):
                    lacking.append(say("use the group {group}", group=group))
            finally:
                asker.close()
        return lacking


def _right_words(right: AclOperation, topic: str) -> Text:
    if right is AclOperation.WRITE:
        return say("write {topic}", topic=topic)
    return say("read {topic}", topic=topic)


def _found(server: Server, outcome: object) -> str:
    return f"{server.host} = {', '.join(outcome)}" if isinstance(outcome, list) else str(server)


def _is_denied(error: Exception) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, KafkaError) and cause.code() in _DENIED
