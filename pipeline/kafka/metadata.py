"""What a cluster tells of itself and of our topics, as a table for support."""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaException

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.errors import KafkaSettingsError

TIMEOUT_S: Final = 5.0


def cluster_table(kafka: KafkaAccess) -> dict[str, Any]:
    """Return brokers and topics, or why they cannot be had; blocks for `TIMEOUT_S` at most."""
    try:
        found = kafka.admin().list_topics(timeout=TIMEOUT_S)
    except (KafkaException, KafkaSettingsError) as error:
        return {"bootstrapServers": kafka.bootstrap_servers, "error": str(error)}
    ours = set(kafka.settings.topics.model_dump().values())
    return {
        "bootstrapServers": kafka.bootstrap_servers,
        "clusterId": found.cluster_id,
        "brokers": {
            str(broker.id): f"{broker.host}:{broker.port}" for broker in found.brokers.values()
        },
        "topics": {
            name: {
                str(partition.id): {
                    "leader": partition.leader,
                    "replicas": list(partition.replicas),
                    "inSync": list(partition.isrs),
                    "error": str(partition.error) if partition.error else None,
                }
                for partition in topic.partitions.values()
            }
            for name, topic in sorted(found.topics.items())
            if any(name.startswith(each) for each in ours)
        },
    }
