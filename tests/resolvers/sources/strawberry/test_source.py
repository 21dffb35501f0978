"""A Strawberry federation schema as a subgraph."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from msgspec import structs
from strawberry.federation import Schema
from strawberry.types import Info

from tests.support.executing import execution_context, fetch
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.gateway.cache_control import CacheControl, Scope
from weir.gateway.errors import Fault, WeirError
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import (
    HttpError,
    MalformedResponse,
    ResolverFailed,
    ResolverTimeout,
)
from weir.resolvers.loaders import Batch
from weir.resolvers.loaders.rest import get_json
from weir.resolvers.provenance import Provenance
from weir.resolvers.sources.source import Reply
from weir.resolvers.sources.strawberry.source import StrawberrySource


class NotYours(
    WeirError, code="NOT_YOURS", fault=Fault.CLIENT, status=403, title="Not yours."
): ...


class Broken(
    WeirError,
    code="BROKEN",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service is broken.",
): ...


class Loading:
    """What a load that never ends says of itself."""

    cancelled = False


async def load_for_ever(keys: Sequence[str], context: ExecutionContext) -> list[str]:
    del keys
    try:
        await asyncio.Event().wait()
    finally:
        context.variables["loading"].cancelled = True
    raise AssertionError


ENDLESS: Batch[ExecutionContext, str, str] = Batch(name="endless", load=load_for_ever)


async def load_names(
    keys: Sequence[str], context: ExecutionContext
) -> Sequence[str | Exception]:
    context.variables.setdefault("calls", []).append(list(keys))
    return [f"User {key}" for key in keys]


NAMES: Batch[ExecutionContext, str, str] = Batch(name="names", load=load_names)


async def load_when_let(keys: Sequence[str], context: ExecutionContext) -> list[str]:
    context.variables["begun"].set()
    await context.variables["let"].wait()
    return list(keys)


LET: Batch[ExecutionContext, str, str] = Batch(name="let", load=load_when_let)


@strawberry.federation.type(keys=["id"])
class User:
    id: strawberry.ID

    @strawberry.field
    async def name(self, info: Info[ExecutionContext, None]) -> str:
        return await info.context.load(NAMES, self.id)

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "User | None":  # noqa: A002 - the key
        return None if id == "gone" else cls(id=id)


@strawberry.federation.type(keys=["id"])
class Title:
    """A stub: the catalogue knows the rest of it."""

    id: strawberry.ID


@strawberry.type
class Query:
    @strawberry.field
    def users(self, first: int = 2) -> list[User]:
        return [User(id=strawberry.ID(str(n))) for n in range(first)]

    @strawberry.field
    def title(self) -> Title:
        return Title(id=strawberry.ID("t"))

    @strawberry.field
    def secret(self) -> str | None:
        message = "password=1234"
        raise RuntimeError(message)

    @strawberry.field
    def mine(self) -> str | None:
        message = "This list is Ann's."
        raise NotYours(message)

    @strawberry.field
    async def loaded(self, info: Info[ExecutionContext, None]) -> str | None:
        await get_json(info.context, "rest", "/", endpoint="/")
        return None

    @strawberry.field
    async def explained(self, info: Info[ExecutionContext, None]) -> str | None:
        try:
            await get_json(info.context, "rest", "/", endpoint="/")
        except HttpError as error:
            return f"{error.status} {error.body.decode()}"
        return None

    @strawberry.field
    def broken(self) -> str | None:
        message = "host 10.0.0.1"
        raise Broken(message)

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    @strawberry.field
    async def endless(self, info: Info[ExecutionContext, None]) -> str:
        return await info.context.load(ENDLESS, "1")

    @strawberry.field
    async def let(self, info: Info[ExecutionContext, None]) -> str:
        return await info.context.load(LET, "1")

    @strawberry.field
    def request_id(self, info: Info[ExecutionContext, None]) -> str:
        return info.context.request.request_id

    @strawberry.field
    def ends(self, by: str) -> str | None:
        raise ENDINGS[by]

    @strawberry.field
    async def ends_later(self, by: str) -> str | None:
        await asyncio.sleep(0)
        raise ENDINGS[by]

    @strawberry.field
    def text(self) -> str | None:
        return "\ud800"

    @strawberry.field
    def complaint(self) -> str | None:
        message = "not a name: \ud800"
        raise GraphQLError(message)


def errors_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the errors; a busy machine also causes warnings about the event loop."""
    return [each for each in caplog.records if each.levelno >= logging.ERROR]


class Unreadable(Exception):
    def __str__(self) -> str:
        raise NotImplementedError


ENDINGS: dict[str, BaseException] = {
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "cancelled": asyncio.CancelledError(),
    "closed": GeneratorExit(),
    "unreadable": Unreadable(),
}


@pytest.fixture(scope="module")
def source() -> StrawberrySource:
    return StrawberrySource(Schema(query=Query, types=[User, Title]))


async def ask(
    source: StrawberrySource,
    document: str,
    context: ExecutionContext | None = None,
    **variables: Any,
) -> Reply:
    bound = source.prepare(fetch(1, "s", document))
    return await bound(variables, context or execution_context(), "")


ENTITIES = """
  query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on User { name } }
  }
"""


def test_the_sdl_is_federations(source: StrawberrySource) -> None:
    assert 'type User @key(fields: "id")' in source.sdl
    assert "specs.apollo.dev/federation" in source.sdl


async def test_resolvers_get_the_execution_as_their_context(
    source: StrawberrySource,
) -> None:
    reply = await ask(source, "{ requestId title { __typename id } }")

    assert reply.data == {
        "requestId": "r1",
        "title": {"__typename": "Title", "id": "t"},
    }


async def test_entities_are_resolved_in_order(source: StrawberrySource) -> None:
    representations = [
        {"__typename": "User", "id": "1"},
        {"__typename": "User", "id": "gone"},
        {"__typename": "User", "id": "2"},
    ]

    reply = await ask(source, ENTITIES, representations=representations)

    assert reply.data == {"_entities": [{"name": "User 1"}, None, {"name": "User 2"}]}


async def test_forty_users_are_one_load(source: StrawberrySource) -> None:
    context = execution_context()
    document = "query ($first: Int!) { users(first: $first) { name } }"

    reply = await ask(source, document, context, first=40)

    assert reply.data is not None
    assert reply.data["users"][39] == {"name": "User 39"}
    assert [len(call) for call in context.variables["calls"]] == [40]


async def test_an_invalid_document_is_an_error_of_its_requests_alone(
    source: StrawberrySource,
) -> None:
    bound = source.prepare(fetch(1, "s", "{ nothing }"))

    with pytest.raises(MalformedResponse, match="nothing"):
        await bound({}, execution_context(), "")


@pytest.mark.parametrize("masked", [False, True])
async def test_the_status_of_a_rest_service_reaches_clients_and_its_body_resolvers(
    source: StrawberrySource, *, masked: bool
) -> None:
    upstream = MemoryUpstream(lambda _: json_response(b"taken", 409))
    context = execution_context(services={"rest": upstream}, masked=masked)

    reply = await ask(source, "{ loaded explained }", context)

    assert reply.data == {"loaded": None, "explained": "409 taken"}
    (error,) = reply.errors
    assert error == {
        "message": "The service responded with status 409.",
        "extensions": {"code": "CONFLICT"},
        "path": ["loaded"],
    }


TOLD: list[tuple[str, bool, str, str]] = [
    ("secret", False, "password=1234", "RESOLVER_FAILED"),
    ("secret", True, "A resolver failed.", "RESOLVER_FAILED"),
    ("mine", False, "This list is Ann's.", "NOT_YOURS"),
    ("mine", True, "This list is Ann's.", "NOT_YOURS"),
    ("broken", False, "host 10.0.0.1", "BROKEN"),
    ("broken", True, "A service is broken.", "BROKEN"),
]


@pytest.mark.parametrize(("name", "masked", "message", "code"), TOLD)
async def test_errors_show_only_texts_for_clients(
    source: StrawberrySource, *, name: str, masked: bool, message: str, code: str
) -> None:
    context = execution_context(masked=masked)

    reply = await ask(source, f"{{ {name} title {{ id }} }}", context)

    assert reply.data == {name: None, "title": {"id": "t"}}
    assert reply.errors == (
        {"message": message, "extensions": {"code": code}, "path": [name]},
    )
    assert reply.safe_errors


@pytest.mark.parametrize("masked", [True, False])
async def test_an_unexpected_exception_is_logged_with_its_traceback(
    source: StrawberrySource, caplog: pytest.LogCaptureFixture, *, masked: bool
) -> None:
    context = structs.replace(execution_context(masked=masked), operation="Home")

    await ask(source, "{ a: secret b: secret mine broken }", context)

    (record,) = errors_in(caplog)
    assert record.getMessage() == (
        "a resolver failed at secret, operation Home, request r1 (2 of its errors)"
    )
    assert record.exc_info is not None
    assert "password=1234" in str(record.exc_info[1])


async def test_a_resolver_that_never_returns_ends_with_the_request(
    source: StrawberrySource,
) -> None:
    context = execution_context(seconds=0.05)
    started_s = time.monotonic()

    with pytest.raises(ResolverTimeout):
        await ask(source, "{ slow }", context)
    assert time.monotonic() - started_s < 10


async def test_loads_of_a_late_resolver_end_with_it(
    source: StrawberrySource,
) -> None:
    loading = Loading()
    context = execution_context({"loading": loading}, seconds=0.2)

    with pytest.raises(ResolverTimeout):
        await ask(source, "{ endless }", context)
    await asyncio.sleep(0)

    assert loading.cancelled


async def test_the_response_is_as_fresh_as_the_loaded_data(
    source: StrawberrySource,
) -> None:
    context = execution_context()
    control = CacheControl(max_age_s=7, shared_max_age_s=7, scope=Scope.PUBLIC)
    context.loaders.provenance.append(Provenance(cache_control=control))

    reply = await ask(source, "{ title { id } }", context)

    limited = structs.replace(control, scope=Scope.UNSTATED)
    assert reply.provenance.cache_control == limited


@pytest.mark.parametrize("by", ENDINGS)
@pytest.mark.parametrize("field", ["ends", "endsLater"])
async def test_a_resolver_that_exits_fails_its_fetch_alone(
    source: StrawberrySource,
    field: str,
    by: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = type(ENDINGS[by]).__name__ if by != "unreadable" else "NotImplementedError"

    with pytest.raises(ResolverFailed, match=f"A resolver raised {name}"):
        await ask(source, f'{{ {field}(by: "{by}") }}')

    (record,) = errors_in(caplog)
    assert record.exc_info


LETTING = fetch(1, "s", "{ let }")
EXITING = fetch(1, "s", '{ ends(by: "exit") }')


async def test_a_resolver_that_exits_leaves_the_loads_of_other_fetches(
    source: StrawberrySource,
) -> None:
    context = execution_context()
    begun, let = asyncio.Event(), asyncio.Event()
    context.variables.update(begun=begun, let=let)
    other = asyncio.create_task(source.prepare(LETTING)({}, context, ""))
    await begun.wait()

    with pytest.raises(ResolverFailed):
        await source.prepare(EXITING)({}, context, "")

    let.set()
    reply = await asyncio.wait_for(other, 30)
    assert reply.data == {"let": "1"}


async def test_a_cancelled_request_stays_cancelled(source: StrawberrySource) -> None:
    asked = asyncio.create_task(ask(source, "{ slow }"))
    await asyncio.sleep(0)
    asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_texts_that_are_not_unicode_are_left_out(
    source: StrawberrySource,
) -> None:
    """JSON has "\\ud800", and Python's reader makes such a text of it."""
    reply = await ask(source, "{ text complaint users { id } }")

    assert reply.data is not None
    assert not isinstance(reply.data["text"], str)
    assert reply.data["users"] == [{"id": "0"}, {"id": "1"}]
    assert [error["message"] for error in reply.errors] == ["not a name: ?"]


async def test_the_size_of_a_reply_is_that_of_its_json(
    source: StrawberrySource,
) -> None:
    reply = await ask(source, "{ users { id } }")

    assert reply.size_bytes == len('{"users":[{"id":"0"},{"id":"1"}]}')
