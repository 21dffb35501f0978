"""Validated requests, over sockets: by an operation, and by a document."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.support.calls import RecordingSink
from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.gateway.events import RequestFinished

OPERATION = """
parameters:
  - {name: id, in: path, required: true, schema: {type: integer, minimum: 1}}
  - {name: limit, in: query, schema: {type: integer, maximum: 100}}
  - {name: tags, in: query, schema: {type: array, items: {enum: [a, b]}}}
  - {name: ids, in: query, explode: false, schema: {type: array, items: {type: number}}}
  - {name: on, in: query, schema: {type: boolean}}
  - name: f
    in: query
    style: deepObject
    schema:
      {type: object, properties: {n: {type: integer}}, additionalProperties: false}
  - {name: X-Kind, in: header, required: true, schema: {pattern: "^(a+)+$"}}
  - {name: group, in: cookie, schema: {maxLength: 3}}
  - name: o
    in: query
    schema: {type: object, properties: {role: {enum: [user]}, size: {type: integer}}}
  - name: p
    in: query
    explode: false
    schema: &role
      {type: object, properties: {role: {enum: [user]}}, additionalProperties: false}
  - {name: X-Map, in: header, explode: true, schema: *role}
requestBody:
  required: true
  content:
    application/json:
      schema:
        type: object
        required: [items]
        additionalProperties: false
        properties:
          items: {type: array, items: {$ref: "#/paths/~1/post/x-item"}}
    application/x-www-form-urlencoded:
      schema: {type: object, properties: {n: {type: integer}}}
    text/*: {}
x-item:
  type: object
  required: [price]
  properties: {price: {type: number}, more: {$ref: "#/paths/~1/post/x-item"}}
"""
VALID: dict[str, Any] = {
    "url": "/x/7?limit=5&tags=a&tags=b&ids=1,2.5&on=true&f[n]=1&role=user&size=1"
    "&p=role,user",
    "headers": {"x-kind": "aaa", "cookie": "group=b", "x-map": "role=user"},
    "json": {"items": [{"price": 1, "more": {"price": 2}}]},
}


@asynccontextmanager
async def validating(
    validation: str, folder: Path = Path(), path: str = "/x/{id}", proxy: str = "s"
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService, RecordingSink]]:
    async with raw_service(responding(ok(b"done"))) as service:
        lines = validation.strip().replace("\n", "\n      ")
        config = (
            f"upstreams: {{s: {{instances: ['{service.url}'],"
            " health: {active: false}}}\n"
            f"routes:\n  x:\n    path: {path}\n    proxy: {proxy}\n"
            f"    max_body: 8MiB\n    validation:\n      {lines}\n"
        )
        async with (
            routed_gateway(config, folder) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            yield client, service, gateway.sink


def operation(more: str = "") -> str:
    return "operation:" + OPERATION.replace("\n", "\n  ") + more


def errors(response: httpx.Response) -> list[tuple[str, str]]:
    assert response.status_code == httpx.codes.BAD_REQUEST, response.text
    problem = response.json()
    assert problem["code"] == "REQUEST_INVALID"
    return [(each["in"], each["pointer"]) for each in problem["errors"]]


async def test_a_valid_request_passes_unchanged() -> None:
    async with validating(operation()) as (client, service, _):
        response = await client.post(**VALID)
        packed = gzip.compress(orjson.dumps(VALID["json"]))
        fields = VALID["headers"] | {
            "content-encoding": "gzip",
            "content-type": "application/json",
        }
        encoded = await client.post(VALID["url"], headers=fields, content=packed)

    assert (response.status_code, response.text) == (200, "done")
    assert encoded.status_code == httpx.codes.OK
    assert service.heads[0].startswith(f"POST {VALID['url']} HTTP".encode())
    assert orjson.loads(service.bodies[0]) == VALID["json"]
    assert service.bodies[1] == packed
    assert service.fields()["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": "/x/0"}, [("path", "/id")]),
        ({"url": "/x/a"}, [("path", "/id")]),
        ({"url": "/x/%ff"}, [("path", "/id")]),
        ({"url": "/x/1?limit=101&on=yes"}, [("query", "/limit"), ("query", "/on")]),
        ({"url": "/x/1?limit=1&limit=1000"}, [("query", "/limit")]),
        ({"url": "/x/1?limit="}, [("query", "/limit")]),
        ({"url": "/x/1?limit=" + "9" * 4000}, [("query", "/limit")]),
        ({"url": "/x/1?tags=a&tags=c"}, [("query", "/tags/1")]),
        ({"url": "/x/1?ids=1,x"}, [("query", "/ids/1")]),
        ({"url": "/x/1?f[n]=x"}, [("query", "/f/n")]),
        ({"url": "/x/1?f[m]=1"}, [("query", "/f")]),
        ({"url": "/x/1?f[n]=1&f[n]=x"}, [("query", "/f")]),
        ({"url": "/x/1?f[n][m]=1"}, [("query", "/f")]),
        ({"url": "/x/1?f[n][]=1"}, [("query", "/f")]),
        ({"url": "/x/1?role=admin"}, [("query", "/o/role")]),
        ({"url": "/x/1?size=1&role=user&role=admin"}, [("query", "/o")]),
        ({"url": "/x/1?p=role,admin"}, [("query", "/p/role")]),
        ({"url": "/x/1?p=role,admin,role,user"}, [("query", "/p")]),
        ({"url": "/x/1?p=role,user,admin"}, [("query", "/p")]),
        (
            {"headers": {"x-kind": "a", "x-map": "role=admin, role=user"}},
            [("header", "/x-map")],
        ),
        ({"headers": {}}, [("header", "/x-kind")]),
        ({"headers": {"x_kind": "b"}}, [("header", "/x-kind")]),
        ({"headers": {"x-kind": "a", "x_kind": "b"}}, [("header", "/x-kind")]),
        (
            {"headers": {"x-kind": "a", "cookie": "group=a; group=long"}},
            [("cookie", "/group")],
        ),
        ({"headers": {"x-kind": "a" * 5000 + "!"}}, [("header", "/x-kind")]),
        (
            {"headers": {"x-kind": "a", "cookie": "group=long"}},
            [("cookie", "/group")],
        ),
        ({"json": {}}, [("body", "")]),
        ({"json": [1]}, [("body", "")]),
        (
            {"json": {"items": [{"price": "1"}, {"price": 1, "more": {}}], "x": 1}},
            [("body", ""), ("body", "/items/0/price"), ("body", "/items/1/more")],
        ),
        ({"json": None}, [("body", "")]),
    ],
)
async def test_each_violation_has_its_pointer(
    change: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    async with validating(operation()) as (client, service, _):
        response = await client.post(**(VALID | change))

    assert sorted(errors(response)) == expected
    assert not service.heads


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 3000, "application/json", 400),
        (b"n=1", "application/x-www-form-urlencoded", 200),
        (b"n=x", "application/x-www-form-urlencoded", 400),
        (b"anything", "text/plain", 200),
        (b"<a/>", "application/xml", 415),
        (b"{}", "", 415),
        (b'{"items": []}' + b" " * 2_000_000, "application/json", 413),
        (b'{"items": [' + b"{}," * 200_000 + b"1]}", "application/json", 400),
    ],
)  # fmt: skip
async def test_a_body_is_validated_by_its_media_type(
    content: bytes, content_type: str, status: int
) -> None:
    fields = VALID["headers"] | {"content-type": content_type}
    async with validating(operation()) as (client, _, _sink):
        response = await client.post("/x/1", headers=fields, content=content)

    assert response.status_code == status, response.text
    assert len(response.content) < 20_000


@pytest.mark.parametrize("explode", ["true", "false"])
@pytest.mark.parametrize(
    ("place", "request_", "wrong"),
    [
        ("path", {"url": "/x/1,2"}, {"url": "/x/1,b"}),
        ("header", {"headers": {"v": "1, 2"}}, {"headers": {"v": "1, b"}}),
        ("cookie", {"headers": {"cookie": "v=1,2"}}, {"headers": {"cookie": "v=1,b"}}),
    ],
)
async def test_a_list_outside_of_a_query_has_commas(
    explode: str, place: str, request_: dict[str, Any], wrong: dict[str, Any]
) -> None:
    described = (
        f"operation: {{parameters: [{{name: v, in: {place}, required: true,"
        f" explode: {explode}, schema: {{type: array, items: {{type: integer}}}}}}]}}"
    )
    async with validating(described, path="/x/{v}") as (client, _, _):
        passed = await client.get(**({"url": "/x/1"} | request_))
        refused = await client.get(**({"url": "/x/1"} | wrong))

    assert passed.status_code == httpx.codes.OK, passed.text
    assert errors(refused) == [(place, "/v/1")]


@pytest.mark.parametrize(
    ("explode", "field", "pointer"),
    [("true", "a=1, b=x", "/v/b"), ("false", "a, 1, b, x", "/v/b")],
)
async def test_members_of_a_header_field_may_have_spaces(
    explode: str, field: str, pointer: str
) -> None:
    described = (
        f"operation: {{parameters: [{{name: v, in: header, explode: {explode}, schema:"
        " {type: object, properties: {a: {type: integer}, b: {type: integer}}}}]}"
    )
    async with validating(described, path="/x") as (client, _, _):
        response = await client.get("/x", headers={"v": field})

    assert errors(response) == [("header", pointer)]


async def test_a_measured_violation_passes_and_is_logged() -> None:
    modes = "\nmodes: {body: measure, query: 'off', headers: measure}"
    async with validating(operation(modes)) as (client, service, sink):
        response = await client.post("/x/1?limit=1000", json={"items": "secret"})
        long = await client.post("/x/1", json={"items": "secret" * 10_000})
        large = await client.post("/x/1", content=bytes(2_000_000))
        wrong_path = await client.post("/x/0", json={})

    assert (response.status_code, large.status_code) == (200, 200)
    assert long.status_code == httpx.codes.OK
    assert errors(wrong_path) == [("path", "/id")]
    assert service.bodies[0] == b'{"items":"secret"}'
    finished = [each for each in sink.events if isinstance(each, RequestFinished)]
    first, second = [each.failures for each in finished if len(each.failures) > 1][:2]
    assert [each.code for each in first] == ["REQUEST_INVALID"] * 2
    expected = ["header/x-kind: It is required.", "body/items: It violates `type`."]
    assert [each.detail for each in first] == expected
    assert [each.detail for each in second] == expected


async def test_a_long_value_or_key_makes_no_long_problem() -> None:
    schema = "{schema: {type: object, additionalProperties: {type: integer}}}"
    rule = f"operation: {{requestBody: {{content: {{application/json: {schema}}}}}}}"
    async with validating(rule) as (client, _, _sink):
        value = await client.post("/x/1", json={"a": "x" * 100_000})
        key = await client.post("/x/1", json={"x" * 100_000: "a"})

    for response in (value, key):
        assert errors(response)
        assert len(response.content) < 2000


DOCUMENT = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example/v1"}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters: [{$ref: "#/components/parameters/Limit"}]
      responses: {}
    post:
      requestBody: {$ref: "#/components/requestBodies/Order"}
      responses: {}
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get: {operationId: getOrder, responses: {}}
  /orders/latest:
    get: {operationId: latestOrder, responses: {}}
components:
  parameters:
    Limit:
      name: limit
      in: query
      schema: {type: integer, maximum: 9, exclusiveMaximum: true}
  requestBodies:
    Order:
      content: {application/json: {schema: {$ref: "#/components/schemas/Node"}}}
  schemas:
    Node:
      type: object
      required: [id, value]
      properties:
        id: {type: string, readOnly: true}
        value: {type: integer, nullable: true}
        next: {$ref: "#/components/schemas/Node"}
"""


@asynccontextmanager
async def shop(
    folder: Path, more: str = ""
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService, RecordingSink]]:
    (folder / "shop.yaml").write_text(DOCUMENT)
    proxy = "{upstream: s, path: /v1/*}"
    async with validating(
        f"openapi: shop.yaml{more}", folder, "/shop/*", proxy
    ) as all_:
        yield all_


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/shop/orders?limit=8", 200),
        ("GET", "/shop/orders?limit=9", 400),
        ("HEAD", "/shop/orders?limit=8", 200),
        ("GET", "/shop/orders/7", 200),
        ("GET", "/shop/orders/x", 400),
        ("GET", "/shop/orders/latest", 200),
        ("GET", "/shop/order%73/7", 200),
        ("DELETE", "/shop/orders/7", 405),
        ("OPTIONS", "/shop/orders/7", 200),
        ("GET", "/shop/unknown", 404),
        ("GET", "/shop", 404),
        ("GET", "/shop/orders/7/", 404),
    ],
)
async def test_a_document_decides_on_paths_and_methods(
    tmp_path: Path, method: str, path: str, status: int
) -> None:
    async with shop(tmp_path) as (client, _, _sink):
        response = await client.request(method, path)

    assert response.status_code == status, response.text


async def test_circular_nullable_and_read_only_schemas_are_understood(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as (client, service, sink):
        valid = {"value": None, "next": {"value": 1, "next": {"value": 2}}}
        passed = await client.post("/shop/orders", json=valid)
        wrong = {"value": 1, "next": {"value": 1, "next": {"value": "x"}}}
        failed = await client.post("/shop/orders", json=wrong)
        deep: Any = {"value": 1}
        for _ in range(500):
            deep = {"value": 1, "next": deep}
        nested = await client.post("/shop/orders", json=deep)
        await client.get("/shop/orders/7")

    assert passed.status_code == nested.status_code == httpx.codes.OK
    assert errors(failed) == [("body", "/next/next/value")]
    finished = [each for each in sink.events if isinstance(each, RequestFinished)]
    assert finished[-1].operation == "getOrder"
    assert len(service.heads) == 3


async def test_requests_without_an_operation_may_pass(tmp_path: Path) -> None:
    async with shop(tmp_path, "\nundescribed: pass") as (client, _, _sink):
        assert (await client.get("/shop/unknown")).status_code == httpx.codes.OK
        assert (await client.delete("/shop/orders/7")).status_code == httpx.codes.OK
