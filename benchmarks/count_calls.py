"""How many Python functions does a warm GraphQL request call, and in which files?

A gateway in this thread serves one façade over one service; client and service are
threads with blocking sockets. The request is light: one fetch of one object, planned
before, sent to the service each time. Counted are the calls of our own functions
(`sys.setprofile`), methods that dataclasses generate included, from the arrival of the
request's bytes to the last write of its response, and to the end of its work. A
coroutine counts once, however often it is resumed. The standard library and other
packages do not count. The opcodes that these functions execute are counted in a second
run (`sys.settrace`). A count does not depend on the speed of the machine. Timers add to
some requests, so that the least of several is taken.

Commit e4d00e9 had 235 calls to the last write. With `--unshared`, neither the calls to
the service nor the queries of clients are shared, as for different users.

    python -m benchmarks.count_calls [--calls] [--unshared]
"""

import argparse
import asyncio
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from dis import get_instructions
from functools import cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

import uvloop

from benchmarks.count_opcodes import Trace
from weir.bffs.app import App
from weir.bffs.config.stores.file import FileStore
from weir.gateway.clock import SystemClock
from weir.gateway.server.address import Address
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import Listener, bind
from weir.gateway.server.process.readiness import Readiness
from weir.resolvers.execute.compiled.compiling import FILE_NAME

SDL = """
type Query { topProducts: [Product!]! }
type Product { upc: ID! name: String price: Int }
"""
QUERY = "{ topProducts { upc name price } }"
PRODUCT = {"upc": "1", "name": "Table", "price": 899}
REPLY = json.dumps({"data": {"topProducts": [PRODUCT]}}).encode()
CONFIG = {
    "server": {"compression": False},
    "subgraphs": {"products": {"upstream": "products", "sdl": "products.graphql"}},
    "facades": {"web": {"path": "/web"}},
}
WARM_UP = 30
COUNTED = 20
# Between requests, so that the work after a response is not taken for the next one's.
PAUSE_S = 0.01
ROOT = Path(__file__).resolve().parent.parent
OURS = tuple(f"{ROOT}/weir/{package}/" for package in ("bffs", "gateway", "resolvers"))
GENERATED = ("<string>", FILE_NAME)
RESUMABLE = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR

T = TypeVar("T")


@dataclass(frozen=True)
class Count:
    """The calls of one request, up to the last write and in all, in order."""

    to_last_write: int
    calls: tuple[CodeType, ...]

    @property
    def in_all(self) -> int:
        return len(self.calls)

    @property
    def moves(self) -> int:
        """How often a call is in another file than the one before."""
        files = [
            code.co_filename
            for code in self.calls[: self.to_last_write]
            if code.co_filename not in GENERATED
        ]
        return sum(a != b for a, b in pairwise(files))

    @property
    def files(self) -> int:
        return len({code.co_filename for code in self.calls[: self.to_last_write]})


class Profile:
    """The calls since the last request arrived; profiles the thread that starts it."""

    def __init__(self) -> None:
        self.counts: list[Count] = []
        self._calls: list[CodeType] = []
        self._written = 0

    def start(self) -> None:
        sys.setprofile(self._note)

    def arrived(self) -> None:
        """Begin with a request; the one before has ended."""
        if self._written:
            self.counts.append(Count(self._written, tuple(self._calls)))
        self._calls.clear()
        self._written = 0

    def written(self) -> None:
        self._written = len(self._calls)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        resumed = code.co_flags & RESUMABLE and frame.f_lasti > first_resume(code)
        if code.co_filename.startswith((*OURS, *GENERATED)) and not resumed:
            self._calls.append(code)


@cache
def first_resume(code: CodeType) -> int:
    """Return where the body of a generator or coroutine begins.

    A call before it is the one that starts it; variables of closures are made earlier.
    """
    return next(
        each.offset for each in get_instructions(code) if each.opname == "RESUME"
    )


class OpcodeProfile(Profile):
    """The opcodes since the last request arrived, instead of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.opcodes: list[int] = []
        self._opcodes = 0

    def start(self) -> None:
        sys.settrace(self._enter)

    def arrived(self) -> None:
        if self._opcodes:
            self.opcodes.append(self._opcodes)
        self._opcodes = 0

    def _enter(self, frame: FrameType, event: str, _: object) -> Trace | None:
        del event
        if not frame.f_code.co_filename.startswith((*OURS, *GENERATED)):
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._count

    def _count(self, _: FrameType, event: str, __: object) -> Trace:
        if event == "opcode":
            self._opcodes += 1
        return self._count


class MarkedTransport:
    """The transport of a client's connection; notes when it is written to."""

    def __init__(self, transport: asyncio.Transport, profile: Profile) -> None:
        self._transport = transport
        self._profile = profile

    def write(self, data: bytes) -> None:
        self._profile.written()
        self._transport.write(data)

    def writelines(self, chunks: list[bytes]) -> None:
        self._profile.written()
        self._transport.writelines(chunks)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class MarkedProtocol(asyncio.Protocol):
    """A client's connection; notes when a request arrives."""

    def __init__(self, protocol: Any, profile: Profile) -> None:
        self._protocol = protocol
        self._profile = profile

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        marked: Any = transport
        self._protocol.connection_made(MarkedTransport(marked, self._profile))

    def data_received(self, data: bytes) -> None:
        self._profile.arrived()
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        kept_open: bool | None = self._protocol.eof_received()
        return kept_open

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)


class ProfiledLoop(uvloop.Loop):
    """An event loop whose accepted connections note what arrives and is written."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self._profile = profile

    async def connect_accepted_socket(
        self, protocol_factory: Callable[[], Any], *args: Any, **options: Any
    ) -> Any:
        def marked() -> MarkedProtocol:
            return MarkedProtocol(protocol_factory(), self._profile)

        return await super().connect_accepted_socket(marked, *args, **options)


def serve_products(listening: socket.socket) -> None:
    """Respond to each request of one connection after the other."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    reply = head + b"content-length: %d\r\n\r\n" % len(REPLY) + REPLY
    while True:
        connection, _ = listening.accept()
        with connection:
            while connection.recv(65536):
                connection.sendall(reply)


def send_requests(port: int) -> None:
    """Send one request after the other, and verify each response."""
    body = json.dumps({"query": QUERY}).encode()
    request = (
        b"POST /web/graphql HTTP/1.1\r\nhost: localhost\r\n"
        b"user-agent: Mozilla/5.0\r\naccept: application/json\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    ) + body
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(WARM_UP + COUNTED + 1):
            connection.sendall(request)
            received = connection.recv(65536)
            while received and not received.endswith(b"}]}}"):
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200 OK\r\n"), received
            time.sleep(PAUSE_S)


async def profiled(
    folder: Path, profile: Profile, upstream_port: int, *, shared: bool
) -> None:
    upstream = {
        "instances": [f"http://127.0.0.1:{upstream_port}"],
        "health": {"active": False},
        "coalesce": shared,
    }
    config = {**CONFIG, "upstreams": {"products": upstream}}
    (folder / "products.graphql").write_text(SDL)
    (folder / "weir.yaml").write_text(json.dumps(config))
    store = FileStore(folder / "weir.yaml")
    app = App(store.load(), store, Readiness(), lambda _: None)
    await app.start()
    listener = Listener(app.handler, ConnectionLimits(), SystemClock(), print)
    try:
        bound = bind(Address("127.0.0.1", 0))
        await listener.open(bound)
        profile.start()
        await asyncio.to_thread(send_requests, bound.address.port)
    finally:
        sys.setprofile(None)
        sys.settrace(None)
        await listener.close(0)
        await app.close()


def run(profile: Profile, *, shared: bool) -> None:
    """Serve the requests of a client, and profile them."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        serving = threading.Thread(
            target=serve_products, args=(listening,), daemon=True
        )
        serving.start()
        port: int = listening.getsockname()[1]
        with asyncio.Runner(loop_factory=lambda: ProfiledLoop(profile)) as runner:
            served = profiled(Path(folder), profile, port, shared=shared)
            runner.run(_silent(served))


def count_calls(*, shared: bool) -> Count:
    """Return the least count of the requests after the warm-up."""
    profile = Profile()
    run(profile, shared=shared)
    return min(profile.counts[WARM_UP:], key=lambda each: each.in_all)


def count_opcodes(*, shared: bool) -> int:
    """Return the least number of opcodes of the requests after the warm-up."""
    profile = OpcodeProfile()
    run(profile, shared=shared)
    return min(profile.opcodes[WARM_UP:])


async def _silent(work: Coroutine[None, None, T]) -> T:
    """Do `work` while standard output, the gateway's log, goes nowhere."""
    stdout, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        return await work
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        os.close(nowhere)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", action="store_true", help="list the calls")
    parser.add_argument("--unshared", action="store_true", help="share nothing")
    options = parser.parse_args()
    shared: bool = not options.unshared
    found = count_calls(shared=shared)
    if options.calls:
        for number, code in enumerate(found.calls, 1):
            where = f"{code.co_filename}:{code.co_firstlineno}"
            mark = "  <- last write" if number == found.to_last_write else ""
            print(f"{number:4} {code.co_qualname:<48} {where}{mark}")
    print(f"Python {sys.version.split()[0]}")
    print(f"calls to the last write  {found.to_last_write}")
    print(f"calls in all             {found.in_all}")
    print(f"files                    {found.files}")
    print(f"moves between files      {found.moves}")
    print(f"opcodes in all           {count_opcodes(shared=shared):,}")


if __name__ == "__main__":
    main()
