"""Whether a frame may go to the model: only what can be published is detected."""

from __future__ import annotations

from typing import Final

from pipeline.detection.frames import CapturedFrame
from pipeline.kafka.producer import ReliableProducer
from pipeline.texts import say
from pipeline.worker import WorkerContext

NO_ROOM_PAUSE_S: Final = 0.1
NO_ROOM: Final = "no room"


class Admission:
    """Admits frames while the machine is awake and the broker has room for their results.

    Apart from the worker's loop, which holds the line of frames that asks it: so neither keeps the
    other, with its model and its Kafka client, until the garbage collector comes.

    Args:
        context: the worker's.
        producer: asked for room.
        topic: where results go.
    """

    def __init__(self, context: WorkerContext, producer: ReliableProducer, topic: str) -> None:
        self._context = context
        self._producer = producer
        self._topic = topic
        self._has_room = True

    def __call__(self, frame: CapturedFrame) -> bool:
        """Whether `frame` may be detected; waits a little and counts it as skipped if not."""
        telemetry = self._context.telemetry
        # What is promised while at rest might be sent only after the sleep, if at all.
        if not self._context.power.is_resting:
            if self._producer.room(self._topic, frame.camera_id):
                if not self._has_room:
                    self._has_room = True
                    telemetry.recover(NO_ROOM)
                return True
            if self._has_room:
                self._has_room = False
                telemetry.degrade(
                    NO_ROOM, say("the broker has no room for more results; frames are skipped")
                )
        telemetry.count("frames_skipped")
        self._context.stop.wait(NO_ROOM_PAUSE_S)
        return False
