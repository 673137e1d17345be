"""Stored evidence assessed again, with another prompt, model or thresholds."""
