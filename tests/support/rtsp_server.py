"""A real RTSP server (GStreamer's), run by the system's Python, which has its bindings.

    /usr/bin/python3 tests/support/rtsp_server.py --port 8554 [--codec h264] [--size 320x180]

Prints ``ready`` once it listens. Each line ``size 640x360`` on its standard input changes the size
of the pictures in mid-stream; it ends when the input does. Kept to what Python 3.9 knows, and to
the standard library beside GStreamer.
"""

from __future__ import annotations

import argparse
import sys
import threading
from typing import Any

import gi  # type: ignore[import-not-found, unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtspServer  # type: ignore[import-not-found, unused-ignore] # noqa: E402

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} bitrate=500 "
    "! rtph264pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def caps_text(size: str, fps: int) -> str:
    width, height = size.split("x")
    return f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"


class Server:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self._fps = arguments.fps
        self._size = arguments.size
        self._filters: list[Any] = []
        server = GstRtspServer.RTSPServer()
        server.set_address("127.0.0.1")
        server.set_service(str(arguments.port))
        factory = GstRtspServer.RTSPMediaFactory()
        encoder = ENCODERS[arguments.codec].format(fps=self._fps)
        factory.set_launch(
            "( videotestsrc is-live=true pattern=ball ! videoconvert ! videoscale "
            f"! capsfilter name=size caps={caps_text(self._size, self._fps)} ! {encoder} )"
        )
        factory.set_shared(True)
        factory.connect("media-configure", self._on_media)
        if arguments.user or arguments.certificate:
            self._protect(server, factory, arguments)
        server.get_mount_points().add_factory("/street", factory)
        server.attach(None)
        self._server = server

    def _protect(self, server: Any, factory: Any, arguments: argparse.Namespace) -> None:
        auth = GstRtspServer.RTSPAuth()
        if arguments.certificate:
            auth.set_tls_certificate(
                Gio.TlsCertificate.new_from_files(arguments.certificate, arguments.key)
            )
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if not arguments.user:
            auth.set_default_token(token)
        elif arguments.login == "basic":
            auth.set_supported_methods(1)
            basic = GstRtspServer.RTSPAuth.make_basic(arguments.user, arguments.password)
            auth.add_basic(basic, token)
        else:
            auth.set_supported_methods(2)
            auth.add_digest(arguments.user, arguments.password, token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)

    def _on_media(self, _factory: Any, media: Any) -> None:
        found = media.get_element().get_by_name("size")
        found.set_property("caps", Gst.Caps.from_string(caps_text(self._size, self._fps)))
        self._filters.append(found)

    def resize(self, size: str) -> None:
        self._size = size
        for found in self._filters:
            found.set_property("caps", Gst.Caps.from_string(caps_text(size, self._fps)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--codec", choices=sorted(ENCODERS), default="h264")
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--certificate", default="", help="PEM; the server speaks TLS then")
    parser.add_argument("--key", default="", help="PEM of the certificate's key")
    parser.add_argument("--login", choices=["digest", "basic"], default="digest")
    Gst.init(None)
    server = Server(parser.parse_args())
    loop = GLib.MainLoop()

    def follow() -> None:
        for line in sys.stdin:
            words = line.split()
            if words[:1] == ["size"]:
                GLib.idle_add(server.resize, words[1])
        loop.quit()

    threading.Thread(target=follow, daemon=True).start()
    print("ready", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
