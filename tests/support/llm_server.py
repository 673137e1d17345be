"""A real HTTP server that speaks chat completions, and misbehaves on command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

START_TIMEOUT_S = 10.0
HUGE_BYTES = 10_000_000
HANG_S = 3600.0

VERDICT: Final[dict[str, Any]] = {
    "riskLevel": "medium",
    "confidence": 0.7,
    "riskTypes": ["vehicle-pedestrian-conflict"],
    "description": "A car nears a person.",
    "dangerObjectCount": 2,
    "triggerObjectIds": [7, 8],
}

FAULTS: Final = (
    "429",
    "429-retry-after",
    "500",
    "slow",
    "hang",
    "drop",
    "invalid-json",
    "prose",
    "schema-violation",
    "huge",
    "wrong-type",
    "nonsense",
)
"""What may happen to any request; what stays true of a key or server is commanded by name."""


@dataclass
class Seen:
    """One request as the server saw it."""

    at_s: float
    key: str
    body: dict[str, Any]
    path: str


@dataclass
class LlmServer:
    """A server on a port of its own.

    Attributes:
        behaviour: what happens when nothing is commanded; may choose by the request's body.
        commands: what happens to the next requests, in their order.
        bad_keys: answered with 401.
        key_behaviour: what happens to requests of a key.
        slow_s: how long ``slow`` takes.
        latency_s: how long every good answer takes.
        seen: requests so far; not kept while `keeps` is off.
        most_under_way: requests at once, at the worst.
    """

    port: int = 0
    behaviour: Callable[[], str] = lambda: "ok"
    commands: deque[str] = field(default_factory=deque)
    bad_keys: set[str] = field(default_factory=set)
    key_behaviour: dict[str, str] = field(default_factory=dict)
    slow_s: float = 0.3
    latency_s: float = 0.0
    verdict: dict[str, Any] = field(default_factory=lambda: dict(VERDICT))
    keeps: bool = True
    seen: list[Seen] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    most_under_way: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def command(self, *names: str) -> None:
        """Have these happen to the next requests."""
        self.commands.extend(names)

    # ------------------------------------------------------------------ serving
    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self._serve(request)
        finally:
            self.under_way -= 1

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = key or request.headers.get("api-key", "")
        if self.keeps:
            now_s = asyncio.get_running_loop().time()
            self.seen.append(Seen(now_s, key, body, request.path_qs))
        if key in self.bad_keys:
            self.counts["401"] += 1
            # As some servers do: the key comes back in the words.
            return _error(401, f"Incorrect API key provided: {key}.")
        name = self.commands.popleft() if self.commands else self.key_behaviour.get(key, "")
        name = name or self.behaviour()
        self.counts[name] += 1
        return await self._answer(name, request, body, key)

    async def _answer(
        self, name: str, request: web.Request, body: dict[str, Any], key: str
    ) -> web.StreamResponse:
        match name:
            case "ok":
                await asyncio.sleep(self.latency_s)
            case "slow":
                await asyncio.sleep(self.slow_s)
            case "hang":
                await asyncio.sleep(HANG_S)
            case "drop":
                return await _drop(request)
            case "huge":
                return await _huge(request, self.counts)
            case "refuses-schema" if "response_format" in body:
                return _error(400, "response_format is not supported")
            case "redirect":
                raise web.HTTPFound("http://127.0.0.1:9/elsewhere")
            case "refuses-schema":
                pass
            case _:
                return _wrong(name, self.verdict, key)
        return _completion(json.dumps({"results": [self.verdict]}))


def _wrong(name: str, verdict: dict[str, Any], key: str) -> web.Response:
    """Return an answer that is wrong, or at least unusual, in itself."""
    match name:
        case "429":
            return _error(429, "Rate limit reached.")
        case "429-retry-after":
            return _error(429, "Rate limit reached.", {"Retry-After": "1"})
        case "invalid-json":
            return web.Response(text='{"choices": [{', content_type="application/json")
        case "prose":
            text = json.dumps(verdict, indent=1)
            return _completion(f"Surely! Here is what I {{think}}:\n```json\n{text}\n```\nBye.")
        case "schema-violation":
            return _completion(json.dumps({"results": [verdict | {"confidence": 85}]}))
        case "nonsense":
            return _completion(f"The {key} weather is fine. sk-abcdefgh12345")
        case "wrong-type":
            return web.Response(text="<html>Log in to the network</html>", content_type="text/html")
        case "empty":
            return web.json_response({"choices": []})
        case "refusal":
            message = {"role": "assistant", "content": None, "refusal": "I cannot help."}
            return web.json_response({"choices": [{"message": message}]})
        case "cut":
            return _completion('{"results": [{"riskLevel": "hi', finish="length")
    return _error(int(name), f"Error {name} with {key}")


def _completion(text: str, finish: str = "stop") -> web.Response:
    return web.json_response(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "test",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": finish,
                }
            ],
            "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
        }
    )


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": words}}, status=status, headers=headers)


async def _drop(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = 500
    await response.prepare(request)
    await response.write(b'{"choices": [{"message"')
    if request.transport is not None:
        request.transport.abort()
    return response


async def _huge(request: web.Request, counts: Counter[str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    # Whoever asked is right to hang up in the middle.
    with contextlib.suppress(ConnectionResetError):
        await response.write(b'{"choices": [{"message": {"content": "')
        for _ in range(HUGE_BYTES // 100_000):
            await response.write(b"x" * 100_000)
        await response.write(b'"}}]}')
        counts["huge to its end"] += 1
    return response


def random_faults(share: float, seed: int) -> Callable[[], str]:
    """Return a behaviour in which that share of the requests meets a fault of any kind."""
    chance = random.Random(seed)

    def choose() -> str:
        return chance.choice(FAULTS) if chance.random() < share else "ok"

    return choose


@contextmanager
def llm_server() -> Iterator[LlmServer]:
    """Give a server that runs in a thread of its own; ends it after, with what hangs."""
    server = LlmServer()
    started = threading.Event()
    loop = asyncio.new_event_loop()

    async def run(stop: asyncio.Event) -> None:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/{path:.*}", server.serve)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        started.set()
        await stop.wait()
        await runner.cleanup()

    stop = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(run(stop)), name="llm-server", daemon=True
    )
    thread.start()
    assert started.wait(START_TIMEOUT_S), "the server does not start"
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_TIMEOUT_S)
        loop.close()
