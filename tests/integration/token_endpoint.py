"""An OAuth 2 server of the tests: gives tokens to one client that shows its secret (RFC 6749, 4.4)."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs

LIFETIME_S = 300


class TokenEndpoint:
    """Listens while it is open.

    Attributes:
        url: where tokens are asked for.
        asked: times that somebody asked, in vain or not.
    """

    def __init__(self, client_id: str, secret: str) -> None:
        self.asked = 0
        self._wanted = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._client_id = client_id
        self._given: set[str] = set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                grant = parse_qs(body).get("grant_type")
                shown = self.headers.get("Authorization", "").removeprefix("Basic ")
                if grant != ["client_credentials"] or shown != endpoint._wanted:
                    self._answer(401, {"error": "invalid_client"})
                    return
                token = endpoint._make_token()
                self._answer(200, {"access_token": token, "expires_in": LIFETIME_S})

            def _answer(self, status: int, content: dict[str, object]) -> None:
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base names it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def is_token(self, token: str) -> bool:
        """Return whether a token is one that was given here."""
        return token in self._given

    def _make_token(self) -> str:
        # A JSON Web Token (RFC 7519); librdkafka reads who it is for and how long it holds.
        now_s = int(time.time())
        claims = {"sub": self._client_id, "iat": now_s, "exp": now_s + LIFETIME_S}
        parts = [{"alg": "none", "typ": "JWT"}, claims, {"number": len(self._given)}]
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in parts
        )
        self._given.add(token)
        return token

    def __enter__(self) -> TokenEndpoint:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
