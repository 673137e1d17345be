"""Rules across properties that hold for every client: addresses, back-off, time limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, as_text, refusal
from pipeline.redact import redact_text
from pipeline.texts import Text, say

DEFAULT_PORT: Final = 9092
_SERVER: Final = re.compile(
    r"^(?:(?P<scheme>\w+)://)?(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s:/,\[\]@]+)(?::(?P<port>\d+))?$"
)
_SCHEMES: Final = frozenset({"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"})


def client_rules(effective: Effective) -> Iterator[Finding]:
    """Yield what is wrong with the settings of any client."""
    yield from _servers(effective)
    yield from _backoff(effective)
    yield from _assignors(effective)


def _servers(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("bootstrap.servers")
    if setting is None:
        if effective.is_code("bootstrap.servers"):
            return
        yield Finding(
            "no-servers",
            Severity.WARNING,
            "bootstrap.servers",
            "",
            say("the client can never connect"),
            say("no broker is named, and librdkafka only logs a notice"),
            say("Name at least one host:port, unless the program adds it."),
        )
        return
    if isinstance(setting.value, list):
        return
    text = as_text(setting.value)
    servers = [server.strip() for server in text.split(",") if server.strip()]
    if not servers:
        yield _bad_server(setting, say("no broker is named"), say("Name at least one host:port."))
    for server in servers:
        yield from _server(setting, server, servers, effective)


def _server(
    setting: Setting, server: str, servers: list[str], effective: Effective
) -> Iterator[Finding]:
    match = _SERVER.match(server)
    if match is None or not 0 < int(match["port"] or DEFAULT_PORT) < 65536:
        yield _bad_server(
            setting,
            say("{server!r} is no address of a broker", server=redact_text(server)),
            say("Write host:port, several of them separated by commas."),
        )
        return
    scheme = (match["scheme"] or "").lower()
    if scheme and scheme not in _SCHEMES:
        plain = [
            f"{match['host']}:{match['port'] or DEFAULT_PORT}" if one == server else one
            for one in servers
        ]
        yield _bad_server(
            setting,
            say("{server!r} is a web address", server=redact_text(server)),
            say("Write host:port."),
            ",".join(plain),
        )
    elif scheme and scheme != (effective.word("security.protocol") or scheme):
        # Seen in rd_kafka_broker_name_parse: it ends the reading of the whole list.
        yield about(
            setting,
            "server-protocol",
            Severity.ERROR,
            effect=say(
                "{server!r} and all servers after it are passed over", server=redact_text(server)
            ),
            reason=say(
                "it says {scheme}, while security.protocol is {protocol}",
                scheme=scheme,
                protocol=effective.word("security.protocol"),
            ),
            fix=say("Set security.protocol = {scheme}, or write host:port alone.", scheme=scheme),
            edits=[Edit("set", "security.protocol", scheme)],
        )


def _bad_server(setting: Setting, effect: Text, fix: Text, value: str | None = None) -> Finding:
    return about(
        setting,
        "bad-server",
        Severity.ERROR,
        effect=effect,
        reason=say("librdkafka does not check addresses: it would try for ever in vain"),
        fix=fix,
        edits=[] if value is None else [Edit("set", setting.name, value)],
    )


def _backoff(effective: Effective) -> Iterator[Finding]:
    low = effective.integer("reconnect.backoff.ms")
    high = effective.integer("reconnect.backoff.max.ms")
    if high < low:
        setting = effective.setting("reconnect.backoff.max.ms")
        culprit = setting or effective.setting("reconnect.backoff.ms")
        if culprit is not None:
            yield refusal(
                culprit,
                "reconnect-backoff",
                reason=say(
                    "reconnect.backoff.max.ms ({high}) must not be below "
                    "reconnect.backoff.ms ({low})",
                    high=high,
                    low=low,
                ),
                fix=say("Use at least {low} for reconnect.backoff.max.ms.", low=low),
                edits=[
                    Edit("set", setting.name if setting else "reconnect.backoff.max.ms", str(low))
                ],
            )
    ceiling = effective.integer("retry.backoff.max.ms")
    for name in ("retry.backoff.ms", "topic.metadata.refresh.fast.interval.ms"):
        setting = effective.setting(name) or (
            effective.setting("retry.backoff.max.ms") if name == "retry.backoff.ms" else None
        )
        if setting is not None and effective.integer(name) > ceiling:
            yield about(
                setting,
                "retry-backoff",
                Severity.WARNING,
                effect=say("every wait is {ceiling} ms and never grows", ceiling=ceiling),
                reason=say(
                    "{name} ({value}) is above retry.backoff.max.ms ({ceiling})",
                    name=name,
                    value=effective.integer(name),
                    ceiling=ceiling,
                ),
                fix=say(
                    "Set retry.backoff.max.ms to {least} or more.", least=effective.integer(name)
                ),
                edits=[Edit("set", "retry.backoff.max.ms", str(effective.integer(name)))],
            )


ASSIGNORS: Final = {"range": "eager", "roundrobin": "eager", "cooperative-sticky": "cooperative"}


def _assignors(effective: Effective) -> Iterator[Finding]:
    """Read as ``rd_kafka_assignors_init`` does, for producers too."""
    name = "partition.assignment.strategy"
    setting = effective.setting(name)
    text = effective.text(name)
    if text is None or effective.is_code(name):
        return
    protocol = effective.setting("group.protocol.type")
    if (
        protocol is not None
        and text
        and as_text(protocol.value) not in ("", "consumer")
        and not effective.is_code("group.protocol.type")
    ):
        yield refusal(
            protocol,
            "group-protocol-type",
            reason=say("librdkafka has assignment strategies for the type consumer only"),
            fix=say("Take it out."),
            edits=[Edit("remove", protocol.name)],
        )
        return
    if setting is None:
        return
    words = _split_assignors(text)
    unknown = [word for word in words if word not in ASSIGNORS]
    if unknown:
        from pipeline.kafka.doctor.java import convert

        meant = convert(name, ",".join(word for word in words if word.strip())).lower()
        known = bool(meant) and all(word in ASSIGNORS for word in meant.split(","))
        yield refusal(
            setting,
            "assignor-unknown",
            reason=say("there is no strategy {strategy!r} here", strategy=unknown[0])
            if unknown[0]
            else say(
                "the list ends with a comma and a space, which is read as a strategy without a name"
            ),
            fix=say("Write {meant}.", meant=meant)
            if known
            else say("Write some of: {choices}.", choices=", ".join(ASSIGNORS)),
            edits=[Edit("set", setting.name, meant)] if known else [],
        )
    elif len({ASSIGNORS[word] for word in words}) > 1:
        yield refusal(
            setting,
            "assignors-mixed",
            reason=say("eager strategies (range, roundrobin) and cooperative ones cannot be mixed"),
            fix=say("Write cooperative-sticky, or range,roundrobin; not both."),
            edits=[Edit("set", setting.name, "cooperative-sticky")],
        )


def _split_assignors(text: str) -> list[str]:
    """Split as librdkafka does: spaces after a name belong to it, were they all of it."""
    words = []
    rest = text
    while rest:
        word, _, rest = rest.lstrip(" ,").partition(",")
        words.append(word)
    return words
