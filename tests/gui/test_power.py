"""Windows' messages about sleep, as the window gets them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from console import power
from console.controller import PipelineController
from console.power import (
    MESSAGE_TYPE,
    PBT_APMRESUMEAUTOMATIC,
    PBT_APMSUSPEND,
    WM_POWERBROADCAST,
    Message,
    PowerWatch,
)
from pipeline.settings import demo_settings
from pipeline.telemetry import TelemetryHub

PBT_APMPOWERSTATUSCHANGE = 0x000A
WM_PAINT = 0x000F


class Heard:
    """A watch, and what it told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.watch = PowerWatch()
        self.watch.going_to_sleep.connect(lambda: self.told.append("sleep"))
        self.watch.awoke.connect(lambda: self.told.append("awake"))

    def send(self, what: int, message: int = WM_POWERBROADCAST, kind: bytes = MESSAGE_TYPE) -> None:
        """Give it a message as Qt does, by address."""
        sent = Message(int(self.watch.winId()), message, what, 0)
        answer = self.watch.nativeEvent(QByteArray(kind), ctypes.addressof(sent))
        assert answer == (False, 0), "the message belongs to others, too"


@pytest.fixture
def heard(qtbot: QtBot) -> Iterator[Heard]:
    made = Heard()
    yield made
    made.watch.release()


def test_the_structure_is_laid_out_as_windows_does() -> None:
    offsets = [getattr(Message, name).offset for name, *_ in Message._fields_]
    assert offsets == [0, 8, 16, 24]


def test_sleep_and_waking_are_told(heard: Heard) -> None:
    heard.send(PBT_APMSUSPEND)
    heard.send(PBT_APMRESUMEAUTOMATIC)
    assert heard.told == ["sleep", "awake"]
    assert not heard.watch.isVisible()


def test_what_is_sent_twice_is_told_once(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "SAME_S", 60.0)
    for what in (PBT_APMSUSPEND, PBT_APMSUSPEND, PBT_APMRESUMEAUTOMATIC, PBT_APMRESUMEAUTOMATIC):
        heard.send(what)
    assert heard.told == ["sleep", "awake"]
    monkeypatch.setattr(power, "SAME_S", 0.0)
    heard.send(PBT_APMRESUMEAUTOMATIC)
    assert heard.told == ["sleep", "awake", "awake"], "one that is not told of before happens, too"


def test_other_messages_say_nothing(heard: Heard) -> None:
    heard.send(PBT_APMPOWERSTATUSCHANGE)
    heard.send(PBT_APMSUSPEND, message=WM_PAINT)
    heard.send(PBT_APMSUSPEND, kind=b"xcb_generic_event_t")
    assert heard.told == []


def test_the_open_pipeline_hears_of_it(heard: Heard, qtbot: QtBot) -> None:
    controller = PipelineController(demo_settings(), TelemetryHub())
    heard.watch.going_to_sleep.connect(controller.rest)
    heard.watch.awoke.connect(controller.wake)
    heard.send(PBT_APMSUSPEND)  # before there is a pipeline: nothing to tell
    controller.open()
    qtbot.waitUntil(lambda: controller.session is not None, timeout=30_000)
    session = controller.session
    assert session is not None
    heard.send(PBT_APMRESUMEAUTOMATIC)
    heard.send(PBT_APMSUSPEND)
    assert session.power.is_resting
    assert session.power.wakes == 1
    assert controller.wait_until_closed()
    controller.deleteLater()
