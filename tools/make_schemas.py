"""Makes resources/schemas/*.json, the JSON Schema of every topic, from pipeline/messages.py.

    python -m tools.make_schemas [--output FOLDER]

A test fails while the files in resources/ are not what this makes.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    RiskAlert,
    RiskAssessmentResult,
)
from pipeline.picture import Picture

OUTPUT: Final = Path(__file__).resolve().parent.parent / "resources" / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

TOPICS: Final[dict[str, type[Struct]]] = {
    "detection-results": DetectionResult,
    "assessment-tasks": AssessmentTask,
    "risk-assessment-results": RiskAssessmentResult,
    "risk-alerts": RiskAlert,
}
"""Message of each topic, under the topic's default name."""


def schema(kind: type[Struct]) -> dict[str, Any]:
    """Return the JSON Schema of one message; it refers to nothing outside itself."""
    (reference,), definitions = msgspec.json.schema_components(
        [kind], schema_hook=_of_picture, ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": DIALECT,
        **reference,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _of_picture(kind: type) -> dict[str, Any]:
    if kind is Picture:
        return {"type": "string", "contentEncoding": "base64"}
    raise NotImplementedError(f"{kind.__name__} has no schema")


def render(kind: type[Struct]) -> str:
    """Return the text of a schema file."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for topic, kind in TOPICS.items():
        path = folder / f"{topic}.json"
        path.write_text(render(kind), encoding="utf-8", newline="\n")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
