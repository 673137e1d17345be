"""Why a stream does not open: addresses taken apart, and answers of real sockets understood."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.sources import follows_size
from pipeline.detection.sources.address import split_address
from pipeline.detection.sources.network import why_not
from pipeline.detection.sources.rtsp import authorization

Serve = Callable[[str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer each connection with a fixed text; return host and port."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def begin(answer: str) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    if connection.recv(4096):
                        connection.sendall(answer.encode())

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield begin
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", "cannot be decoded as video"),
        ("RTSP/1.0 401 Unauthorized\r\n\r\n", "rtsp://USER:PASSWORD@127.0.0.1/…"),
        ("RTSP/1.0 403 Forbidden\r\n\r\n", "may not see the stream"),
        ("RTSP/1.0 404 Not Found\r\n\r\n", "has no stream at /live/1;"),
        ("RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n", "is busy (453)"),
        ("RTSP/1.0 500 Oops\r\n\r\n", "answers with status 500"),
        ("HTTP/1.1 200 OK\r\n\r\n", "does not answer as a camera"),
        ("\x00\xff\r\n\r\n", "does not answer as a camera"),
        ("", "does not answer as a camera"),
    ],
)
def test_what_a_server_answers_is_put_into_words(serve: Serve, answer: str, cause: str) -> None:
    assert cause in why_not(f"rtsp://{serve(answer)}/live/1")


def test_a_web_page_is_told_from_a_stream(serve: Serve) -> None:
    page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
    assert "leads to a web page" in why_not(f"http://{serve(page)}/")


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("rtsp://camera.invalid/1", "the name camera.invalid is not known"),
        ("rtsp://", "the address is not complete"),
        ("rtsp://host:99999/1", "the address is not complete"),
        ("http://127.0.0.1:9/", "nothing listens at 127.0.0.1, port 9"),
        ("udp://@:1234", "nothing arrives"),
    ],
)
def test_what_cannot_be_reached_is_told_apart(address: str, cause: str) -> None:
    assert cause in why_not(address)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"], exclude_characters="/%")),
)
def test_a_login_is_taken_out_of_the_address_whatever_the_password(user: str, word: str) -> None:
    target = split_address(f"rtsp://{user}:{word}@10.0.0.7:8554/a/b?c=d")
    assert target is not None
    assert (target.user, target.password) == (user, word)
    assert target.bare == "rtsp://10.0.0.7:8554/a/b?c=d"
    assert (target.host, target.port, target.path) == ("10.0.0.7", 8554, "/a/b")


def test_the_answer_to_a_digest_challenge_is_that_of_rfc_2617() -> None:
    target = split_address("rtsp://joe:pw@h/s")
    assert target is not None
    line = authorization(target, ['Basic realm="c"', 'Digest realm="cam", nonce="n1", opaque="o"'])

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    expected = md5(f"{md5('joe:cam:pw')}:n1:{md5('DESCRIBE:rtsp://h/s')}")
    assert f'response="{expected}"' in line
    assert 'opaque="o"' in line
    assert "pw" not in line


def test_without_a_digest_offer_the_basic_scheme_is_used() -> None:
    target = split_address("rtsp://joe:p%40w@h/s")
    assert target is not None
    line = authorization(target, ['Basic realm="c"'])
    assert line == f"Authorization: Basic {base64.b64encode(b'joe:p@w').decode()}\r\n"


@pytest.mark.parametrize(
    ("source", "follows"),
    [
        ("udp://0.0.0.0:5000", False),
        ("udp://@:5000", False),
        ("udp://@239.1.2.3:5000", True),
        ("udp://[ff02::1]:5000", True),
        ("rtmp://10.0.0.1/live", True),
        ("demo", True),
    ],
)
def test_only_video_sent_to_one_port_is_not_followed(source: str, follows: bool) -> None:
    assert follows_size(source) is follows
