"""The settings doctor: what a Kafka client's properties will do, before the client is made."""

from __future__ import annotations

from pipeline.kafka.doctor.examine import examine
from pipeline.kafka.doctor.findings import (
    Code,
    Edit,
    Finding,
    Role,
    Setting,
    Severity,
    Value,
    as_text,
)
from pipeline.kafka.doctor.table import Property, Table, is_secret, table

__all__ = [
    "Code",
    "Edit",
    "Finding",
    "Property",
    "Role",
    "Setting",
    "Severity",
    "Table",
    "Value",
    "as_text",
    "examine",
    "is_secret",
    "table",
]
