"""The parts that all instances share: health, a request log, and injected faults.

    GET  /health      {"status", "service", "instance", "pid"}
    GET  /_log        {"requests", "bytes", "entries"} since the last reset
    POST /_log/reset
    POST /_fault      {"mode": "none" | "slow" | "fail" | "hang", "delay_s": 1.0}

A fault affects the responses of the service and not /health, so that the gateway has to
detect it in its traffic. Each request is one JSON line on stdout.
"""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import orjson

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

Mode: TypeAlias = Literal["none", "slow", "fail", "hang"]
MODES: tuple[Mode, ...] = ("none", "slow", "fail", "hang")

KEPT_ENTRIES = 2000
LOGGED_HEADERS = {
    b"x-request-id": "request_id",
    b"x-client-type": "client_type",
    b"traceparent": "traceparent",
    b"forwarded": "forwarded",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An injected fault; `slow` adds `delay_s` to each response."""

    mode: Mode = "none"
    delay_s: float = 1.0


@dataclass(slots=True)
class AccessLog:
    """The requests since the last reset: totals, and the latest entries."""

    requests: int = 0
    answered_bytes: int = 0
    entries: deque[dict[str, Any]] = field(
        default_factory=lambda: deque(maxlen=KEPT_ENTRIES)
    )

    def add(self, entry: dict[str, Any]) -> None:
        self.requests += 1
        self.answered_bytes += entry["bytes"]
        self.entries.append(entry)
        sys.stdout.buffer.write(orjson.dumps(entry) + b"\n")
        sys.stdout.buffer.flush()

    def summary(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "bytes": self.answered_bytes,
            "entries": list(self.entries),
        }


class Instance:
    """Return an ASGI app that runs `app` as the instance `name`, with log and faults.

    `app` may set `scope["asked"]` to a description of the request for the log (the
    GraphQL services set the query and its variables). The log has no health checks and
    no requests for the SDL, which gateways repeat.
    """

    def __init__(self, service: str, name: str, app: ASGIApp) -> None:
        self._service = service
        self._name = name
        self._app = app
        self._log = AccessLog()
        self._fault = Fault()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "uvicorn runs without lifespan and websockets"
        match scope["method"], scope["path"]:
            case "GET", "/health":
                await send_json(send, 200, self._health())
            case "GET", "/_log":
                await send_json(send, 200, self._log.summary())
            case "POST", "/_log/reset":
                self._log = AccessLog()
                await send_json(send, 200, {})
            case "POST", "/_fault":
                await self._set_fault(receive, send)
            case _:
                await self._answer(scope, receive, send)

    def _health(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "service": self._service,
            "instance": self._name,
            "pid": os.getpid(),
        }

    async def _set_fault(self, receive: Receive, send: Send) -> None:
        try:
            self._fault = decode_fault(await read_body(receive))
        except ValueError as error:
            await send_json(send, 400, {"error": str(error)})
            return
        await send_json(send, 200, {"mode": self._fault.mode})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Counted(send)
        scope["asked"] = {}
        started = time.perf_counter()
        match self._fault.mode:
            case "hang":
                await client_left(receive)
                return
            case "fail":
                await send_json(answer, 500, {"error": "injected failure"})
            case "slow":
                await asyncio.sleep(self._fault.delay_s)
                await self._app(scope, receive, answer)
            case "none":
                await self._app(scope, receive, answer)
        if "_service" not in scope["asked"].get("query", ""):
            self._log.add(self._entry(scope, answer, time.perf_counter() - started))

    def _entry(self, scope: Scope, answer: "Counted", took_s: float) -> dict[str, Any]:
        query = scope["query_string"].decode("latin-1")
        headers = {
            LOGGED_HEADERS[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in LOGGED_HEADERS
        }
        return {
            "instance": self._name,
            "method": scope["method"],
            "path": scope["path"] + (f"?{query}" if query else ""),
            "status": answer.status,
            "bytes": answer.body_bytes,
            "ms": round(took_s * 1000, 2),
            **headers,
            **scope["asked"],
        }


class Counted:
    """A `send` that records the status and the size of the response."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.body_bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body_bytes += len(message.get("body", b""))
        await self._send(message)


def decode_fault(body: bytes) -> Fault:
    """Return the fault in `body`; raises ValueError if it is not valid."""
    told = orjson.loads(body)
    if not isinstance(told, dict) or told.get("mode") not in MODES:
        message = f"mode must be one of {', '.join(MODES)}"
        raise ValueError(message)
    return Fault(mode=told["mode"], delay_s=float(told.get("delay_s", 1.0)))


async def read_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_json(
    send: Send, status: int, value: object, cache_control: bytes = b"no-store"
) -> None:
    await send_body(send, status, orjson.dumps(value), cache_control)


async def send_body(send: Send, status: int, body: bytes, cache_control: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", cache_control),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
