"""Responses of stored operations with an access rule, which only some may see."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import orjson
import pytest
from msgspec import structs

from tests.support.calls import DeafSink
from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.memory_exchange import whole_body
from tests.support.staff_graph import Staff, caller
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.operation_guard import OperationGuard
from weir.gateway.cache_control import CacheControl, Scope
from weir.gateway.clock import SystemClock
from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.edge.response import Response
from weir.gateway.headers import header
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.decisions import Decisions
from weir.gateway.identity.policies.policies import NO_POLICIES
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.variables.device_arguments import ArgumentRule, Coordinate

MEMBERS = "query Members { open }"
ALL = "query All { open }"
MEMBER = caller()
PUBLIC = CacheControl(scope=Scope.PUBLIC, max_age_s=60, shared_max_age_s=60)


class PublicEngine(Engine):
    """An engine whose services allow all caches to store their responses."""

    async def execute(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
        span_id: str = "",
    ) -> ExecutionResult:
        result = await super().execute(prepared, variables, rules, context, span_id)
        return structs.replace(result, cache_control=PUBLIC)


@pytest.fixture
def facade() -> Iterator[Facade]:
    staff, queue = Staff(), PreparationQueue(9, SystemClock())
    engine = PublicEngine(staff.engine.view, queue, SystemClock())
    stored = (
        stored_operation(MEMBERS, binding("GET", "/members")),
        stored_operation(ALL, binding("GET", "/all")),
    )
    rule = AccessRule(authenticated=True)
    yield Facade(
        name="web",
        path="/web",
        engine=engine,
        device={},
        stored=tuple(
            (each, engine.operations.prepare_stored(each.text, each.name))
            for each in stored
        ),
        guards={
            MEMBERS: OperationGuard(
                rule, NO_POLICIES, Decisions(DeafSink(), "r"), queue
            )
        },
        development=False,
        fingerprint="",
    )
    queue.close()
    staff.close()


async def get(facade: Facade, path: str) -> Response:
    return await send(routes_of(facade), "GET", f"/web{path}", identity=MEMBER)


async def graphql(
    facade: Facade,
    query: str,
    path: str = "/graphql",
    identity: Identity = MEMBER,
) -> Response:
    return await send(
        routes_of(facade),
        "POST",
        f"/web{path}",
        headers={b"content-type": b"application/json"},
        body=orjson.dumps({"query": query}),
        identity=identity,
    )


async def test_only_responses_with_a_rule_are_private(facade: Facade) -> None:
    restricted = await get(facade, "/members"), await graphql(facade, MEMBERS)
    others = await get(facade, "/all"), await graphql(facade, ALL)

    for response in restricted:
        assert header(response.headers, b"cache-control") == b"private, max-age=60"
    for response in others:
        assert header(response.headers, b"cache-control") == b"public, max-age=60"


async def test_graphiql_explains_no_operation_to_callers_without_access(
    facade: Facade,
) -> None:
    facade = replace(facade, development=True, has_pages=True)

    rejected = await graphql(facade, MEMBERS, "/graphiql/query", ANONYMOUS)
    admitted = await graphql(facade, MEMBERS, "/graphiql/query")

    assert rejected.status == 401
    assert b"explained" not in whole_body(rejected)
    assert "plan" in orjson.loads(whole_body(admitted))["extensions"]["explained"]
