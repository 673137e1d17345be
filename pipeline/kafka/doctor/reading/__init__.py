"""Reads client settings from files of several kinds; nothing in them is ever executed."""

from __future__ import annotations

from pipeline.kafka.doctor.reading.files import ClientSettings, ReadError, read_clients

__all__ = ["ClientSettings", "ReadError", "read_clients"]
