"""Responses of stored operations with an access rule, which only some may see."""

from collections.abc import Iterator

import orjson
import pytest

from tests.support.calls import DeafSink
from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.staff_graph import Staff, caller
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.operation_guard import OperationGuard
from weir.gateway.edge.response import Response
from weir.gateway.headers import header
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.decisions import Decisions
from weir.gateway.identity.policies.policies import NO_POLICIES

MEMBERS = "query Members { open }"
ALL = "query All { open }"


@pytest.fixture
def staff() -> Iterator[Staff]:
    staff = Staff()
    yield staff
    staff.close()


def facade(staff: Staff) -> Facade:
    rule = AccessRule(authenticated=True)
    stored = (
        stored_operation(MEMBERS, binding("GET", "/members")),
        stored_operation(ALL, binding("GET", "/all")),
    )
    return Facade(
        name="web",
        path="/web",
        engine=staff.engine,
        device={},
        stored=tuple(
            (each, staff.engine.prepare_stored(each.text, each.name)) for each in stored
        ),
        guards={
            MEMBERS: OperationGuard(rule, NO_POLICIES, Decisions(DeafSink(), "r"))
        },
        development=False,
        fingerprint="",
    )


async def get(staff: Staff, path: str) -> Response:
    return await send(routes_of(facade(staff)), "GET", f"/web{path}", identity=caller())


async def graphql(staff: Staff, query: str) -> Response:
    return await send(
        routes_of(facade(staff)),
        "POST",
        "/web/graphql",
        headers={b"content-type": b"application/json"},
        body=orjson.dumps({"query": query}),
        identity=caller(),
    )


async def test_only_responses_with_a_rule_are_private(staff: Staff) -> None:
    restricted = await get(staff, "/members"), await graphql(staff, MEMBERS)
    others = await get(staff, "/all"), await graphql(staff, ALL)

    for response in restricted:
        assert response.status == 200
        assert b"private" in (header(response.headers, b"cache-control") or b"")
    for response in others:
        assert response.status == 200
        assert b"private" not in (header(response.headers, b"cache-control") or b"")
