"""Rules across properties of a consumer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, as_text
from pipeline.kafka.doctor.values import C_SPACE
from pipeline.texts import Text, say

_OVERHEAD_BYTES: Final = 512
_FETCH_MIN_LIMIT: Final = 100_000_000
_NOT_WITH_NEW_PROTOCOL: Final = (
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
    "group.protocol.type",
)


def consumer_rules(effective: Effective) -> Iterator[Finding]:
    """Yield what is wrong with a consumer's settings."""
    yield from _group(effective)
    if effective.word("group.protocol") == "consumer":
        yield from _new_protocol(effective)
    elif not effective.is_code("group.protocol"):
        yield from _classic_protocol(effective)
    yield from _fetching(effective)
    yield from _committing(effective)


def _refused(setting: Setting, rule: str, reason: Text, fix: Text, *edits: Edit) -> Finding:
    return about(
        setting,
        rule,
        Severity.ERROR,
        effect=say("librdkafka refuses it, and the consumer is not made"),
        reason=reason,
        fix=fix,
        edits=edits,
        refused=True,
    )


def _group(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("group.id")
    if effective.is_code("group.id"):
        return
    if setting is None:
        yield Finding(
            "group-missing",
            Severity.ERROR,
            "group.id",
            "",
            say("the consumer is not made"),
            say("no consumer group is named, and confluent-kafka asks for one (ValueError)"),
            say("Name one."),
            refused=True,
        )
    elif not as_text(setting.value).strip(C_SPACE):
        yield about(
            setting,
            "group-empty",
            Severity.ERROR,
            effect=say(
                "the whole process dies when the consumer is made (on Windows at its first use)"
            ),
            reason=say(
                "no consumer group is named, and confluent-kafka checks that by an assertion"
            ),
            fix=say("Name one."),
            refused=True,
            fatal=True,
        )


def _new_protocol(effective: Effective) -> Iterator[Finding]:
    for name in _NOT_WITH_NEW_PROTOCOL:
        setting = effective.setting(name)
        if setting is not None:
            instead = (
                say("group.remote.assignor takes its place")
                if name == "partition.assignment.strategy"
                else say("the broker decides it")
            )
            yield _refused(
                setting,
                "group-protocol",
                say("with group.protocol=consumer it may not be set: {instead}", instead=instead),
                say("Take it out, or use group.protocol = classic."),
                Edit("remove", setting.name),
            )


def _classic_protocol(effective: Effective) -> Iterator[Finding]:
    session = effective.integer("session.timeout.ms")
    heartbeat = effective.integer("heartbeat.interval.ms")
    poll = effective.integer("max.poll.interval.ms")
    if poll < session:
        setting = effective.setting("max.poll.interval.ms")
        culprit = setting or effective.setting("session.timeout.ms")
        if culprit is not None:
            yield _refused(
                culprit,
                "poll-session",
                say(
                    "max.poll.interval.ms ({poll}) is below session.timeout.ms = {session}",
                    poll=poll,
                    session=session,
                ),
                say("Use at least {session} for max.poll.interval.ms.", session=session),
                Edit("set", setting.name if setting else "max.poll.interval.ms", str(session)),
            )
    culprit = effective.setting("heartbeat.interval.ms") or effective.setting("session.timeout.ms")
    if culprit is not None and heartbeat * 3 > session:
        yield about(
            culprit,
            "heartbeat-session",
            Severity.ERROR if heartbeat >= session else Severity.WARNING,
            effect=say("the member is thrown out of its group again and again")
            if heartbeat >= session
            else say("one lost packet may throw the member out of its group"),
            reason=say(
                "too few heartbeats (every {heartbeat} ms) fit into session.timeout.ms = {session}",
                heartbeat=heartbeat,
                session=session,
            ),
            fix=say("Use at most {most} for heartbeat.interval.ms.", most=max(1, session // 3)),
            edits=[Edit("set", "heartbeat.interval.ms", str(max(1, session // 3)))],
        )
    setting = effective.setting("group.remote.assignor")
    if setting is not None:
        yield about(
            setting,
            "remote-assignor",
            Severity.WARNING,
            effect=say("it does nothing"),
            reason=say("only group.protocol=consumer asks the broker to assign partitions"),
            fix=say("Use partition.assignment.strategy, or group.protocol = consumer (Kafka 4)."),
            edits=[Edit("remove", setting.name)],
        )


def _fetching(effective: Effective) -> Iterator[Finding]:
    yield from _fetch_minimum(effective)
    yield from _fetch_sizes(effective)
    yield from _fetch_queue(effective)
    yield from _fetch_wait(effective)


def _fetch_minimum(effective: Effective) -> Iterator[Finding]:
    minimum = effective.integer("fetch.min.bytes")
    setting = effective.setting("fetch.min.bytes")
    if setting and not 1 <= minimum <= _FETCH_MIN_LIMIT:
        near = 1 if minimum < 1 else _FETCH_MIN_LIMIT
        yield _refused(
            setting,
            "fetch-min",
            say(
                "a consumer takes 1 to {most} (the table's wider range is for share consumers)",
                most=_FETCH_MIN_LIMIT,
            ),
            say("Use {near}.", near=near),
            Edit("set", setting.name, str(near)),
        )


def _fetch_sizes(effective: Effective) -> Iterator[Finding]:
    largest = effective.integer("message.max.bytes")
    fetch = effective.integer("fetch.max.bytes")
    setting = effective.setting("fetch.max.bytes")
    if setting and fetch < largest:
        yield _refused(
            setting,
            "fetch-message",
            say("fetch.max.bytes must not be below message.max.bytes ({largest})", largest=largest),
            say("Use at least {least}.", least=largest),
            Edit("set", setting.name, str(largest)),
        )
    if setting is None:
        queue = effective.integer("queued.max.messages.kbytes") * 1024
        fetch = max(min(fetch, (queue + 2**31) % 2**32 - 2**31), largest)
    setting = effective.setting("receive.message.max.bytes")
    if setting and fetch + _OVERHEAD_BYTES > effective.integer("receive.message.max.bytes"):
        yield _refused(
            setting,
            "receive-fetch",
            say(
                "it must hold a whole answer: fetch.max.bytes ({fetch}) and 512 bytes of framing",
                fetch=fetch,
            ),
            say("Use at least {least}, or leave it out.", least=fetch + _OVERHEAD_BYTES),
            Edit("set", setting.name, str(fetch + _OVERHEAD_BYTES)),
        )
    partition = effective.setting("fetch.message.max.bytes")
    if partition and effective.integer("fetch.message.max.bytes") > fetch:
        yield about(
            partition,
            "partition-fetch",
            Severity.WARNING,
            effect=say("a fetch ends at {fetch} bytes", fetch=fetch),
            reason=say("fetch.max.bytes bounds the answer for all partitions together"),
            fix=say("Use at most {most}.", most=fetch),
            edits=[Edit("set", partition.name, str(fetch))],
        )


def _fetch_queue(effective: Effective) -> Iterator[Finding]:
    queue_setting = effective.setting("queued.max.messages.kbytes")
    per_partition = effective.integer("fetch.message.max.bytes")
    if queue_setting and effective.integer("queued.max.messages.kbytes") * 1024 < per_partition:
        yield about(
            queue_setting,
            "queue-fetch",
            Severity.WARNING,
            effect=say("one fetch overshoots the queue, and fetching stops and starts"),
            reason=say(
                "fetch.message.max.bytes is {per_partition} bytes per partition",
                per_partition=per_partition,
            ),
            fix=say("Use at least {least}.", least=-(-per_partition // 1024)),
            edits=[Edit("set", queue_setting.name, str(-(-per_partition // 1024)))],
        )


def _fetch_wait(effective: Effective) -> Iterator[Finding]:
    wait = effective.integer("fetch.wait.max.ms")
    timeout = effective.integer("socket.timeout.ms")
    culprit = effective.setting("fetch.wait.max.ms") or effective.setting("socket.timeout.ms")
    if culprit and wait + 1000 > timeout:
        yield about(
            culprit,
            "fetch-wait",
            Severity.WARNING,
            effect=say("fetches without messages may time out and block what comes after them"),
            reason=say(
                "fetch.wait.max.ms ({wait}) should be 1000 ms below socket.timeout.ms ({timeout})",
                wait=wait,
                timeout=timeout,
            ),
            fix=say("Use a smaller fetch.wait.max.ms.")
            if timeout > 1000
            else say("Use a larger socket.timeout.ms."),
            edits=[Edit("set", "fetch.wait.max.ms", str(timeout - 1000))]
            if timeout > 1000
            else [Edit("set", "socket.timeout.ms", str(wait + 1000))],
        )


def _committing(effective: Effective) -> Iterator[Finding]:
    commits = effective.boolean("enable.auto.commit")
    interval = effective.setting("auto.commit.interval.ms")
    if interval and not commits:
        yield about(
            interval,
            "commit-interval",
            Severity.WARNING,
            effect=say("it does nothing"),
            reason=say("enable.auto.commit is false"),
            fix=say("Take it out, or use enable.auto.commit = true."),
            edits=[Edit("remove", interval.name)],
        )
    elif interval and effective.integer("auto.commit.interval.ms") == 0:
        yield about(
            interval,
            "commit-interval",
            Severity.WARNING,
            effect=say("offsets are committed only when the consumer closes"),
            reason=say("0 turns the interval off although enable.auto.commit is true"),
            fix=say("Use 5000, or enable.auto.commit = false."),
            edits=[Edit("set", interval.name, "5000")],
        )
    store = effective.setting("enable.auto.offset.store")
    if commits and store and effective.boolean("enable.auto.offset.store"):
        yield about(
            store,
            "store-before-work",
            Severity.WARNING,
            effect=say("a crash loses the messages that were taken and not finished"),
            reason=say(
                "an offset is stored when the message is handed out, before it is "
                "handled, and enable.auto.commit commits it by itself"
            ),
            fix=say(
                "Use enable.auto.offset.store = false, and store_offsets() when the work is done."
            ),
            edits=[Edit("set", store.name, "false")],
            reference="https://github.com/confluentinc/librdkafka/blob/master/INTRODUCTION.md"
            "#at-least-once-processing",
        )
