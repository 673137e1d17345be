"""The streaming pipeline: four workers over Kafka. Knows nothing of Qt."""

from __future__ import annotations

import os

# ONNX Runtime's official Linux builds (1.29 and later) send usage data to their maker unless told
# otherwise before they are imported. Nothing leaves a user's machine unasked.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
