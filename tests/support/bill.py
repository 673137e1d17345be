"""A bill of materials against the schema that CycloneDX publishes."""

from __future__ import annotations

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def bill_errors(text: str) -> str | None:
    """Return what of a CycloneDX 1.6 bill in JSON breaks the schema; None if it keeps it."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if error is None else str(error)
