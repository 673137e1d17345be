"""The streaming pipeline: four workers over Kafka. Knows nothing of Qt."""

from __future__ import annotations

__version__ = "0.1.0"
