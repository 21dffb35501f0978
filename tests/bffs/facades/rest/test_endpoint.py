"""The REST endpoints of a façade: responses to clients."""

from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse

from tests.support.calls import request_context
from tests.support.facade_client import routes_of
from tests.support.memory_exchange import buffered_request, request_head, whole_body
from tests.support.titles_facade import Picky, ask, facade, with_operation
from weir.bffs.facades.stored.rest_directive import RestBinding, read_binding
from weir.gateway.edge.response import Response
from weir.gateway.edge.route_steps.csrf import require_preflight
from weir.gateway.edge.steps import Steps
from weir.gateway.errors import MethodNotAllowed
from weir.gateway.headers import header


async def test_a_path_is_a_stored_operation_with_its_parameters() -> None:
    response = await ask(facade(), "GET", "/web/v1/titles/t1")

    assert response.status == 200
    assert orjson.loads(whole_body(response)) == {"name": "Up"}
    assert response.operation == "T"


@pytest.mark.parametrize(
    ("method", "target", "json", "status", "detail"),
    [
        (
            "GET",
            "/web/v1/nothing",
            None,
            404,
            "There is no endpoint at '/web/v1/nothing'.",
        ),
        ("PUT", "/web/v1/titles/t1", None, 405, "PUT is not allowed here; allowed:"),
        ("GET", "/web/v1/titles/t1/", None, 404, "There is no endpoint at"),
        ("GET", "/web/v1/titles/t1?x=1", None, 400, 'There is no parameter "x"'),
        ("GET", "/web/v1/titles/t1?id=2", None, 400, '"id" is given in two places.'),
        ("GET", "/web/v1/titles/%ff", None, 400, 'The parameter "id" is not UTF-8.'),
        ("POST", "/web/v1/titles/t1", {}, 400, "Parameter name: is required"),
        ("POST", "/web/v1/titles/t1", {"name": 1}, 400, "Parameter name:"),
        ("DELETE", "/web/v1/titles/t1", {"nme": 1}, 400, 'There is no parameter "nme"'),
        ("GET", "/web/v1/titles/t1", {"x": 1}, 400, "A GET request takes no body here"),
    ],
)
async def test_an_invalid_request_gets_a_problem_with_its_cause(
    method: str, target: str, json: Any, status: int, detail: str
) -> None:
    sent = {} if json is None else {"json": json}

    response = await ask(facade(), method, target, **sent)

    assert response.status == status
    assert (response.operation != "") == (status == 400)
    assert header(response.headers, b"content-type") == b"application/problem+json"
    assert detail in orjson.loads(whole_body(response))["detail"]


async def test_a_body_that_any_site_may_send_is_rejected() -> None:
    for content_type in (b"", b"text/plain", b"application/json; charset=latin1"):
        response = await ask(
            facade(),
            "POST",
            "/web/v1/titles/t1",
            json={"name": "Down"},
            headers={b"content-type": content_type},
        )

        assert response.status == 415


async def test_a_value_that_a_service_refuses_is_the_clients_error() -> None:
    response = await ask(
        facade(source=Picky()),
        "POST",
        "/web/v1/titles/t1",
        json={"name": ""},
    )

    problem = orjson.loads(whole_body(response))
    assert response.status == 400
    assert problem["code"] == "BAD_USER_INPUT"
    assert problem["type"] == "urn:weir:error:bad_user_input"
    assert "secret" not in whole_body(response).decode(), "texts of services are masked"


async def test_the_body_of_a_delete_has_its_parameters() -> None:
    response = await ask(facade(), "DELETE", "/web/v1/titles/t1", json={"name": "Down"})

    assert response.status == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (b"application/json", 200),
        (b"text/html, */*;q=0.1", 200),
        (b"application/*", 200),
        (b"text/html", 406),
        (b"application/json;q=0, */*", 406),
        (b"application/problem+json", 406),
    ],
)
async def test_a_client_that_does_not_read_json_gets_406(
    accept: bytes, status: int
) -> None:
    response = await ask(
        facade(), "GET", "/web/v1/titles/t1", headers={b"accept": accept}
    )

    assert response.status == status


def error(reason: str) -> Any:
    detail = f"Parameter name: {reason}"
    return {"detail": detail, "in": "body", "pointer": "#/name"}


@pytest.mark.parametrize(
    ("method", "json", "errors"),
    [
        (
            "POST",
            {"name": 1},
            [error("1 is not a String.")],
        ),
        (
            "POST",
            {},
            [error("is required, its type is String!.")],
        ),
    ],
)
async def test_an_invalid_value_has_a_pointer(
    method: str, json: Any, errors: list[Any]
) -> None:
    response = await ask(facade(), method, "/web/v1/titles/t1", json=json)

    problem = orjson.loads(whole_body(response))
    assert problem["code"] == "BAD_USER_INPUT"
    assert problem["errors"] == errors


def ending(text: str) -> RestBinding:
    """The endpoint of a directive with `text`."""
    node = parse(f'query Q @rest(path: "/v1/old", {text}) {{ a }}').definitions[0]
    assert isinstance(node, OperationDefinitionNode)
    (directive,) = node.directives or ()
    return read_binding(directive, node)


async def test_a_deprecated_endpoint_announces_its_end_in_each_response() -> None:
    binding = ending(
        'deprecated: "2026-01-01", sunset: "2026-12-31", notice: "https://x.test/v2"'
    )
    read = "query Old($id: ID!) { title(id: $id) { name } }"
    served = with_operation(facade(), read, binding)
    steps = routes_of(served).route(request_head("/web/v1/old")).route.steps

    announced = finished(steps, Response(status=429, headers=(), body=b"")).headers

    assert announced[-4:] == (
        (b"deprecation", b"@1767225600"),
        (b"link", b'<https://x.test/v2>; rel="deprecation"; type="text/html"'),
        (b"sunset", b"Thu, 31 Dec 2026 23:59:59 GMT"),
        (b"link", b'<https://x.test/v2>; rel="sunset"; type="text/html"'),
    )


def finished(steps: Steps, response: Response) -> Response:
    for finish in steps.finishes:
        response = finish(request_head(), request_context(), response)
    return response


async def test_a_path_without_post_responds_405_whatever_the_content_type() -> None:
    binding = ending("method: GET")
    served = with_operation(facade(), "query Old { titles { name } }", binding)
    match = routes_of(served).route(request_head("/web/v1/old", method="POST"))

    assert require_preflight not in match.route.steps.guards
    with pytest.raises(MethodNotAllowed):
        await match.route.endpoint.respond(
            buffered_request(request_head("/web/v1/old", method="POST")),
            request_context(),
        )
