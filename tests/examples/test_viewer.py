"""The view models, asked with REST services of this process behind them."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from examples.streaming.services import recommendations, users
from examples.streaming.viewer import schema
from tests.support.calls import request_context
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.context import ExecutionContext

HOME = """
query Home($user: ID! = "u1", $first: Int! = 3, $titles: Int! = 2) {
  viewer(id: $user) {
    user { id name avatar(width: 64) memberSince favouriteGenres }
    rows(first: $first, titlesPerRow: $titles) { id name reason titles { id } }
  }
}
"""


class RestUpstream:
    """A REST service of the demo, without a network; keeps what it was asked."""

    def __init__(self, app: Any) -> None:
        transport = httpx.ASGITransport(app)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://service")
        self.asked: list[str] = []

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        self.asked.append(request.path)
        answer = await self._http.request(request.method, request.path)
        return UpstreamResponse(
            status=answer.status_code, headers=(), body=answer.content
        )


class DownUpstream:
    """A service without a healthy instance."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del request, context
        raise UpstreamUnavailable


class OddUpstream:
    """A service that answers every request with the same status and body."""

    def __init__(self, status: int, body: bytes) -> None:
        self._answer = UpstreamResponse(status=status, headers=(), body=body)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del request, context
        return self._answer


@pytest.fixture
def services() -> dict[str, Any]:
    return {
        "users": RestUpstream(users.app),
        "recommendations": RestUpstream(recommendations.app),
    }


def context(services: Mapping[str, Any]) -> ExecutionContext:
    return ExecutionContext(
        request=request_context(deadline_s=time.monotonic() + 5),
        variables={},
        services=services,
    )


async def ask(services: Mapping[str, Any], query: str, **variables: Any) -> Any:
    return await schema.execute(
        query, variable_values=variables, context_value=context(services)
    )


async def test_the_viewer_is_made_of_two_services(services: dict[str, Any]) -> None:
    result = await ask(services, HOME)

    assert not result.errors
    viewer = result.data["viewer"]
    assert viewer["user"]["name"] == users.user_resource("u1")["name"]
    assert viewer["user"]["avatar"].endswith("/u1?width=64")
    assert [len(row["titles"]) for row in viewer["rows"]] == [2, 2, 2]
    assert services["recommendations"].asked == ["/users/u1/rows?rows=3&titles=2"]


async def test_forty_users_are_one_call(services: dict[str, Any]) -> None:
    of = [{"__typename": "User", "id": f"u{n}"} for n in range(1, 41)]

    result = await ask(
        services,
        "query ($of: [_Any!]!) { _entities(representations: $of) {"
        " ... on User { id name } } }",
        of=of,
    )

    assert [user["id"] for user in result.data["_entities"]] == [o["id"] for o in of]
    assert len(services["users"].asked) == 1


@pytest.mark.parametrize(
    "user", ["nobody", "", "u1/../u2", "u1?x", "u1,u2", "u1&ids=u2"]
)
async def test_an_unknown_user_is_null_without_an_error(
    services: dict[str, Any], user: str
) -> None:
    result = await ask(services, HOME, user=user)

    assert not result.errors
    assert result.data == {"viewer": {"user": None, "rows": None}}


@pytest.mark.parametrize(
    "broken",
    [
        DownUpstream(),
        OddUpstream(500, b"{}"),
        OddUpstream(200, b"oops"),
        OddUpstream(200, b"[]"),
    ],
    ids=["down", "failing", "not JSON", "not rows"],
)
async def test_without_recommendations_the_rest_is_there(
    services: dict[str, Any], broken: Any
) -> None:
    async with asyncio.timeout(30):
        result = await ask(services | {"recommendations": broken}, HOME)

    assert result.data["viewer"]["user"]["id"] == "u1"
    assert result.data["viewer"]["rows"] is None
    assert [error.path for error in result.errors] == [["viewer", "rows"]]


@pytest.mark.parametrize("size", [{"first": 21}, {"first": -1}, {"titles": 41}])
async def test_no_more_than_the_service_offers(
    services: dict[str, Any], size: dict[str, int]
) -> None:
    result = await ask(services, HOME, **size)

    assert [error.path for error in result.errors] == [["viewer", "rows"]]
    assert result.errors[0].extensions == {"code": "BAD_USER_INPUT"}
    assert services["recommendations"].asked == []
