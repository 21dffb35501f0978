"""The REST endpoints of a façade: responses to clients."""

from typing import Any

import orjson
import pytest

from tests.support.memory_exchange import whole_body
from tests.support.titles_facade import (
    Picky,
    ask,
    facade,
)
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
        ("POST", "/web/v1/titles/t1", {}, 400, "Variable $name: is required"),
        ("POST", "/web/v1/titles/t1", {"name": 1}, 400, "Variable $name:"),
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
