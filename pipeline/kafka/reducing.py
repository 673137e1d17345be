"""What is sent in the place of a message that the broker finds too large; it is told and counted."""

from __future__ import annotations

from pipeline.kafka.condition import QuietLog
from pipeline.kafka.dead_letters import CUT_BYTES, DeadLetter
from pipeline.kafka.sending import Sending
from pipeline.telemetry import WorkerTelemetry


def reduced(sending: Sending, log: QuietLog, telemetry: WorkerTelemetry) -> Sending | None:
    """Return the next smaller form of a message; None when it has none.

    Args:
        sending: found too large.
        log: takes what happens, for people.
        telemetry: counts each message once, however often it becomes smaller; no dead letters.
    """
    smaller = sending.reduced()
    if smaller is None:
        return None
    if isinstance(sending, DeadLetter):
        log.write(
            "WARNING",
            f"too large for {sending.topic}",
            f"a dead letter of {sending.size} bytes is too large for {sending.topic} and is cut to "
            f"its first {CUT_BYTES} bytes; raise max.message.bytes of the topic",
        )
        return smaller
    if not sending.is_reduced:
        telemetry.count("reduced")
    log.write(
        "WARNING",
        f"too large for {sending.topic}",
        f"a message of {sending.size} bytes is too large for {sending.topic} and is sent "
        f"{'with a smaller' if smaller.shrink else 'without its'} picture; raise "
        "max.message.bytes of the topic, or lower detection.evidence_max_bytes",
    )
    return smaller
