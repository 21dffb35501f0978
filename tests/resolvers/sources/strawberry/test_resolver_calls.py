"""Resolvers that wait hold up no other request, and those that do are named."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from msgspec import structs
from strawberry.federation import Schema
from strawberry.types import Info

from tests.support.conditions import until
from tests.support.executing import execution_context, fetch
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import ResolverFailed, ResolverTimeout
from weir.resolvers.pure import pure
from weir.resolvers.sources.source import Reply
from weir.resolvers.sources.strawberry import resolver_calls
from weir.resolvers.sources.strawberry.resolver_calls import THREADS
from weir.resolvers.sources.strawberry.source import StrawberrySource

CALLER = ContextVar("CALLER", default="nobody")
HELD = 0.06


@dataclass
class Gate:
    """Blocks threads until it is opened, and counts them."""

    inside: int = 0
    most: int = 0
    opened: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.opened.wait(10)
        with self.lock:
            self.inside -= 1


def gate_of(info: Info[ExecutionContext, None]) -> Gate:
    gate: Gate = info.context.variables["gate"]
    return gate


@strawberry.federation.type(keys=["id"])
class Book:
    id: strawberry.ID
    title: str = "A Book"

    @classmethod
    def resolve_reference(
        cls,
        info: Info[ExecutionContext, None],
        id: strawberry.ID,  # noqa: A002 - the key
    ) -> "Book":
        gate_of(info).wait()
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    def blocked(self, info: Info[ExecutionContext, None]) -> str:
        gate_of(info).wait()
        return "done"

    @strawberry.field
    def thread(self) -> str:
        return threading.current_thread().name

    @strawberry.field
    @pure
    def pure_thread(self) -> str:
        return threading.current_thread().name

    @strawberry.field
    def caller(self) -> str:
        return CALLER.get()

    @strawberry.field
    def later(self) -> str:
        async def value() -> str:
            await asyncio.sleep(0)
            return threading.current_thread().name

        coroutine: Any = value()
        return coroutine  # type: ignore[no-any-return]

    @strawberry.field
    def failing(self) -> str | None:
        message = "no"
        raise ValueError(message)

    @strawberry.field
    def first(self) -> str | None:
        return next(iter(()))

    @strawberry.field
    def exiting(self) -> str | None:
        raise SystemExit

    @strawberry.field
    async def holding(self) -> str:
        await asyncio.sleep(0)
        time.sleep(HELD)  # noqa: ASYNC251 - what the warning is about
        await asyncio.sleep(0)
        return "held"

    @strawberry.field
    @pure
    def pure_holding(self) -> str:
        time.sleep(HELD)
        return "held"

    @strawberry.field
    async def waiting(self, info: Info[ExecutionContext, None]) -> str:
        await until(gate_of(info).opened.is_set)
        return "waited"

    @strawberry.field
    async def catching(self) -> str:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            return "caught"
        return "not caught"


@pytest.fixture(scope="module")
def source() -> StrawberrySource:
    return StrawberrySource(Schema(query=Query, types=[Book]))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


async def ask(
    source: StrawberrySource,
    document: str,
    gate: Gate | None = None,
    seconds: float = 10.0,
    client: str = "192.0.2.1",
    **variables: Any,
) -> Reply:
    context = execution_context({"gate": gate}, seconds=seconds)
    request = structs.replace(context.request, client=client)
    context = structs.replace(context, request=request)
    return await source.prepare(fetch(1, "s", document))(variables, context, "")


ENTITIES = """
  query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on Book { title } }
  }
"""


async def test_a_resolver_that_waits_holds_up_no_other(
    source: StrawberrySource, gate: Gate
) -> None:
    slow = asyncio.create_task(ask(source, "{ a: blocked b: blocked }", gate))
    await until(lambda: gate.inside == 2)

    other = await ask(source, "{ pureThread }")
    assert not slow.done()
    gate.opened.set()

    assert other.data == {"pureThread": threading.current_thread().name}
    assert (await slow).data == {"a": "done", "b": "done"}


async def test_a_reference_that_waits_holds_up_no_other(
    source: StrawberrySource, gate: Gate
) -> None:
    representations = [{"__typename": "Book", "id": "1"}]
    slow = asyncio.create_task(
        ask(source, ENTITIES, gate, representations=representations)
    )
    await until(lambda: gate.inside == 1)
    gate.opened.set()

    assert (await slow).data == {"_entities": [{"title": "A Book"}]}


async def test_a_client_whose_calls_hang_leaves_threads_to_others(
    source: StrawberrySource, gate: Gate
) -> None:
    calls = 3 * THREADS
    document = "{" + " ".join(f"a{n}: blocked" for n in range(calls)) + "}"
    slow = asyncio.create_task(ask(source, document, gate))
    most = THREADS * 3 // 4
    await until(lambda: gate.inside == most)
    other = await ask(source, "{ thread }", client="192.0.2.2")
    gate.opened.set()

    data = (await slow).data

    assert other.data is not None
    assert data is not None
    assert len(data) == calls
    assert gate.most == most


async def test_a_resolver_that_waits_too_long_is_a_timeout(
    source: StrawberrySource, gate: Gate
) -> None:
    with pytest.raises(ResolverTimeout):
        await ask(source, "{ blocked }", gate, seconds=0.05)


async def test_a_thread_has_the_context_of_its_request(
    source: StrawberrySource,
) -> None:
    CALLER.set("ann")
    reply = await ask(source, "{ thread caller later }")

    assert reply.data is not None
    assert reply.data["thread"].startswith("weir-resolver")
    assert reply.data["caller"] == "ann"
    assert reply.data["later"] == threading.current_thread().name


async def test_errors_of_threads_are_those_of_the_resolver(
    source: StrawberrySource,
) -> None:
    async with asyncio.timeout(30):
        reply = await ask(source, "{ failing first thread }")
    assert [error["path"] for error in reply.errors] == [["failing"], ["first"]]

    with pytest.raises(ResolverFailed, match="SystemExit"):
        await ask(source, "{ exiting }")


async def test_errors_within_a_measured_resolver_reach_it(
    source: StrawberrySource,
) -> None:
    assert (await ask(source, "{ catching }")).data == {"catching": "caught"}


@pytest.mark.parametrize("name", ["holding", "pureHolding"])
async def test_a_resolver_that_holds_the_loop_is_named_once(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = StrawberrySource(Schema(query=Query, types=[Book]))

    for _ in range(2):
        assert (await ask(source, f"{{ {name} }}")).data == {name: "held"}

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"the resolver Query.{name} held the event loop for" in record.message


async def test_a_resolver_that_only_waits_is_not_named(
    source: StrawberrySource,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 0.0
    monkeypatch.setattr(resolver_calls, "monotonic", lambda: now_s)
    waiting = asyncio.create_task(ask(source, "{ waiting }", gate))
    await asyncio.sleep(0)
    now_s = 100.0
    gate.opened.set()

    assert (await waiting).data == {"waiting": "waited"}
    assert caplog.records == []
