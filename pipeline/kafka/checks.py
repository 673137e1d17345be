"""Checks client properties before a client is made, and explains what is wrong.

librdkafka itself is asked about each name and value; on top come the cross rules that it applies
only at construction, and settings that it takes without a word although they do nothing or lose
messages. (``docs`` references: librdkafka's CONFIGURATION.md.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pipeline.kafka.librdkafka import ConfResult, try_property
from pipeline.redact import MASK

Role = Literal["producer", "consumer", "admin"]
Properties = Mapping[str, str | int | float | bool]

_SECRET: Final = re.compile(r"password|secret|\.pem$|token$|jaas", re.IGNORECASE)
_NUMBER_WITH_TAIL: Final = re.compile(r"^\s*-?\d+(\.\d+)?\s*[A-Za-z]+\s*$")
_SERVER: Final = re.compile(r"^(?:\w+://)?(\[[0-9A-Fa-f:.]+\]|[^\s:/,\[\]]+)(?::(\d{1,5}))?$")

_NO_EFFECT: Final[Mapping[str, str]] = {
    "max.poll.records": "it belongs to Java clients (and to share consumers); batches are bounded "
    "by the number of free slots that Signalbox asks for",
    "share.acknowledgement.mode": "it belongs to share consumers",
}
_JAVA_ONLY: Final[Mapping[str, str]] = {
    "key.serializer": "leave it out; messages are bytes here",
    "value.serializer": "leave it out; messages are bytes here",
    "key.deserializer": "leave it out; messages are bytes here",
    "value.deserializer": "leave it out; messages are bytes here",
    "max.block.ms": "leave it out; a full queue makes the source wait",
    "buffer.memory": "queue.buffering.max.kbytes, in KiB",
    "max.request.size": "message.max.bytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "metadata.max.age.ms": "leave it; librdkafka refreshes by topic.metadata.refresh.interval.ms",
    "ssl.truststore.location": "ssl.ca.location, a PEM file",
    "ssl.truststore.password": "leave it out; PEM needs none",
    "sasl.jaas.config": "sasl.username and sasl.password",
    "default.api.timeout.ms": "leave it out; each call has its own time limit",
    "delivery.timeout.ms": "delivery.timeout.ms is message.timeout.ms here",
}
_OWNED: Final[Mapping[str, str]] = {
    "enable.auto.offset.store": "false",
    "enable.auto.commit": "true",
}
"""Consumer properties whose other value would lose messages in a crash."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a set of properties.

    Attributes:
        severity: ``error`` keeps a client from being made; ``warning`` is logged.
        name, value: the property; a secret value is masked.
        effect: what happens with it.
        fix: what to write instead, one sentence.
    """

    severity: Literal["error", "warning"]
    name: str
    value: str
    effect: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}: {self.effect}. {self.fix}"


def as_text(value: str | int | float | bool) -> str:
    """Return a property's value as librdkafka reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check(properties: Properties, role: Role) -> list[Finding]:
    """Return what is wrong with `properties` for a client of that role; errors first."""
    texts = {name: as_text(value) for name, value in properties.items()}
    findings = [finding for name, value in texts.items() for finding in _single(name, value)]
    findings += _servers(texts)
    if role == "producer":
        findings += _producer(texts)
    if role == "consumer":
        findings += _consumer(texts)
    return sorted(findings, key=lambda finding: finding.severity)


def _error(name: str, value: str, effect: str, fix: str) -> Finding:
    return Finding("error", name, MASK if _SECRET.search(name) and value else value, effect, fix)


def _single(name: str, value: str) -> list[Finding]:
    if name in _JAVA_ONLY:
        return [
            _error(name, value, "a Java client's name, unknown here", f"Use: {_JAVA_ONLY[name]}.")
        ]
    if name in _NO_EFFECT:
        return [
            Finding(
                "warning",
                name,
                value,
                f"it is accepted and does nothing; {_NO_EFFECT[name]}",
                "Take it out.",
            )
        ]
    result, words = try_property(name, value)
    if result is ConfResult.UNKNOWN:
        return [_error(name, value, "this librdkafka has no such property", "Take it out.")]
    if result is ConfResult.INVALID:
        return [_error(name, value, words.rstrip("."), "Correct the value.")]
    if _NUMBER_WITH_TAIL.match(value) and _is_number(name, value):
        return [
            _error(
                name,
                value,
                "only the digits are read, the unit is ignored",
                "Write the plain number.",
            )
        ]
    return []


def _is_number(name: str, value: str) -> bool:
    """Whether the property wants a number: only those refuse a word."""
    del value
    return try_property(name, "not-a-number")[0] is ConfResult.INVALID


def _servers(texts: Mapping[str, str]) -> list[Finding]:
    servers = texts.get("bootstrap.servers", texts.get("metadata.broker.list", ""))
    name = "bootstrap.servers"
    if not servers.strip():
        return [_error(name, servers, "no broker is named", "Name at least one host:port.")]
    findings = []
    for server in servers.split(","):
        match = _SERVER.match(server.strip())
        if match is None or not 0 < int(match[2] or 9092) < 65536:
            findings.append(
                _error(
                    name,
                    servers,
                    f"{server.strip()!r} is no address of a broker",
                    "Write host:port, several of them separated by commas.",
                )
            )
        elif "://" in server and not server.strip().lower().startswith(
            ("plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://")
        ):
            findings.append(
                _error(name, servers, f"{server.strip()!r} is a web address", "Write host:port.")
            )
    return findings


def _producer(texts: Mapping[str, str]) -> list[Finding]:
    if texts.get("enable.idempotence", "false").lower() != "true":
        return [
            _error(
                "enable.idempotence",
                texts.get("enable.idempotence", "false"),
                "a retry could send a message twice or out of order",
                "Leave it at true.",
            )
        ]
    findings = []
    acks = texts.get("acks", texts.get("request.required.acks", "all"))
    if acks.lower() not in {"all", "-1"}:
        findings.append(
            _error(
                "acks",
                acks,
                "idempotence needs the acknowledgement of all in-sync replicas; librdkafka "
                "refuses the pair",
                "Use acks = all.",
            )
        )
    in_flight = _integer(
        texts.get("max.in.flight", texts.get("max.in.flight.requests.per.connection", "5"))
    )
    if in_flight is not None and in_flight > 5:
        findings.append(
            _error(
                "max.in.flight",
                str(in_flight),
                "idempotence allows at most 5 requests in flight",
                "Use 5 or less.",
            )
        )
    retries = _integer(texts.get("retries", texts.get("message.send.max.retries", "1")))
    if retries is not None and retries < 1:
        findings.append(
            _error("retries", str(retries), "idempotence needs retries", "Leave it out.")
        )
    return findings


def _consumer(texts: Mapping[str, str]) -> list[Finding]:
    findings = []
    if not texts.get("group.id", "").strip():
        # librdkafka 2.16 aborts the process on an empty one (assertion in Consumer_init).
        findings.append(_error("group.id", "", "no consumer group is named", "Name one."))
    findings += [
        _error(
            name,
            texts[name],
            "an offset could be stored before its message is handled, and a crash would lose it",
            f"Leave it at {wanted}; Signalbox stores offsets itself when the work is done.",
        )
        for name, wanted in _OWNED.items()
        if texts.get(name, wanted).lower() != wanted
    ]
    session = _integer(texts.get("session.timeout.ms", "45000"))
    heartbeat = _integer(texts.get("heartbeat.interval.ms", "3000"))
    poll = _integer(texts.get("max.poll.interval.ms", "300000"))
    if session is not None and heartbeat is not None and heartbeat * 3 > session:
        findings.append(
            Finding(
                "error" if heartbeat >= session else "warning",
                "heartbeat.interval.ms",
                str(heartbeat),
                f"too few heartbeats fit into session.timeout.ms = {session}; the member may be "
                "thrown out of its group",
                f"Use at most {session // 3}.",
            )
        )
    if session is not None and poll is not None and poll < session:
        findings.append(
            _error(
                "max.poll.interval.ms",
                str(poll),
                f"it is below session.timeout.ms = {session}; librdkafka refuses the pair",
                f"Use at least {session}.",
            )
        )
    return findings


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None  # reported as an invalid value of its own
