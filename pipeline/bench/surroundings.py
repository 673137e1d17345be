"""A process that holds what the scheduler works against: a Kafka broker and a model server.

    python -m pipeline.bench.surroundings PARTITIONS LATENCY_MS TOPIC...

Writes its addresses as one line of JSON, and ends when its standard input does. The model server
answers every chat completion after the latency; ``GET /moments`` tells when each request since the
last ``POST /begin`` came and was answered.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import Final

from aiohttp import web
from loguru import logger

from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.settings import KafkaSettings, TopicSettings

ANSWER: Final = json.dumps(
    {
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": json.dumps(
                        {
                            "results": [
                                {
                                    "riskLevel": "none",
                                    "confidence": 0.9,
                                    "riskTypes": [],
                                    "description": "Nothing to see to.",
                                    "dangerObjectCount": 0,
                                    "triggerObjectIds": [],
                                }
                            ]
                        }
                    ),
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 60},
    }
).encode()


class ModelServer:
    """Answers after `latency_s`, and keeps the time."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._begin()

    def _begin(self) -> None:
        self._came_s: list[float] = []
        self._answered_s: list[float] = []

    async def complete(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self._came_s.append(began_s)
        await request.read()
        await asyncio.sleep(began_s + self._latency_s - loop.time())
        self._answered_s.append(loop.time())
        return web.Response(body=ANSWER, content_type="application/json")

    async def begin(self, _: web.Request) -> web.Response:
        self._begin()
        return web.Response()

    async def moments(self, _: web.Request) -> web.Response:
        return web.json_response({"came_s": self._came_s, "answered_s": self._answered_s})


async def _serve(latency_s: float, bootstrap: str, ended: asyncio.Event) -> None:
    server = ModelServer(latency_s)
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/v1/chat/completions", server.complete)
    app.router.add_post("/begin", server.begin)
    app.router.add_get("/moments", server.moments)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    address = {"bootstrap": bootstrap, "url": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    sys.stdout.write(json.dumps(address) + "\n")
    sys.stdout.flush()
    await ended.wait()
    await runner.cleanup()


async def _until_input_ends(latency_s: float, bootstrap: str) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_end, daemon=True).start()
    await _serve(latency_s, bootstrap, ended)


def main(partitions: int, latency_ms: int, topics: list[str]) -> None:
    """Run until the standard input ends; `topics` are those of tasks and of results."""
    logger.remove()
    settings = KafkaSettings(
        mode="cluster",
        bootstrap_servers="to be known",
        partitions=partitions,
        topics=TopicSettings(assessment_tasks=topics[0], risk_assessment_results=topics[1]),
    )
    broker = EmbeddedBroker(settings)
    try:
        asyncio.run(_until_input_ends(latency_ms / 1000, broker.bootstrap_servers))
    finally:
        broker.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
