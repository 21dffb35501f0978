"""Refused fields in HTTP: as GraphQL and as REST, filtered and rejected."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.memory_exchange import whole_body
from tests.support.staff_graph import Staff, caller
from weir.bffs.facades.facade import Facade
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.response import Response
from weir.gateway.headers import header

ENDPOINTS = {
    binding("GET", "/me"): "query Me { me { name } }",
    binding("GET", "/people"): "query People { people { name phone } }",
    binding("GET", "/status"): "query Status { status }",
    binding("POST", "/hire"): 'mutation Hire { hire(name: "x") { name } }',
}


def facade(staff: Staff) -> Facade:
    stored = [stored_operation(text, bound) for bound, text in ENDPOINTS.items()]
    return Facade(
        name="web",
        path="/web",
        engine=staff.engine,
        device={},
        stored=tuple(
            (each, staff.engine.operations.prepare_stored(each.text, each.name))
            for each in stored
        ),
        development=False,
        fingerprint="",
    )


@pytest.fixture(params=[False, True], ids=["filter", "reject"])
def rejects(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def staff(*, rejects: bool) -> Iterator[Staff]:
    staff = Staff(rejects=rejects)
    yield staff
    staff.close()


async def get(
    staff: Staff, path: str, identity: Identity, method: str = "GET"
) -> Response:
    routes = routes_of(facade(staff))
    return await send(routes, method, f"/web{path}", identity=identity)


async def graphql(staff: Staff, query: str, identity: Identity) -> Response:
    return await send(
        routes_of(facade(staff)),
        "POST",
        "/web/graphql",
        headers={b"content-type": b"application/json"},
        body=orjson.dumps({"query": query}),
        identity=identity,
    )


def json_of(response: Response) -> Any:
    return orjson.loads(whole_body(response))


@pytest.mark.parametrize(
    ("request_line", "identity", "status", "challenge"),
    [
        ("GET /me", ANONYMOUS, 401, b"Bearer"),
        ("GET /status", ANONYMOUS, 401, b"Bearer"),
        (
            *("GET /status", caller(), 403),
            b'Bearer error="insufficient_scope", scope="ops"',
        ),
        (
            *("POST /hire", caller("hr"), 403),
            b'Bearer error="insufficient_scope", scope="admin"',
        ),
    ],
)
async def test_an_endpoint_whose_resource_is_refused_has_an_error_status(
    staff: Staff,
    request_line: str,
    identity: Identity,
    status: int,
    challenge: bytes,
) -> None:
    method, path = request_line.split()
    response = await get(staff, path, identity, method)

    assert response.status == status
    assert header(response.headers, b"content-type") == b"application/problem+json"
    assert header(response.headers, b"www-authenticate") == challenge
    assert json_of(response)["code"] in {"UNAUTHENTICATED", "FORBIDDEN"}
    assert staff.notes == []
    assert staff.documents == ""


@pytest.mark.parametrize(
    ("path", "identity"), [("/me", caller()), ("/status", caller("ops"))]
)
async def test_an_endpoint_has_its_resource_for_a_caller_with_all_rights(
    staff: Staff, path: str, identity: Identity
) -> None:
    response = await get(staff, path, identity)

    assert response.status == 200
    assert b"private" in (header(response.headers, b"cache-control") or b"")
    assert b"authorization" in (header(response.headers, b"vary") or b"")


async def test_an_endpoint_has_warnings_for_fields_that_are_filtered(
    staff: Staff, *, rejects: bool
) -> None:
    response = await get(staff, "/people", ANONYMOUS)

    if rejects:
        assert response.status == 401
        return
    body = json_of(response)
    assert response.status == 200
    assert body["items"][0] == {"name": "Ann", "phone": None}
    assert body["_weir"]["warnings"][0] == {
        "path": "people.0.phone",
        "code": "UNAUTHENTICATED",
        "message": "Person.phone requires an authenticated caller.",
    }
    assert b"no-store" in (header(response.headers, b"cache-control") or b"")


@pytest.mark.parametrize(
    ("identity", "status", "code"),
    [(ANONYMOUS, 401, "UNAUTHENTICATED"), (caller(), 403, "FORBIDDEN")],
)
async def test_graphql_responds_by_the_mode(
    staff: Staff, identity: Identity, status: int, code: str, *, rejects: bool
) -> None:
    query = 'mutation { hire(name: "x") { name } }'
    response = await graphql(staff, query, identity)

    body = json_of(response)
    assert response.status == (status if rejects else 200)
    assert ("data" in body) is not rejects
    assert [each["extensions"]["code"] for each in body["errors"]] == [code]
    assert staff.notes == []
