"""Measures the window: under load, at its start, and with a million log lines."""
