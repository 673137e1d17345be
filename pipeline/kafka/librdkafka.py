"""The C library inside confluent-kafka, for what its Python interface does not offer.

Used for two things: asking the library itself about a property, and running its mock cluster.
Prototypes after ``rdkafka.h`` and ``rdkafka_mock.h`` of librdkafka 2.16.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum
from functools import cache
from pathlib import Path

import confluent_kafka

ERROR_TEXT_BYTES = 512


class ConfResult(IntEnum):
    """What ``rd_kafka_conf_set`` answers. Its text may be stale: only the code counts."""

    UNKNOWN = -2
    INVALID = -1
    OK = 0


@cache
def library() -> ctypes.CDLL:
    """Return the shared library that the running confluent-kafka has loaded.

    Raises:
        OSError: the wheel holds none where its wheels hold it.
    """
    package = Path(confluent_kafka.__file__).parent
    folders = [package.parent / "confluent_kafka.libs", package.parent / "confluent_kafka.dylibs"]
    for folder in [*folders, package, package / ".dylibs"]:
        for path in sorted(folder.glob("*rdkafka*")):
            if "rdkafka++" not in path.name and path.suffix != ".pyd":
                return _with_prototypes(ctypes.CDLL(str(path)))
    raise OSError(f"librdkafka was not found beside {package}")


def _with_prototypes(lib: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, number, size = (
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_size_t,
    )
    prototypes: dict[str, tuple[object, list[object]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_destroy": (None, [pointer]),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, size]),
        "rd_kafka_new": (pointer, [number, pointer, text, size]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in prototypes.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return lib


def try_property(name: str, value: str) -> tuple[ConfResult, str]:
    """Ask the library whether it takes `value` for `name`; return its verdict and its words."""
    lib = library()
    conf = lib.rd_kafka_conf_new()
    try:
        words = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
        code = lib.rd_kafka_conf_set(conf, name.encode(), value.encode(), words, ERROR_TEXT_BYTES)
        return ConfResult(code), words.value.decode(errors="replace")
    finally:
        lib.rd_kafka_conf_destroy(conf)
