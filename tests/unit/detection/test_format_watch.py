"""What a stream's description tells of its pictures."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from pipeline.detection.sources import format_watch
from pipeline.detection.sources.format_watch import FormatWatch, ask_rtsp, video_format
from tests.support.thread_guard import no_thread_left

WAIT_S = 10.0

HEAD = "v=0\r\no=- {session} 1 IN IP4 127.0.0.1\r\ns=Stream\r\nt=0 0\r\n"
AUDIO = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=fmtp:97 config=1408\r\n"
H264 = (
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets};profile-level-id=42c016\r\n"
    "a=control:stream=0;id={session}\r\n"
)
H265 = (
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
    "a=fmtp:96 sprop-vps=QAE=; sprop-sps={sets}; sprop-pps=RAE=\r\n"
)
JPEG = "m=video 0 RTP/AVP 26\r\na=framerate:15\r\n"


def told(video: str, sets: str = "Z0I=", session: str = "1") -> tuple[str, ...]:
    return video_format((HEAD + AUDIO + video + AUDIO).format(sets=sets, session=session))


def test_only_what_is_of_the_pictures_counts() -> None:
    assert told(H264) == ("96 H264/90000", "sprop-parameter-sets=Z0I=")
    assert told(H264, session="2") == told(H264)
    assert told(H265) == ("96 H265/90000", "sprop-vps=QAE=", "sprop-sps=Z0I=", "sprop-pps=RAE=")


@pytest.mark.parametrize("video", [H264, H265])
def test_other_parameter_sets_are_other_pictures(video: str) -> None:
    assert told(video, sets="Z0LA") != told(video)


def test_the_size_in_words_counts() -> None:
    assert told(JPEG + "a=framesize:26 640-360\r\n") == ("26 640-360",)
    assert told(JPEG + "a=x-dimensions:640,360\r\n") == ("640,360",)


@pytest.mark.parametrize("description", ["", HEAD, HEAD + AUDIO, HEAD + JPEG, "\0m=video"])
def test_where_nothing_is_told_nothing_is_known(description: str) -> None:
    assert video_format(description) == ()


class Camera:
    """Answers each request with the next description; the last again and again."""

    def __init__(self, descriptions: Sequence[str]) -> None:
        self._descriptions = list(descriptions)
        self.asked = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/1"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                assert connection.recv(4096).startswith(b"DESCRIBE rtsp://")
                body = self._descriptions[0]
                if len(self._descriptions) > 1:
                    del self._descriptions[0]
                head = f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
            self.asked.release()

    def was_asked(self, times: int) -> bool:
        return all(self.asked.acquire(timeout=WAIT_S) for _ in range(times))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(format_watch, "ASK_AGAIN_S", 0.01)
    with no_thread_left():
        yield


SMALL, LARGE = (H264.format(sets=sets, session=1) for sets in ("Z0I=", "Z0LA"))
BARE = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


@pytest.mark.parametrize(
    ("descriptions", "changes"),
    [
        ([SMALL], False),
        ([SMALL, LARGE], True),
        ([SMALL, LARGE, SMALL], False),
        ([BARE, SMALL], False),
        ([SMALL, BARE, SMALL], False),
        ([BARE, SMALL, LARGE], True),
    ],
    ids=["the same", "another", "another once", "more is told", "less is told", "more, another"],
)
def test_a_change_is_what_is_told_twice_and_contradicts(
    descriptions: list[str], changes: bool
) -> None:
    camera = Camera(descriptions)
    watch = FormatWatch(partial(ask_rtsp, camera.address), 0.01)
    try:
        assert camera.was_asked(len(descriptions) + 1)
        # A change ends the watch; without one it goes on asking.
        assert changes or camera.was_asked(3)
        if changes:
            watch.join(WAIT_S)
        assert watch.has_changed is changes
    finally:
        watch.stop()
        camera.close()
