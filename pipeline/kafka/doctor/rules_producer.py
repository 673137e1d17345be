"""Rules across properties of a producer (and of an admin client, which is one inside)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about
from pipeline.texts import Text, say, verbatim

MAX_IN_FLIGHT_IDEMPOTENT: Final = 5
_SOCKET_MARGIN_MS: Final = 100
_INT_MAX: Final = 2**31 - 1
_LEVELS: Final = {"gzip": (0, 9), "lz4": (0, 12), "snappy": (0, 0), "zstd": (1, 12)}


def producer_rules(effective: Effective) -> Iterator[Finding]:
    """Yield what is wrong with a producer's settings, in the order of librdkafka's own checks."""
    transactional = effective.text("transactional.id") is not None
    idempotent = effective.boolean("enable.idempotence")
    if transactional:
        yield from _transactions(effective)
        idempotent = idempotent or not effective.is_set("enable.idempotence")
    if idempotent:
        idempotence = effective.boolean("enable.idempotence")
        why = say("idempotence") if idempotence else verbatim("transactional.id")
        yield from _idempotence(effective, why)
    else:
        yield from _without_idempotence(effective)
    yield from _timeouts(effective)
    yield from _sizes(effective)


def _refused(
    setting: Setting, rule: str, reason: Text, fix: Text, *edits: Edit, effect: Text | None = None
) -> Finding:
    return about(
        setting,
        rule,
        Severity.ERROR,
        effect=effect or say("librdkafka refuses the pair, and the producer is not made"),
        reason=reason,
        fix=fix,
        edits=edits,
        refused=True,
    )


def _transactions(effective: Effective) -> Iterator[Finding]:
    limit = effective.integer("transaction.timeout.ms")
    setting = effective.setting("enable.idempotence")
    if setting is not None and not effective.boolean("enable.idempotence"):
        yield _refused(
            setting,
            "transactions-idempotence",
            say("transactional.id needs enable.idempotence=true"),
            say("Use enable.idempotence = true, or leave transactional.id out."),
            Edit("set", setting.name, "true"),
        )
    setting = effective.setting("socket.timeout.ms")
    if setting is not None and limit + _SOCKET_MARGIN_MS > _INT_MAX:
        # Seen with 2.16.0: the sum wraps around, and every socket.timeout.ms is above it.
        yield _refused(
            setting,
            "transactions-socket-timeout",
            say(
                "transaction.timeout.ms = {limit} is so large that librdkafka's "
                "comparison overflows",
                limit=limit,
            ),
            say("Use a smaller transaction.timeout.ms, such as 60000."),
            Edit("set", "transaction.timeout.ms", "60000"),
        )
    elif setting and effective.integer("socket.timeout.ms") > limit + _SOCKET_MARGIN_MS:
        yield _refused(
            setting,
            "transactions-socket-timeout",
            say(
                "a request must not outlive its transaction: transaction.timeout.ms is {limit}",
                limit=limit,
            ),
            say("Use at most {most}.", most=limit + _SOCKET_MARGIN_MS),
            Edit("set", setting.name, str(limit)),
        )


def _idempotence(effective: Effective, why: Text) -> Iterator[Finding]:
    setting = effective.setting("max.in.flight")
    if setting and effective.integer("max.in.flight") > MAX_IN_FLIGHT_IDEMPOTENT:
        yield _refused(
            setting,
            "idempotence-in-flight",
            say(
                "{why} allows at most 5 requests in flight, or their order could not be kept",
                why=why,
            ),
            say("Use 5 or less."),
            Edit("set", setting.name, "5"),
        )
    setting = effective.setting("retries")
    if setting and effective.integer("retries") < 1:
        yield _refused(
            setting,
            "idempotence-retries",
            say("{why} is about sending again safely, so retries may not be 0", why=why),
            say("Leave it out; message.timeout.ms bounds the retries."),
            Edit("remove", setting.name),
        )
    setting = effective.setting("queue.buffering.backpressure.threshold")
    if setting and effective.integer("queue.buffering.backpressure.threshold") > 1:
        yield _refused(
            setting,
            "idempotence-backpressure",
            say("{why} needs the threshold 1", why=why),
            say("Leave it out."),
            Edit("remove", setting.name),
        )
    setting = effective.setting("acks")
    if setting and effective.integer("acks") != -1:
        yield _refused(
            setting,
            "idempotence-acks",
            say("{why} needs the acknowledgement of all in-sync replicas", why=why),
            say("Use acks = all."),
            Edit("set", setting.name, "all"),
        )
    setting = effective.setting("queuing.strategy")
    if setting and effective.word("queuing.strategy") == "lifo":
        yield _refused(
            setting,
            "idempotence-order",
            say("{why} keeps the order, so the queue must be fifo", why=why),
            say("Leave it out."),
            Edit("remove", setting.name),
        )
    yield from _transaction_outlived(effective)


def _transaction_outlived(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("message.timeout.ms")
    limit = effective.integer("transaction.timeout.ms")
    if (
        setting
        and effective.text("transactional.id") is not None
        and effective.integer("message.timeout.ms") > limit
    ):
        yield _refused(
            setting,
            "transactions-message-timeout",
            say(
                "a message must not outlive its transaction: transaction.timeout.ms is {limit}",
                limit=limit,
            ),
            say("Use at most {most}.", most=limit),
            Edit("set", setting.name, str(limit)),
        )


def _without_idempotence(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("enable.gapless.guarantee")
    if setting and effective.boolean("enable.gapless.guarantee"):
        yield _refused(
            setting,
            "gapless-idempotence",
            say("enable.gapless.guarantee needs enable.idempotence=true"),
            say("Set enable.idempotence = true, or take this out."),
            Edit("set", "enable.idempotence", "true"),
        )
    setting = effective.setting("acks")
    acks = effective.integer("acks")
    if setting and acks == 0:
        yield about(
            setting,
            "acks-none",
            Severity.WARNING,
            effect=say("messages can be lost without anybody hearing of it"),
            reason=say("with acks=0 the broker never answers"),
            fix=say("Use acks = all."),
            edits=[Edit("set", setting.name, "all")],
        )
    elif setting and acks > 1:
        yield about(
            setting,
            "acks-number",
            Severity.ERROR,
            effect=say("brokers refuse every message (INVALID_REQUIRED_ACKS)"),
            reason=say(
                "brokers know only 0, 1 and all; librdkafka passes {acks} on unchecked", acks=acks
            ),
            fix=say("Use acks = all."),
            edits=[Edit("set", setting.name, "all")],
        )


def _timeouts(effective: Effective) -> Iterator[Finding]:
    timeout = effective.integer("message.timeout.ms")
    if effective.text("transactional.id") and not effective.is_set("message.timeout.ms"):
        timeout = effective.integer("transaction.timeout.ms")
    linger = effective.number("linger.ms")
    setting = effective.setting("linger.ms")
    # librdkafka's first check knows message.timeout.ms before transactions lower it.
    plain = effective.integer("message.timeout.ms")
    too_long = any(limit != 0 and limit <= linger for limit in (timeout, plain))
    if setting and too_long:
        # Without any topic property librdkafka finds out only when the first message is produced.
        shorter = min(5, min(limit for limit in (timeout, plain) if limit != 0) - 1)
        finding = _refused(
            setting,
            "linger-message-timeout",
            say(
                "a message must live longer (message.timeout.ms is {timeout}) than it "
                "waits for its batch ({linger:g} ms)",
                timeout=timeout,
                linger=linger,
            ),
            say("Use a smaller linger.ms, such as {shorter}.", shorter=shorter),
            Edit("set", setting.name, str(shorter)),
        )
        if effective.sets_topic_property:
            yield finding
        else:
            yield about(
                setting,
                finding.rule,
                Severity.ERROR,
                effect=say("the producer is made, and fails with its first message"),
                reason=finding.reason,
                fix=finding.fix,
                edits=finding.edits,
            )
    request = effective.setting("request.timeout.ms")
    if request and timeout and effective.integer("request.timeout.ms") > timeout:
        yield about(
            request,
            "request-timeout",
            Severity.WARNING,
            effect=say("a message gives up before the broker does"),
            reason=say(
                "request.timeout.ms is above message.timeout.ms ({timeout})", timeout=timeout
            ),
            fix=say("Use at most {most}.", most=timeout),
            edits=[Edit("set", request.name, str(timeout))],
        )


def _sizes(effective: Effective) -> Iterator[Finding]:
    largest = effective.integer("message.max.bytes")
    setting = effective.setting("batch.size")
    if setting and effective.integer("batch.size") > largest:
        yield about(
            setting,
            "batch-size",
            Severity.WARNING,
            effect=say("batches end at {largest} bytes", largest=largest),
            reason=say("message.max.bytes bounds a request, and a batch is sent in one"),
            fix=say(
                "Use at most {largest}, or raise message.max.bytes (and the broker's).",
                largest=largest,
            ),
            edits=[Edit("set", setting.name, str(largest))],
        )
    setting = effective.setting("queue.buffering.max.kbytes")
    if setting and effective.integer("queue.buffering.max.kbytes") * 1024 < largest:
        yield about(
            setting,
            "queue-size",
            Severity.WARNING,
            effect=say("a large message never fits into the queue (BufferError)"),
            reason=say("message.max.bytes allows {largest} bytes", largest=largest),
            fix=say("Use at least {least}.", least=-(-largest // 1024)),
            edits=[Edit("set", setting.name, str(-(-largest // 1024)))],
        )
    setting = effective.setting("compression.level")
    codec = effective.word("compression.codec")
    if setting and codec in _LEVELS:
        low, high = _LEVELS[codec]
        level = effective.integer("compression.level")
        if level != -1 and not low <= level <= high:
            yield about(
                setting,
                "compression-level",
                Severity.WARNING,
                effect=say("the codec uses the nearest level that it has"),
                reason=say("{codec} knows levels {low} to {high}", codec=codec, low=low, high=high),
                fix=say("Take it out."),
                edits=[Edit("remove", setting.name)],
            )
    elif setting:
        yield about(
            setting,
            "compression-level",
            Severity.WARNING,
            effect=say("it does nothing"),
            reason=say("no compression.type is set"),
            fix=say("Set compression.type, or take this out."),
            edits=[Edit("remove", setting.name)],
        )
