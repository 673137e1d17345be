"""Captures that end with their test, and a stream for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pipeline.detection.sources import Reader, open_source
from pipeline.settings_cameras import CameraSettings
from tests.support.captures import Rig, StreamServer


@pytest.fixture
def start() -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(
        settings: CameraSettings, open_reader: Callable[[CameraSettings], Reader] = open_source
    ) -> Rig:
        rig = Rig(settings, open_reader)
        rigs.append(rig)
        rig.capture.start()
        return rig

    yield make
    for rig in rigs:
        rig.stop()


@pytest.fixture
def stream() -> Iterator[StreamServer]:
    server = StreamServer()
    yield server
    server.close()
