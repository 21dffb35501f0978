"""A response of several services, over sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.conditions import until
from tests.support.json_service import Document, json_service, targets
from tests.support.raw_service import RawService, raw_service
from tests.support.routed_gateway import routed_gateway
from tests.support.served_process import Connection
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.events import RequestFinished

USERS = {
    "/users/7": {"id": 7, "name": "Ada", "password": "x", "address": {"city": "Bern"}},
    "/users/a%2Fb%3Fc": {"id": "a/b?c"},
    "/users/8": {"id": 8, "friend": None},
    "/users/9": {"id": 9, "friend": ".."},
    "/users/10": {"id": 9, "friend": ""},
}


@asynccontextmanager
async def serving(
    parts: str, documents: dict[str, Document], path: str = "/page/{id}", more: str = ""
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    """Serve a route at `path` whose parts are requested from one service."""
    async with json_service(documents) as service:
        config = (
            f"upstreams:\n  s: {{instances: ['{service.url}'],"
            " health: {active: false}, retry: {attempts: 1}}\n"
            f"routes:\n  page:\n    path: {path}\n{more}    aggregate:\n"
            f"      parts:\n{parts}"
        )
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            yield client, service


async def get(parts: str, documents: dict[str, Document], path: str) -> Any:
    async with serving(parts, documents) as (client, _):
        response = await client.get(path)
        assert response.status_code == httpx.codes.OK, response.text
        return response.json()


async def test_parts_are_under_their_names() -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}", allow: [id, name]}
        news: {upstream: s, path: /news, group: latest, target: items}
    """

    page = await get(parts, {**USERS, "/news": {"items": [1]}}, "/page/7")

    assert page == {"user": {"id": 7, "name": "Ada"}, "latest": [1]}


async def test_parts_are_merged_by_their_allowed_keys() -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}", merge: true, allow: [id, name]}
        news:
          {upstream: s, path: /news, merge: true, allow: [n], rename: {n: unread}}
    """

    page = await get(parts, {**USERS, "/news": {"n": 3, "id": 9}}, "/page/7")

    assert page == {"id": 7, "name": "Ada", "unread": 3}


async def test_a_part_uses_a_value_of_an_earlier_one_that_clients_do_not_get() -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}", deny: [address, password]}
        weather: {upstream: s, path: "/weather?city={user.address.city}"}
    """

    documents = {**USERS, "/weather?city=Bern": {"sun": True}}
    page = await get(parts, documents, "/page/7")

    assert page == {"user": {"id": 7, "name": "Ada"}, "weather": {"sun": True}}


async def test_values_of_the_request_are_encoded_and_optional_ones_left_out() -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}"}
        list:
          upstream: s
          path: "/list?q={query.q}&a={headers.x-a}&c={cookies.c}&fixed"
    """

    documents = {
        **USERS,
        "/list?q=1%262%2F%C3%A4&a=x%20y&fixed": 1,
        "/list?c=z&fixed": 2,
    }
    async with serving(parts, documents) as (client, _):
        one = await client.get("/page/a%2Fb%3Fc?q=1%262/%C3%A4", headers={"x-a": "x y"})
        other = await client.get("/page/7", headers={"cookie": "c=z"})

    assert one.json() == {"user": {"id": "a/b?c"}, "list": 1}
    assert other.json()["list"] == 2


async def test_independent_parts_are_requested_at_the_same_time() -> None:
    both = asyncio.Barrier(2)

    async def respond(service: RawService, connection: Connection, _: bytes) -> None:
        del service
        await both.wait()
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")

    async with raw_service(respond) as service:
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  page:
    path: /page
    aggregate:
      parts: {{a: {{upstream: s, path: /a}}, b: {{upstream: s, path: /b}}}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/page")

    assert response.json() == {"a": 1, "b": 1}


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500, 503])
async def test_the_status_of_a_required_part_is_that_of_the_response(
    status: int,
) -> None:
    parts = '        user: {upstream: s, path: "/users/{id}"}\n'
    failed = (status, {"secret": 1}, b"retry-after: 7")
    async with serving(parts, {"/users/7": failed}) as (client, _):
        response = await client.get("/page/7")

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["code"] == "PART_FAILED"
    assert response.json()["status"] == status
    assert "secret" not in response.text
    assert response.headers["retry-after"] == "7"
    assert ("www-authenticate" in response.headers) == (status == 401)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ((302, {}), "PART_FAILED"),
        ((200, b"{"), "PART_MALFORMED"),
        ((200, b"<a/>"), "PART_MALFORMED"),
        ((200, b"[" * 2000), "PART_MALFORMED"),
        ((200, b"[" + b"[]," * 600_000 + b"1]"), "UPSTREAM_REPLY_TOO_LARGE"),
        ((200, b'"' + b"x" * 90_000 + b'"'), "AGGREGATE_TOO_LARGE"),
        (b"nonsense\r\n\r\n", "UPSTREAM_PROTOCOL_ERROR"),
        ((200, [1]), "PART_MALFORMED"),
    ],
)
async def test_a_part_that_is_not_usable_is_502(document: Document, code: str) -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}", merge: true}
      max_size: 64KiB
    """
    if code == "UPSTREAM_REPLY_TOO_LARGE":
        parts = parts.replace("64KiB", "32MiB")
    async with serving(parts, {"/users/7": document}) as (client, _):
        response = await client.get("/page/7")

    assert (response.status_code, response.json()["code"]) == (502, code)


async def test_an_optional_part_that_fails_is_null_with_a_warning() -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}", allow: [id]}
        ads: {upstream: s, path: /ads, required: false}
        tips: {upstream: s, path: /tips, required: false, fallback: [{id: 1}]}
        more: {upstream: s, path: /more, required: false, merge: true, allow: [a, b]}
        of_tip: {upstream: s, path: "/tip/{tips.0.id}"}
        of_ad: {upstream: s, path: "/ad/{ads.id}", required: false}
    """
    documents = {**USERS, "/ads": (500, {}), "/more": [], "/tip/1": "one"}
    async with serving(parts, documents) as (client, service):
        response = await client.get("/page/7")
        requested = targets(service)

    page = response.json()
    warnings = page.pop("_weir")["warnings"]
    assert page == {
        "user": {"id": 7},
        "ads": None,
        "tips": [{"id": 1}],
        "a": None,
        "b": None,
        "of_tip": "one",
        "of_ad": None,
    }
    assert [(each["path"], each["code"], each["service"]) for each in warnings] == [
        ("ads", "PART_FAILED", "s"),
        ("tips", "PART_FAILED", "s"),
        ("more", "PART_MALFORMED", "s"),
        ("of_ad", "PART_INPUT_INVALID", "s"),
    ]
    assert "500" not in response.text
    assert response.headers["weir-completed"] == "false"
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers
    assert "/ad/" not in "".join(requested)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/page/8", 502, "PART_INPUT_INVALID"),
        ("/page/9", 502, "PART_INPUT_INVALID"),
        ("/page/10", 502, "PART_INPUT_INVALID"),
    ],
)
async def test_a_value_of_a_service_cannot_change_the_path_of_a_request(
    path: str, status: int, code: str
) -> None:
    parts = """
        user: {upstream: s, path: "/users/{id}"}
        friend: {upstream: s, path: "/friends/{user.friend}/x"}
    """
    async with serving(parts, dict(USERS)) as (client, service):
        response = await client.get(path)
        requested = targets(service)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert requested == [path.replace("page", "users")]


@pytest.mark.parametrize("id_", ["%2e%2e", "%252e%252e", "..%2fx", ".."])
async def test_a_value_of_a_client_cannot_change_the_path_of_a_request(
    id_: str,
) -> None:
    parts = '        user: {upstream: s, path: "/users/{id}/x"}\n'
    async with serving(parts, {}) as (client, service):
        transport = httpx.AsyncHTTPTransport()
        url = httpx.URL(client.base_url, raw_path=f"/page/{id_}".encode())
        response = await transport.handle_async_request(httpx.Request("GET", url))
        await response.aread()
        await transport.aclose()

    assert response.status_code in (400, 404)
    assert not service.heads


async def test_items_are_joined_by_key_in_batches() -> None:
    parts = """
        products: {upstream: s, path: /products, target: items, deny: ["*.id", "*.x"]}
        prices:
          upstream: s
          path: "/prices?ids={products.*.id}"
          batch: 2
          join: {to: "products.*", by: id, key: product, name: price}
          allow: [amount]
        reviews:
          upstream: s
          path: "/reviews/{products.*.id}"
          join: {to: "products.*", by: id, key: of, name: reviews, many: true}
          deny: [of]
    """
    items = [{"id": each, "name": f"p{each}", "x": 0} for each in (1, 2, 3, 2)]
    documents = {
        "/products": {"items": items},
        "/prices?ids=1,2": [
            {"product": "2", "amount": 20},
            {"product": 1, "amount": 10},
        ],
        "/prices?ids=3": [],
        "/reviews/1": [{"of": 1, "text": "good"}, {"of": 1, "text": "bad"}],
        "/reviews/2": {"of": 2, "text": "one"},
        "/reviews/3": [],
    }
    async with serving(parts, documents) as (client, service):
        response = await client.get("/page/x")
        requested = targets(service)

    assert response.json()["products"] == [
        {"name": "p1", "price": {"amount": 10},
         "reviews": [{"text": "good"}, {"text": "bad"}]},
        {"name": "p2", "price": {"amount": 20}, "reviews": [{"text": "one"}]},
        {"name": "p3", "price": None, "reviews": []},
        {"name": "p2", "price": {"amount": 20}, "reviews": [{"text": "one"}]},
    ]  # fmt: skip
    assert sorted(requested) == sorted(documents)


async def test_a_part_that_needs_too_many_requests_fails_without_one() -> None:
    parts = """
        ids: {upstream: s, path: /ids}
        each: {upstream: s, path: "/x/{ids.*.id}", max_calls: 3}
    """
    async with serving(parts, {"/ids": [{"id": n} for n in range(4)]}) as (
        client,
        service,
    ):
        response = await client.get("/page/x")
        requested = targets(service)

    assert response.json()["code"] == "PART_TOO_MANY_CALLS"
    assert requested == ["/ids"]


async def test_no_more_is_requested_once_the_parts_are_too_large() -> None:
    parts = """
        ids: {upstream: s, path: /ids}
        each: {upstream: s, path: "/x/{ids.*.id}", max_calls: 100}
      max_size: 1MiB
    """
    text = "x" * 100_000
    documents = {
        "/ids": [{"id": n} for n in range(100)],
        **{f"/x/{n}": [text] for n in range(100)},
    }
    async with serving(parts, documents) as (client, service):
        response = await client.get("/page/x")

    assert response.json()["code"] == "AGGREGATE_TOO_LARGE"
    # Ten of them fill the response, and 16 are in flight.
    assert len(targets(service)) < 30


async def test_a_joined_item_counts_as_often_as_it_is_used() -> None:
    parts = """
        list: {upstream: s, path: /list}
        all:
          upstream: s
          path: "/one?ids={list.*.k}"
          join: {to: "list.*", by: k, key: k, name: big}
      max_size: 1MiB
    """
    documents = {
        "/list": [{"k": 1}] * 1000,
        "/one?ids=1": [{"k": 1, "text": "x" * 100_000}],
    }
    async with serving(parts, documents) as (client, _):
        response = await client.get("/page/x")

    assert response.json()["code"] == "AGGREGATE_TOO_LARGE"


async def test_the_time_of_a_part_is_limited() -> None:
    gone = asyncio.Event()

    async def silent(service: RawService, connection: Connection, _: bytes) -> None:
        del service
        await connection.reader.read()
        gone.set()

    async with raw_service(silent) as service:
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  page:
    path: /page
    aggregate:
      parts: {{a: {{upstream: s, path: /a, required: false, timeout: 50ms}}}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/page", timeout=30)
            async with asyncio.timeout(30):
                await gone.wait()

    assert response.json()["_weir"]["warnings"][0]["code"] == "UPSTREAM_TIMEOUT"


async def test_a_required_part_that_fails_cancels_the_others() -> None:
    gone = asyncio.Event()

    async def respond(service: RawService, connection: Connection, head: bytes) -> None:
        del service
        if head.startswith(b"GET /slow"):
            await connection.reader.read()
            gone.set()
        else:
            await connection.send(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n")

    async with raw_service(respond) as service:
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  page:
    path: /page
    aggregate:
      parts:
        slow: {{upstream: s, path: /slow, required: false}}
        bad: {{upstream: s, path: /bad}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/page", timeout=30)
            async with asyncio.timeout(30):
                await gone.wait()

    assert response.status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "control"),
    [
        (((), ()), "private, no-cache"),
        ((("public, max-age=60",), ("public, max-age=30",)), "public, max-age=30"),
        ((("public, max-age=60",), ("max-age=30",)), "private, max-age=30"),
        ((("public, max-age=60",), ()), "private, no-cache"),
        ((("public, max-age=60",), ("no-store",)), "no-store"),
    ],
)
async def test_a_response_may_be_cached_as_all_parts_allow(
    fields: tuple[tuple[str, ...], tuple[str, ...]], control: str
) -> None:
    parts = """
        a: {upstream: s, path: /a}
        b: {upstream: s, path: "/b?x={headers.x-a}"}
    """
    documents = {
        path: (200, 1, *(f"cache-control: {each}".encode() for each in stated))
        for path, stated in zip(("/a", "/b"), fields, strict=True)
    }
    async with serving(parts, documents) as (client, _):
        response = await client.get("/page/7")
        tag = {"if-none-match": response.headers["etag"]}
        again = await client.get("/page/7", headers=tag)

    assert response.headers["cache-control"] == control
    assert response.headers["vary"] == "x-a"
    assert again.status_code == httpx.codes.NOT_MODIFIED


async def test_the_caller_of_a_restricted_route_gets_a_private_response() -> None:
    parts = "        a: {upstream: s, path: /a}\n"
    documents = {"/a": (200, 1, b"cache-control: public, max-age=60")}
    more = "    addresses: {allow: [127.0.0.0/8]}\n"
    async with serving(parts, documents, more=more) as (client, _):
        response = await client.get("/page/7")

    assert response.headers["cache-control"] == "private, max-age=60"


async def test_only_get_and_head_are_served() -> None:
    parts = "        a: {upstream: s, path: /a}\n"
    async with serving(parts, {"/a": 1}) as (client, _):
        head = await client.head("/page/7")
        post = await client.post("/page/7", json={})

    assert (head.status_code, head.content) == (200, b"")
    assert (post.status_code, post.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_failures_are_in_the_log() -> None:
    async with json_service({}) as service:
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  page:
    path: /page
    aggregate: {{parts: {{a: {{upstream: s, path: /a, required: false}}}}}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            await client.get("/page")

        (event,) = [e for e in gateway.sink.events if isinstance(e, RequestFinished)]

    assert [(each.service, each.code) for each in event.failures] == [
        ("s", "PART_FAILED")
    ]


@pytest.mark.parametrize("deep_part", ["items", "more"])
@pytest.mark.parametrize("required", [True, False])
async def test_a_part_that_is_nested_too_deeply_has_failed(
    deep_part: str, *, required: bool
) -> None:
    parts = f"""
        items: {{upstream: s, path: /items, required: {str(required).lower()}}}
        more:
          upstream: s
          path: "/more?ids={{items.*.id}}"
          required: {str(required).lower()}
          join: {{to: items.*, by: id, key: id, name: more}}
        other: {{upstream: s, path: /other}}
    """
    deep: Document = (200, b'[{"id": 1, "a": %s}]' % (b"[" * 300 + b"]" * 300))
    documents: dict[str, Document] = {
        "/items": deep if deep_part == "items" else [{"id": 1}, {"id": "1"}],
        "/more?ids=1": deep if deep_part == "more" else [],
        "/other": 1,
    }
    async with serving(parts, documents) as (client, _):
        response = await client.get("/page/7")

    page = response.json()
    if required:
        assert (response.status_code, page["code"]) == (502, "PART_MALFORMED")
        return
    warnings = page.pop("_weir")["warnings"]
    assert [(each["path"], each["code"]) for each in warnings] == [
        (deep_part, "PART_MALFORMED")
    ]
    items = [{"id": 1, "more": None}, {"id": "1", "more": None}]
    assert page == {"items": None if deep_part == "items" else items, "other": 1}
    assert response.headers["cache-control"] == "no-store"


async def test_parts_that_wait_for_others_share_a_memory() -> None:
    may_end, memory = asyncio.Event(), ClientMemory(500_000)

    async def respond(_: RawService, connection: Connection, head: bytes) -> None:
        if b"/slow" in head:
            await may_end.wait()
        body = b"1" if b"/slow" in head else b'"' + b"x" * 100_000 + b'"'
        length = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
        await connection.send(length + body)

    def client_of(port: int, address: str) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        url = f"http://127.0.0.1:{port}"
        return httpx.AsyncClient(transport=transport, base_url=url, timeout=60)

    async with raw_service(respond) as service:
        config = f"""
upstreams:
  s: {{instances: ["{service.url}"], health: {{active: false}}, coalesce: false}}
routes:
  page:
    path: /page
    aggregate:
      parts:
        a: {{upstream: s, path: /a, required: false}}
        b: {{upstream: s, path: /slow}}
"""
        async with (
            routed_gateway(config, replies=memory) as gateway,
            client_of(gateway.port, "127.0.0.2") as attacker,
            client_of(gateway.port, "127.0.0.3") as bystander,
        ):
            attacks = [asyncio.create_task(attacker.get("/page")) for _ in range(5)]
            await until(lambda: sum(each.done() for each in attacks) >= 3)
            assert memory.used <= 250_000
            other = asyncio.create_task(bystander.get("/page"))
            await until(lambda: "127.0.0.3" in memory.held)
            may_end.set()
            responses = [await each for each in attacks]

            assert (await other).json()["b"] == 1
            codes = [each.json().get("code") for each in responses]
            assert codes.count("GATEWAY_OVERLOADED") in {3, 4}
            assert memory.used == 0
