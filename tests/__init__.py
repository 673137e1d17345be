"""The tests; a package so that helpers in ``tests.support`` can be imported by name."""

from __future__ import annotations
