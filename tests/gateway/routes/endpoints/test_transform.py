"""Changed requests and responses, over sockets."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from tests.support.conditions import until
from tests.support.raw_service import Behaviour, RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from tests.support.served_process import Connection
from weir.gateway.concurrency.client_memory import ClientMemory


@asynccontextmanager
async def serving(
    transform: str,
    behaviour: Behaviour,
    path: str = "/x/{id}",
    more: str = "",
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    async with raw_service(behaviour) as service:
        config = (
            f"upstreams: {{s: {{instances: ['{service.url}'], retry: {{attempts: 1}},"
            " health: {active: false}}}\n"
            f"routes:\n  x:\n    path: {path}\n    proxy: s\n{more}"
            f"    transform: {transform}\n"
        )
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            yield client, service


def json_ok(value: Any, *fields: bytes) -> Behaviour:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return responding(ok(body, b"content-type: application/json", *fields))


async def test_header_fields_are_changed_and_cannot_be_forged() -> None:
    headers = (
        "{remove: [x-debug], rename: {x-old: x-new}, add: {x-tag: b},"
        ' set: {x-id: "user-{id}", x-tenant: "{claims.tenant}", x-q: "{query.q}"}}'
    )
    sent = {
        "x-debug": "1", "X_Debug": "2", "x-old": "o", "x-new": "n", "x-tag": "a",
        "x-tenant": "forged", "X_Tenant": "forged", "x-other": "kept",
    }  # fmt: skip
    async with serving(f"{{request: {{headers: {headers}}}}}", json_ok(1)) as (
        client,
        service,
    ):
        await client.get("/x/7%C3%A4?q=a%20b", headers=sent)

    head = service.heads[0].decode("latin-1")
    assert "x-debug" not in head.lower()
    assert "x_debug" not in head.lower()
    assert "forged" not in head
    assert "x-old" not in head
    assert head.count("x-new: o") == 1
    assert "x-new: n" not in head
    assert service.fields()["x-id"].encode("latin-1") == "user-7ä".encode()
    assert service.fields()["x-q"] == "a b"
    assert service.fields()["x-other"] == "kept"
    assert head.index("x-tag: a\r\n") < head.index("x-tag: b\r\n")


@pytest.mark.parametrize("id_", ["a%0d%0ax-evil:%201", "a%00", "%0a", "a%20"])
async def test_a_capture_cannot_inject_a_header_field(id_: str) -> None:
    headers = '{request: {headers: {set: {x-id: "{id}"}}}}'
    async with serving(headers, json_ok(1)) as (client, service):
        response = await client.get(f"/x/{id_}")

    assert (response.status_code, response.json()["code"]) == (400, "BAD_REQUEST")
    assert not service.heads


async def test_query_parameters_are_changed() -> None:
    query = (
        "{remove: [debug], rename: {q: query}, add: {a: '2'},"
        ' set: {user: "{id}", tenant: "{claims.tenant}"}}'
    )
    async with serving(f"{{request: {{query: {query}}}}}", json_ok(1)) as (c, service):
        await c.get("/x/a%26b?debug&de%62ug=1&q=%7e+&user=x&tenant=x&a=1&keep=%7e")

    assert service.request_line.split()[1] == (
        "/x/a%26b?query=%7e+&a=1&keep=%7e&user=a%26b&a=2"
    )


async def test_a_request_without_a_query_has_none() -> None:
    async with serving("{request: {query: {remove: [a]}}}", json_ok(1)) as (c, service):
        await c.get("/x/1?a=1")

    assert service.request_line.split()[1] == "/x/1"


async def test_a_json_body_is_changed_by_rules() -> None:
    body = "{deny: [secret], rename: {name: title}, move: {a.b: c}, allow: [name, a.b]}"
    async with serving(f"{{request: {{body: {body}}}}}", json_ok(1)) as (c, service):
        sent = {"name": "x", "secret": 1, "a": {"b": 2, "x": 3}}
        packed = gzip.compress(orjson.dumps(sent))
        fields = {"content-type": "application/json", "content-encoding": "gzip"}
        await c.post("/x/1", content=packed, headers=fields)

    assert orjson.loads(service.bodies[0]) == {"title": "x", "a": {}, "c": 2}
    assert service.fields()["content-length"] == str(len(service.bodies[0]))
    assert "content-encoding" not in service.fields()
    assert "transfer-encoding" not in service.fields()


@pytest.mark.parametrize(
    ("body", "sent", "content_type", "arrives", "new_type"),
    [
        (
            "{read: form, write: json}",
            b"a=1&b=2&b=3",
            "application/x-www-form-urlencoded",
            b'{"a":"1","b":["2","3"]}',
            "application/json",
        ),
        (
            "{write: form}",
            b'{"a": 1, "b": [2, "x y"]}',
            "application/json; charset=utf-8",
            b"a=1&b=2&b=x+y",
            "application/x-www-form-urlencoded",
        ),
        (
            "{read: xml, write: json, lists: [tag], flatten: [user]}",
            b'<user id="7"><tag>a</tag></user>',
            "text/xml",
            b'{"@id":"7","tag":["a"]}',
            "application/json",
        ),
        (
            "{write: xml, root: user}",
            b'{"name": "A&B", "tag": [1, 2]}',
            "application/problem+json",
            b'<?xml version="1.0" encoding="utf-8"?>\n'
            b"<user><name>A&amp;B</name><tag>1</tag><tag>2</tag></user>",
            "application/xml",
        ),
        (
            """{template: '{"n": {{ body.name }}, "q": {{ query.q }},
             "i": {{ path.id }}, "t": {{ claims.tenant | default(none) }}}'}""",
            rb'{"name": "\",\"admin\":true"}',
            "application/json",
            rb'{"n":"\",\"admin\":true","q":"x","i":"1","t":null}',
            "application/json",
        ),
        (
            "{template: '<a>{{ body.a }}</a>', write: text, content_type: text/xml}",
            b'{"a": "<b>"}',
            "application/json",
            b"<a>&lt;b&gt;</a>",
            "text/xml",
        ),
    ],
)
async def test_a_body_changes_its_format(
    body: str, sent: bytes, content_type: str, arrives: bytes, new_type: str
) -> None:
    async with serving(f"{{request: {{body: {body}}}}}", json_ok(1)) as (c, service):
        response = await c.post(
            "/x/1?q=x", content=sent, headers={"content-type": content_type}
        )

    assert response.status_code == httpx.codes.OK, response.text
    assert service.bodies == [arrives]
    assert service.fields()["content-type"] == new_type


@pytest.mark.parametrize(
    ("sent", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "BAD_REQUEST"),
        (b"[" * 2000, "application/json", 400, "BAD_REQUEST"),
        (b"[" + b"[]," * 300_000 + b"1]", "application/json", 400, "BAD_REQUEST"),
        (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}", "", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'"' + b"x" * 2_000_000 + b'"', "application/json", 413, "PAYLOAD_TOO_LARGE"),
        (b'{"a": 1}', "application/json", 400, "BAD_REQUEST"),
    ],
)
async def test_a_body_that_cannot_be_changed_is_rejected(
    sent: bytes, content_type: str, status: int, code: str
) -> None:
    transform = "{request: {body: {template: '{{ body.name }}'}}}"
    async with serving(transform, json_ok(1), more="    max_body: 8MiB\n") as (
        client,
        service,
    ):
        response = await client.post(
            "/x/1", content=sent, headers={"content-type": content_type}
        )

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not service.heads


async def test_a_request_without_a_body_is_not_changed() -> None:
    async with serving("{request: {body: {deny: [a]}}}", json_ok(1)) as (c, service):
        response = await c.get("/x/1")

    assert response.status_code == httpx.codes.OK
    assert "content-type" not in service.fields()


async def test_a_response_is_changed() -> None:
    transform = (
        "{response: {body: {deny: [secret]}, headers: {remove: [server],"
        ' set: {x-id: "{id}"}, rename: {x-old: x-new}}}}'
    )
    packed = gzip.compress(b'{"a": 1, "secret": 2}')
    behaviour = json_ok(
        packed, b"content-encoding: gzip", b"server: s", b'etag: "of-service"',
        b"x-old: o", b"last-modified: x", b"accept-ranges: bytes",
    )  # fmt: skip
    async with serving(transform, behaviour) as (client, service):
        sent = {"range": "bytes=0-3", "if-none-match": '"of-service"'}
        response = await client.get("/x/7", headers=sent)
        tag = response.headers["etag"]
        again = await client.get("/x/7", headers={"if-none-match": tag})

    assert response.json() == {"a": 1}
    assert response.headers["x-id"] == "7"
    assert response.headers["x-new"] == "o"
    absent = {"server", "last-modified", "accept-ranges", "content-encoding"}
    assert absent.isdisjoint(response.headers)
    assert tag != '"of-service"'
    assert again.status_code == httpx.codes.NOT_MODIFIED
    assert {"range", "if-none-match"}.isdisjoint(service.fields(0))


async def test_a_response_to_head_has_no_length_of_the_service() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\ncontent-type: application/json"
    transform = "{response: {body: {deny: [a]}}}"
    async with serving(transform, responding(head + b"\r\n\r\n")) as (client, _):
        response = await client.head("/x/7")

    assert response.status_code == httpx.codes.OK
    assert "content-length" not in response.headers


@pytest.mark.parametrize(
    ("response", "detail"),
    [
        (ok(b"{}", b"content-type: text/html"), "Expected application/json"),
        (ok(b"{}"), "Expected application/json"),
        (ok(b"{", b"content-type: application/json"), "not JSON"),
        (ok(b"x", b"content-type: application/json", b"content-encoding: gzip"),
         "cannot be decoded"),
        (ok(b'"' + b"x" * 2_000_000 + b'"', b"content-type: application/json"),
         "longer than"),
    ],
)  # fmt: skip
async def test_a_response_that_cannot_be_changed_is_502(
    response: bytes, detail: str
) -> None:
    transform = "{response: {body: {deny: [secret]}}}"
    async with serving(transform, responding(response)) as (client, _):
        received = await client.get("/x/7")

    assert received.status_code == httpx.codes.BAD_GATEWAY
    assert received.json()["code"] == "TRANSFORMATION_FAILED"
    assert detail not in received.text


async def test_an_error_of_the_service_becomes_a_problem_with_a_new_status() -> None:
    transform = "{response: {status: {404: 410}, errors: problem}}"
    failed = (
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\nretry-after: 9\r\n"
        b"content-type: text/html\r\n\r\nstack"
    )
    async with serving(transform, responding(failed)) as (client, _):
        response = await client.get("/x/7")

    assert response.status_code == httpx.codes.GONE
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "9"
    assert response.json()["code"] == "SERVICE_ERROR"
    assert response.json()["status"] == httpx.codes.GONE
    assert "stack" not in response.text


async def test_an_error_passes_without_a_rule_for_it() -> None:
    failed = b"HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nstack"
    transform = "{response: {body: {deny: [a]}}}"
    async with serving(transform, responding(failed)) as (client, _):
        response = await client.get("/x/7")

    assert (response.status_code, response.text) == (404, "stack")


@pytest.mark.parametrize(
    ("changes", "control", "vary"),
    [
        (
            '{headers: {set: {x-a: "{claims.a}"}}}',
            "private, max-age=9",
            "authorization",
        ),
        ('{headers: {set: {x-a: "{cookies.a}"}}}', "private, max-age=9", "cookie"),
        ('{headers: {set: {x-a: "{headers.a}"}}}', "public, max-age=9", "a"),
        ("{body: {template: '{{ claims }}'}}", "private, max-age=9", "authorization"),
        ('{headers: {set: {x-a: "{id}"}}}', "public, max-age=9", None),
    ],
)
async def test_caches_learn_what_a_changed_response_depends_on(
    changes: str, control: str, vary: str | None
) -> None:
    behaviour = json_ok(1, b"cache-control: public, max-age=9")
    async with serving(f"{{response: {changes}}}", behaviour) as (client, _):
        response = await client.get("/x/7")

    assert response.headers["cache-control"] == control
    assert response.headers.get("vary") == vary


async def test_an_aggregated_response_is_changed_as_well() -> None:
    async with raw_service(json_ok({"a": 1})) as service:
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  page:
    path: /page
    aggregate: {{parts: {{a: {{upstream: s, path: /a}}}}}}
    transform: {{response: {{body: {{write: xml}}}}}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/page")

    assert response.headers["content-type"] == "application/xml"
    assert response.text.endswith("<a><a>1</a></a>")


async def test_a_large_body_without_a_rule_for_it_is_streamed() -> None:
    transform = "{request: {headers: {set: {x-a: b}}}, response: {status: {200: 203}}}"
    body = bytes(3_000_000)
    more = "    max_body: 8MiB\n"
    async with serving(transform, responding(ok(body)), more=more) as (client, service):
        response = await client.put("/x/1", content=body)

    assert (response.status_code, response.content) == (203, body)
    assert service.bodies == [body]


async def test_a_field_that_is_removed_or_replaced_is_no_trailer_either() -> None:
    headers = "{remove: [x-secret], rename: {x-a: x-b}, set: {x-sum: own}}"
    chunked = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-secret: 1\r\n\r\n"
        b"2\r\nok\r\n0\r\nx-secret: 1\r\nX_Secret: 1\r\nx-sum: 1\r\nx-a: 1\r\n\r\n"
    )
    transform = f"{{response: {{headers: {headers}}}}}"
    async with serving(transform, responding(chunked)) as (client, _):
        reader, writer = await asyncio.open_connection(
            client.base_url.host, client.base_url.port
        )
        writer.write(b"GET /x/1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        response = await reader.read()
        writer.close()

    assert response.endswith(b"0\r\nx-b: 1\r\n\r\n")


async def test_responses_that_are_read_whole_share_a_memory() -> None:
    may_end, memory = asyncio.Event(), ClientMemory(400_000)

    async def respond(_: RawService, connection: Connection, head: bytes) -> None:
        del head
        body = b'"' + b"x" * 100_000 + b'"'
        fields = b"content-type: application/json\r\ncontent-length: %d" % len(body)
        await connection.send(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n" + body[:-1])
        await may_end.wait()
        await connection.send(body[-1:])

    async with raw_service(respond) as service:
        config = f"""
upstreams:
  s: {{instances: ["{service.url}"], health: {{active: false}}}}
routes:
  x: {{path: /x, proxy: s, transform: {{response: {{body: {{}}}}}}}}
"""
        async with (
            routed_gateway(config, replies=memory) as gateway,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{gateway.port}", timeout=60
            ) as client,
        ):
            calls = [asyncio.create_task(client.get("/x")) for _ in range(6)]
            await until(lambda: sum(each.done() for each in calls) >= 4)
            assert memory.used <= 200_000
            may_end.set()
            statuses = [(await each).status_code for each in calls]

    assert statuses.count(503) in {4, 5}
    assert statuses.count(200) == 6 - statuses.count(503)
    assert memory.used == 0
