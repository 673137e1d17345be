"""Everything about Kafka: clients, delivery, lag, the embedded broker.

`KafkaAccess` is what a worker is given. Nothing else in Signalbox makes a Kafka client.
"""

from __future__ import annotations

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.errors import KafkaSettingsError, KafkaUnavailableError

__all__ = ["KafkaAccess", "KafkaSettingsError", "KafkaUnavailableError"]
