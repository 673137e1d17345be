"""What a stream's description tells of its pictures."""

from __future__ import annotations

import pytest

from pipeline.detection.sources.format_watch import video_format

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
