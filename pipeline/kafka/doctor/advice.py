"""Good practice: nothing here is wrong, and none of it keeps a client from being made."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Severity
from pipeline.texts import Text, say


def advice(effective: Effective) -> Iterator[Finding]:
    """Yield what an experienced hand would set differently."""
    if effective.role == "producer":
        yield from _producer(effective)
    elif effective.role == "consumer":
        yield from _consumer(effective)


def _advise(
    effective: Effective, rule: str, name: str, effect: Text, reason: Text, value: str
) -> Finding:
    setting = effective.setting(name)
    return Finding(
        rule,
        Severity.ADVICE,
        setting.name if setting else name,
        "" if setting is None else str(setting.value),
        effect,
        reason,
        say("Set {name} = {value}.", name=name, value=value),
        (Edit("set", setting.name if setting else name, value),),
        setting=setting,
    )


def _producer(effective: Effective) -> Iterator[Finding]:
    if (
        not effective.boolean("enable.idempotence")
        and effective.text("transactional.id") is None
        and effective.integer("retries") > 0
    ):
        yield _advise(
            effective,
            "advise-idempotence",
            "enable.idempotence",
            say("a retry may send a message twice or out of order"),
            say("librdkafka's default is false (Java's is true)"),
            "true",
        )
    if not effective.boolean("enable.idempotence") and effective.integer("acks") == 1:
        yield _advise(
            effective,
            "advise-acks",
            "acks",
            say("a message may be lost when the leading broker fails"),
            say("acks=1 waits for the leader only"),
            "all",
        )


def _consumer(effective: Effective) -> Iterator[Finding]:
    if (
        effective.boolean("enable.auto.commit")
        and not effective.is_set("enable.auto.offset.store")
        and not effective.is_code("enable.auto.offset.store")
    ):
        yield _advise(
            effective,
            "advise-offset-store",
            "enable.auto.offset.store",
            say("a crash loses the messages that were taken and not finished"),
            say(
                "by default an offset counts as done as soon as its message is handed "
                "out; with false, the program says so by store_offsets()"
            ),
            "false",
        )
    if effective.word("isolation.level") == "read_uncommitted":
        yield _advise(
            effective,
            "advise-isolation",
            "isolation.level",
            say("messages of transactions that were given up are seen as well"),
            say("read_uncommitted is Java's default, not librdkafka's"),
            "read_committed",
        )
