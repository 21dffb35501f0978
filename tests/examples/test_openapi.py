"""The façades of the demo describe their REST endpoints, and keep to it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from examples.streaming.load import FACADES, all_reads
from tests.support.demo import Demo
from tests.support.gateway import demo_variables, running_gateway


@pytest.fixture
async def http(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    variables = demo_variables(demo.base_port)
    async with (
        running_gateway(variables=variables) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        yield client


def operation_at(document: Any, method: str, path: str) -> Any:
    """Return the one operation whose template fits the path."""
    (server,) = document["servers"]
    below = path.removeprefix(server["url"]).split("?")[0].split("/")
    (found,) = (
        item[method.lower()]
        for template, item in document["paths"].items()
        if len(parts := template.split("/")) == len(below)
        and all(a == b or a[:1] == "{" for a, b in zip(parts, below, strict=True))
    )
    return found


def body_errors(document: Any, operation: Any, response: httpx.Response) -> list[str]:
    """Return where a body differs from the schema of its status."""
    described = operation["responses"][str(response.status_code)]
    schema = {
        **described["content"]["application/json"]["schema"],
        "components": document["components"],
    }
    errors = Draft202012Validator(schema).iter_errors(response.json())
    return [error.message for error in errors]


async def test_responses_are_as_described(http: httpx.AsyncClient) -> None:
    documents = {
        name: (await http.get(f"/{name}/openapi.json")).json() for name in FACADES
    }
    for document in documents.values():
        validate(document)

    reads = [read for read in all_reads() if read.method == "GET"]
    assert len(reads) == 45
    for read in reads:
        document = documents[read.path.split("/")[1]]
        operation = operation_at(document, read.method, read.path)
        response = await http.get(read.path)
        names = {each["name"] for each in operation["parameters"]}
        assert httpx.URL(read.path).params.keys() <= names
        assert body_errors(document, operation, response) == []
        unlike = httpx.Response(200, json={**response.json(), "unknown": 1})
        assert body_errors(document, operation, unlike) != []


async def test_a_description_is_read_again_only_if_it_has_changed(
    http: httpx.AsyncClient,
) -> None:
    response = await http.get("/web/openapi.json")

    again = await http.get(
        "/web/openapi.json", headers={"if-none-match": response.headers["etag"]}
    )

    assert response.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
