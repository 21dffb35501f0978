"""A route with several backends, over sockets."""

from collections import Counter

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.gateway.events import BackendFinished, RequestFinished

CONFIG = """
upstreams:
  old: {{instances: ["{old}"], health: {{active: false}}}}
  new: {{instances: ["{new}"], health: {{active: false}}}}
routes:
  users:
    path: /users/*
    proxy:
      backends:
        stable: {{upstream: old, weight: {stable}}}
        canary: {{upstream: new, weight: {canary}}}
      sticky: header:x-user
"""


async def test_a_user_stays_on_one_side_while_the_weights_shift() -> None:
    async with (
        raw_service(responding(ok(b"old"))) as old,
        raw_service(responding(ok(b"new"))) as new,
    ):

        def config(stable: int, canary: int) -> str:
            return CONFIG.format(old=old.url, new=new.url, stable=stable, canary=canary)

        async with (
            routed_gateway(config(70, 30)) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):

            async def sides() -> dict[int, str]:
                found = {}
                for user in range(40):
                    fields = {"x-user": str(user), "x-weir-backend": "of-the-client"}
                    found[user] = (await client.get("/users/x", headers=fields)).text
                return found

            before = await sides()
            assert await sides() == before
            assert 2 < Counter(before.values())["new"] < 25
            assert new.fields()["x-weir-backend"] == "canary"
            assert old.fields()["x-weir-backend"] == "stable"

            await gateway.reload(config(40, 60))
            after = await sides()
            moved = {user for user in before if before[user] != after[user]}
            assert moved
            assert all(after[user] == "new" for user in moved)

            await gateway.reload(config(1, 0))
            assert set((await sides()).values()) == {"old"}

        labels = {
            each.operation
            for each in gateway.sink.events
            if isinstance(each, RequestFinished)
        }
        assert labels == {"stable", "canary"}


HALVES = """
upstreams:
  old: {{instances: ["{old}"], health: {{active: false}}}}
  new:
    instances: {new}
    health: {{active: false}}
    breaker: {{failures: 100, failed_share: 100%}}
routes:
  users:
    path: /users/*
    proxy:
      backends: {{stable: {{upstream: old}}, canary: {{upstream: new}}}}
      sticky: header:x-user
"""


async def test_users_stay_on_their_side_when_an_instance_dies() -> None:
    async with (
        raw_service(responding(ok(b"old"))) as old,
        raw_service(responding(ok(b"new"))) as left,
        raw_service(responding(ok(b"new"))) as dying,
        routed_gateway(
            HALVES.format(old=old.url, new=[left.url, dying.url])
        ) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):

        async def sides() -> list[str]:
            users = [{"x-user": str(each)} for each in range(20)]
            return [(await client.get("/users/x", headers=each)).text for each in users]

        before = await sides()
        assert set(before) == {"old", "new"}
        assert dying.heads
        await dying.close()

        assert await sides() == before


async def test_each_backend_has_its_requests_with_their_statuses() -> None:
    """Also those that fail, in the log and for metrics."""
    unavailable = b"HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n"
    closed = f"[http://127.0.0.1:{free_port()}]"
    async with (
        raw_service(responding(unavailable)) as old,
        routed_gateway(HALVES.format(old=old.url, new=closed)) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):
        for user in range(20):
            await client.get("/users/x", headers={"x-user": str(user)})

        events = gateway.sink.events
        logged = Counter(
            (each.operation, each.status)
            for each in events
            if isinstance(each, RequestFinished)
        )
        counted = Counter(
            (each.backend, each.status)
            for each in events
            if isinstance(each, BackendFinished)
        )

        assert set(logged) == {("stable", 503), ("canary", 502)}
        assert counted == logged


SPLIT = """
upstreams:
  old: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  users:
    path: /*
    proxy:
      backends: {{stable: {{upstream: old}}, canary: {{upstream: old}}}}
      {split}
"""


@pytest.mark.parametrize(
    ("when", "varies", "control"),
    [
        ("{headers: {X-Side: canary}}", "accept, x-side", "public, max-age=9"),
        ("{cookies: {side: canary}}", "accept, cookie", "public, max-age=9"),
        ("{query: {side: canary}}", "accept", "public, max-age=9"),
        ("{cel: request.query.side == 'canary'}", "accept", "public, max-age=9"),
        ("{cel: request.headers.side == 'canary'}", "accept", "private, max-age=9"),
    ],
)
async def test_responses_vary_by_the_fields_of_cohorts(
    when: str, varies: str, control: str
) -> None:
    cohorts = f"{{one: {{when: {when}, weights: {{canary: 1}}}}}}"
    await caches_are_told(f"cohorts: {cohorts}", varies, control)


@pytest.mark.parametrize(
    ("sticky", "varies", "control"),
    [
        ("sticky: header:X-User", "accept, x-user", "public, max-age=9"),
        ("sticky: address", "accept", "private, max-age=9"),
        ("sticky: [header:x-user, address]", "accept, x-user", "private, max-age=9"),
        (
            "sticky_cookie: {secret: 0123456789abcdef0123456789abcdef}",
            "accept, cookie",
            "private, max-age=9",
        ),
    ],
)
async def test_responses_vary_by_what_keeps_a_client_on_its_side(
    sticky: str, varies: str, control: str
) -> None:
    await caches_are_told(sticky, varies, control)


async def caches_are_told(split: str, varies: str, control: str) -> None:
    """Assert the fields of a response for caches, with these keys of the split."""
    fields = (b"vary: accept", b"cache-control: public, max-age=9")
    async with (
        raw_service(responding(ok(b"", *fields))) as service,
        routed_gateway(SPLIT.format(url=service.url, split=split)) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):
        headers = (await client.get("/x")).headers
        assert sorted(headers["vary"].split(", ")) == sorted(varies.split(", "))
        directives = headers["cache-control"].split(", ")
        assert sorted(directives) == sorted(control.split(", "))
