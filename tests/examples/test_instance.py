"""Health, log and faults around a service."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from examples.streaming.services import catalog, users
from examples.streaming.services.instance import Instance


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Instance("users", "users-1", users.app))
    async with httpx.AsyncClient(transport=transport, base_url="http://users") as http:
        yield http


async def test_an_instance_names_itself(client: httpx.AsyncClient) -> None:
    health = (await client.get("/health")).json()

    assert (health["status"], health["service"]) == ("ok", "users")
    assert health["instance"] == "users-1"
    assert health["pid"] > 0


async def test_the_log_lists_the_requests_since_its_reset(
    client: httpx.AsyncClient,
) -> None:
    await client.get("/users/u1")
    await client.post("/_log/reset")

    answer = await client.get("/users?ids=u1,u2,zz", headers={"x-request-id": "r7"})

    log = (await client.get("/_log")).json()
    assert (log["requests"], log["bytes"]) == (1, len(answer.content))
    (entry,) = log["entries"]
    assert entry["path"] == "/users?ids=u1,u2,zz"
    assert (entry["status"], entry["request_id"]) == (200, "r7")
    assert [user["id"] for user in answer.json()["users"]] == ["u1", "u2"]


async def test_the_log_has_no_requests_for_the_sdl() -> None:
    transport = httpx.ASGITransport(
        Instance("catalog", "catalog-1", catalog.create_app(":memory:"))
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://c") as http:
        for query in ("{ _service { sdl } }", "{ __typename }"):
            sent = await http.post("/graphql", json={"query": query})
            assert sent.status_code == 200

        (entry,) = (await http.get("/_log")).json()["entries"]
    assert entry["query"] == "{ __typename }"


async def test_faults_show_in_responses_but_not_in_health(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/_fault", json={"mode": "fail"})
    assert (await client.get("/users/u1")).status_code == 500
    assert (await client.get("/health")).status_code == 200

    await client.post("/_fault", json={"mode": "slow", "delay_s": 0.05})
    slow = await client.get("/users/u1")
    assert slow.status_code == 200
    assert (await client.get("/_log")).json()["entries"][-1]["ms"] >= 50

    await client.post("/_fault", json={"mode": "none"})
    assert (await client.get("/users/u1")).content == slow.content


async def test_a_hanging_instance_only_responds_to_health_checks(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/_fault", json={"mode": "hang"})

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get("/users/u1"), 0.1)
    assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize(
    "told", ['{"mode": "odd"}', "[]", "x", '{"mode": "slow", "delay_s": "long"}']
)
async def test_an_unknown_fault_is_rejected(
    client: httpx.AsyncClient, told: str
) -> None:
    assert (await client.post("/_fault", content=told)).status_code == 400
