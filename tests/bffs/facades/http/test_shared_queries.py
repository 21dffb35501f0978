"""Identical queries in flight are executed once, unless responses may differ."""

import asyncio
import gc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import ref

import orjson
import pytest
from graphql import OperationType
from msgspec import structs

from tests.support.calls import request_context
from tests.support.conditions import until
from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.memory_exchange import buffered_request, request_head, whole_body
from tests.support.titles_facade import TITLE, facade, root_fields
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.endpoint import GraphQLEndpoint
from weir.gateway.cache_control import CacheControl, Scope
from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.edge.response import Response
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject
from weir.gateway.routes.table import RouteTable
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.provenance import UNKNOWN, Provenance
from weir.resolvers.sources.source import BoundFetch, Reply

QUERY: JSONObject = {
    "query": "query T($id: ID!) { title(id: $id) { name } }",
    "variables": {"id": "t1"},
}
WRITE = {"query": 'mutation { rename(id: "t1", name: "Up") { id } }'}
PRIVATE = Provenance(cache_control=CacheControl(scope=Scope.PRIVATE))


class Gated:
    """A source whose calls wait for `gate`; each reply has the number of its call."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.reads = 0
        self.fails_first = False
        self.provenance = UNKNOWN
        self.returned: Headers = ()

    def prepare(self, fetch: Fetch) -> BoundFetch:
        (field,) = root_fields(fetch.document)

        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del variables, span_id
            if fetch.kind is OperationType.MUTATION:
                return Reply(data={field: TITLE})
            self.reads += 1
            number = self.reads
            await self.gate.wait()
            if self.fails_first and number == 1:
                raise UpstreamOverloaded
            if self.returned:
                context.request.returned.append(self.returned)
            name = f"Up {number}"
            data: JSONObject = {field: {"id": "t1", "name": name}}
            return Reply(data=data, provenance=self.provenance)

        return call


def waiting(endpoint: Any) -> int:
    """Return how many requests of an endpoint wait for the response of another one."""
    shared = endpoint._shared  # noqa: SLF001
    return sum(map(len, shared._in_flight.values())) if shared else 0  # noqa: SLF001


class Served:
    """An endpoint over a gated source."""

    def __init__(self, *shared: str, forwarded: frozenset[bytes] = frozenset()) -> None:
        self.source = Gated()
        made: Facade = facade(source=self.source)
        engine = made.engine
        engine.view = replace(engine.view, forwarded=forwarded)
        self.endpoint = GraphQLEndpoint(replace(made, shared=frozenset(shared)))

    async def send(
        self,
        body: Mapping[str, Any] = QUERY,
        *,
        headers: Mapping[bytes, bytes] | None = None,
        forwarded: Headers = (),
        identity: Identity = ANONYMOUS,
        context: RequestContext | None = None,
        path: str = "/web/graphql",
    ) -> Response:
        sent = {b"content-type": b"application/json", **(headers or {})}
        head = request_head(path, method="POST", headers=sent.items())
        context = context or structs.replace(
            request_context(forwarded), client_headers=head.headers, identity=identity
        )
        response = await self.endpoint.respond(
            buffered_request(head, orjson.dumps(body)), context
        )
        assert isinstance(response, Response)
        return response

    async def both(
        self, one: Mapping[str, Any], other: Mapping[str, Any]
    ) -> list[Response]:
        """Send two requests, the second one while the first is in flight."""
        first = asyncio.create_task(self.send(**one))
        await until(lambda: self.source.reads == 1)
        second = asyncio.create_task(self.send(**other))
        await until(lambda: self.source.reads == 2 or waiting(self.endpoint) == 1)
        self.source.gate.set()
        return [await first, await second]


async def test_identical_queries_in_flight_are_executed_once() -> None:
    served = Served("titles")
    clients = [asyncio.create_task(served.send()) for _ in range(50)]
    await until(lambda: waiting(served.endpoint) == 49)
    served.source.gate.set()
    responses = await asyncio.gather(*clients)

    assert {whole_body(each) for each in responses} == {
        b'{"data":{"title":{"name":"Up 1"}}}'
    }
    assert served.source.reads == 1
    await served.send()
    assert served.source.reads == 2


ALICE = Identity(method="jwt", subject="alice", cache_partition="alice")
BOB = Identity(method="jwt", subject="bob", cache_partition="bob")
CLIENT_TYPE = ((b"x-client-type", b"web"),)
DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "variables": ({}, {"body": {**QUERY, "variables": {"id": "t2"}}}),
    "order of variables": (
        {"body": {**QUERY, "variables": {"id": "t1", "a": 1}}},
        {"body": {**QUERY, "variables": {"a": 1, "id": "t1"}}},
    ),
    "document": (
        {},
        {"body": {**QUERY, "query": "query T($id: ID!) { title(id: $id) { id name }}"}},
    ),
    "path": ({}, {"path": "/other/graphql"}),
    "media type": (
        {},
        {"headers": {b"accept": b"application/graphql-response+json"}},
    ),
    "host": (
        {"forwarded": ((b"x-forwarded-host", b"a.test"),)},
        {"forwarded": ((b"x-forwarded-host", b"b.test"),)},
    ),
    "client type": ({"forwarded": CLIENT_TYPE}, {}),
    "two identities": ({"identity": ALICE}, {"identity": BOB}),
    "one identity": ({"identity": ALICE}, {"identity": ALICE}),
    "an identity and none": ({}, {"identity": ALICE}),
    "none and an identity": ({"identity": ALICE}, {}),
    "a subject without a partition": (
        {"identity": Identity(method="mtls", subject="a")},
        {"identity": Identity(method="mtls", subject="b")},
    ),
    "a partition without a method": (
        {"identity": Identity(cache_partition="a")},
        {"identity": Identity(cache_partition="a")},
    ),
    "credentials": (
        {"headers": {b"authorization": b"Bearer a"}},
        {"headers": {b"authorization": b"Bearer a"}},
    ),
    "cookies": (
        {"headers": {b"cookie": b"a=1"}},
        {"headers": {b"cookie": b"a=1"}},
    ),
    "a cookie and none": ({}, {"headers": {b"cookie": b"a=1"}}),
    "a field for services": (
        {"headers": {b"accept-language": b"de"}},
        {"headers": {b"accept-language": b"en"}},
    ),
    "a field for services and none": ({}, {"headers": {b"accept-language": b"en"}}),
    "baggage": (
        {"forwarded": ((b"baggage", b"user=a"),)},
        {"forwarded": ((b"baggage", b"user=a"),)},
    ),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
async def test_requests_that_may_differ_are_executed_each(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    served = Served("titles", forwarded=frozenset({b"accept-language"}))

    first, second = await served.both(one, other)

    assert served.source.reads == 2
    assert b"Up 1" in whole_body(first)
    assert b"Up 2" in whole_body(second)


@pytest.mark.parametrize(
    "difference",
    [
        {"headers": {b"user-agent": b"other", b"x-request-id": b"b"}},
        {"forwarded": ((b"x-request-id", b"b"), (b"x-forwarded-for", b"192.0.2.9"))},
        {"forwarded": ((b"traceparent", b"b"), (b"tracestate", b"c=d"))},
    ],
)
async def test_fields_that_select_no_response_make_no_difference(
    difference: dict[str, Any],
) -> None:
    served = Served("titles")

    await served.both({}, difference)

    assert served.source.reads == 1


@pytest.mark.parametrize(
    "provenance",
    [
        PRIVATE,
        Provenance(vary=("x-forwarded-for",)),
        Provenance(vary=("*",)),
    ],
)
async def test_a_response_that_may_be_private_is_for_one_request(
    provenance: Provenance,
) -> None:
    served = Served("titles")
    served.source.provenance = provenance

    first, second = await served.both({}, {})

    assert served.source.reads == 2
    assert whole_body(first) != whole_body(second)


async def test_requests_do_not_wait_for_an_operation_with_private_responses() -> None:
    served = Served("titles")
    served.source.provenance = PRIVATE
    served.source.gate.set()
    await served.send()
    served.source.gate.clear()

    clients = [asyncio.create_task(served.send()) for _ in range(3)]
    await until(lambda: served.source.reads == 4)
    served.source.gate.set()
    await asyncio.gather(*clients)


async def test_a_failure_is_that_of_one_request() -> None:
    served = Served("titles")
    served.source.fails_first = True

    first, second = await served.both({}, {})

    assert b'"errors"' in whole_body(first)
    assert whole_body(second) == b'{"data":{"title":{"name":"Up 2"}}}'


async def test_a_client_that_leaves_takes_no_response_away() -> None:
    served = Served("titles")
    first = asyncio.create_task(served.send())
    await until(lambda: served.source.reads == 1)
    others = [asyncio.create_task(served.send()) for _ in range(3)]
    await until(lambda: waiting(served.endpoint) == 3)
    others[0].cancel()
    first.cancel()
    await until(lambda: served.source.reads == 3)
    served.source.gate.set()

    left = await asyncio.gather(first, *others, return_exceptions=True)

    assert [type(each) for each in left[:2]] == [asyncio.CancelledError] * 2
    assert all(isinstance(each, Response) for each in left[2:])


async def test_a_mutation_is_executed_by_each_request() -> None:
    served = Served("titles")
    executed = 0

    async def send() -> None:
        nonlocal executed
        await served.send(WRITE)
        executed += 1

    await asyncio.gather(*(send() for _ in range(5)))

    assert executed == served.endpoint._facade.engine.writes.ended == 5  # noqa: SLF001


async def test_a_client_reads_its_own_write() -> None:
    served = Served("titles")
    before = asyncio.create_task(served.send())
    await until(lambda: served.source.reads == 1)
    await served.send(WRITE)

    after = asyncio.create_task(served.send())
    await until(lambda: served.source.reads == 2)
    served.source.gate.set()

    assert whole_body(await after) != whole_body(await before)


BY_FIELD = '@param(in: HEADER, name: "x-title")'
REST = {
    "/v1/names/{id}": "query Names($id: ID!) { title(id: $id) { name } }",
    "/v1/named": f"query Named($id: ID! {BY_FIELD}) {{ title(id: $id) {{ name }} }}",
}


async def get(
    routes: RouteTable, path: str, fields: Mapping[bytes, bytes] | None = None
) -> Response:
    return await send(routes, "GET", f"/web/v1/{path}", headers=fields)


async def until_second(source: Gated, routes: RouteTable, path: str) -> None:
    """Return when the second request is executed, or waits for the first one."""
    endpoint = routes.route(request_head(f"/web/v1/{path}")).route.endpoint
    await until(lambda: source.reads == 2 or waiting(endpoint) == 1)


def rest_routes(source: Gated) -> RouteTable:
    """Return the routes of a façade with a query by path and one by a header field."""
    served = replace(facade(source=source), shared=frozenset({"titles"}))
    for path, text in REST.items():
        stored = stored_operation(text, binding("GET", path))
        plain = replace(stored, text=text.replace(BY_FIELD, ""))
        prepared = served.engine.operations.prepare_stored(plain.text, plain.name)
        served = replace(served, stored=(*served.stored, (plain, prepared)))
    return routes_of(served)


@pytest.mark.parametrize(
    ("one", "other", "reads"),
    [
        (("names/t1", {}), ("names/t1", {}), 1),
        (("names/t1", {}), ("names/t2", {}), 2),
        (("names/t1", {}), ("names/t1", {b"cookie": b"a=1"}), 2),
        (("names/t1", {}), ("names/t1", {b"authorization": b"Bearer a"}), 2),
        (("named", {b"x-title": b"t1"}), ("named", {b"x-title": b"t1"}), 1),
        (("named", {b"x-title": b"t1"}), ("named", {b"x-title": b"t2"}), 2),
    ],
)
async def test_rest_requests_are_shared_alike(
    one: tuple[str, Mapping[bytes, bytes]],
    other: tuple[str, Mapping[bytes, bytes]],
    reads: int,
) -> None:
    source = Gated()
    routes = rest_routes(source)
    first = asyncio.create_task(get(routes, *one))
    await until(lambda: source.reads == 1)
    second = asyncio.create_task(get(routes, *other))
    await until_second(source, routes, other[0])
    source.gate.set()

    assert {(await each).status for each in (first, second)} == {200}
    assert source.reads == reads


async def test_an_error_of_a_rest_request_is_its_own() -> None:
    source = Gated()
    source.fails_first = True
    routes = rest_routes(source)
    first = asyncio.create_task(get(routes, "names/t1"))
    await until(lambda: source.reads == 1)
    second = asyncio.create_task(get(routes, "names/t1"))
    await until_second(source, routes, "names/t1")
    source.gate.set()

    assert [(await each).status for each in (first, second)] == [502, 200]


async def test_fields_of_services_are_returned_to_all() -> None:
    served = Served("titles")
    served.source.returned = ((b"x-version", b"7"),)
    contexts = [
        structs.replace(request_context(), request_id=str(n), returned=[])
        for n in range(2)
    ]

    await served.both({"context": contexts[0]}, {"context": contexts[1]})

    assert served.source.reads == 1
    assert [each.returned for each in contexts] == [[served.source.returned]] * 2


@pytest.mark.parametrize("shared", [(), ("other",)])
async def test_services_without_shared_calls_are_called_by_each(
    shared: tuple[str, ...],
) -> None:
    served = Served(*shared)

    await served.both({}, {})

    assert served.source.reads == 2


async def test_an_operation_that_the_engine_evicts_is_freed() -> None:
    served = Served("titles")
    served.source.gate.set()
    document = "query Ad($id: ID!) { title(id: $id) { id } }"
    await served.send({**QUERY, "query": document})
    engine = served.endpoint._facade.engine  # noqa: SLF001
    prepared = ref(await engine.prepare(document, None, request_context()))
    assert prepared() is not None

    engine.operations.cached.evict()

    def is_freed() -> bool:
        gc.collect()
        return prepared() is None

    await until(is_freed)
