from urllib.parse import quote

import pytest

from tests.support.one_service import Control
from weir.gateway.upstreams.middleware.cache.store import Purge

BREAKER = {
    "state": "open",
    "forced": "",
    "client": "",
    "failures": 5,
    "in_state_for_s": 1.5,
    "retry_after_s": 28.5,
}
ENDPOINTS = [
    {
        "url": "http://127.0.0.1:5101",
        "weight": 2,
        "health": "healthy",
        "in_flight": 1,
        "latency_s": 0.002,
        "last_failure": "",
        "last_failure_age_s": None,
    }
]
STATE = [
    (
        "/services",
        {
            "services": [
                {
                    "name": "catalog",
                    "available": False,
                    "balancing": "round_robin",
                    "panic": False,
                    "breaker": BREAKER,
                    "endpoints": ENDPOINTS,
                    "discovery": {
                        "source": "consul",
                        "stale": True,
                        "stale_for_s": 2.5,
                        "reason": "no response",
                    },
                    "operations": [
                        {
                            "name": "GET /titles/{id}",
                            "calls": 7,
                            "breaker": BREAKER,
                        },
                        {
                            "name": "Hmoe",
                            "calls": 0,
                            "breaker": None,
                        },
                    ],
                    "limits": [],
                }
            ]
        },
    ),
    (
        "/services/catalog/endpoints",
        {"service": "catalog", "endpoints": ENDPOINTS},
    ),
    (
        "/services/catalog/cache",
        {
            "counts": {"hit": 3, "miss": 1},
            "recent": [
                {
                    "request_id": "r1",
                    "method": "GET",
                    "path": "/titles/1",
                    "outcome": "miss",
                    "reason": "not stored",
                }
            ],
        },
    ),
    (
        "/circuit-breakers",
        {
            "circuit_breakers": [
                {"service": "catalog", "operation": "", **BREAKER},
                {"service": "catalog", "operation": "GET /titles/{id}", **BREAKER},
            ]
        },
    ),
]


@pytest.mark.parametrize(("path", "body"), STATE)
async def test_the_state_of_upstreams_is_shown(
    control: Control, path: str, body: object
) -> None:
    response = await control.ask(path)

    assert (response.status_code, response.json()) == (200, body)


async def test_a_breaker_is_reset(control: Control) -> None:
    response = await control.ask("/circuit-breakers/catalog/reset", "POST")

    assert response.status_code == 200
    assert response.json()["state"] == "closed"


@pytest.mark.parametrize("state", ["open", "closed", None])
async def test_a_breaker_is_held_for_a_drill(
    control: Control, state: str | None
) -> None:
    response = await control.ask(
        "/circuit-breakers/catalog/forced", "PUT", {"state": state}
    )

    assert (response.status_code, response.json()["forced"]) == (200, state or "")
    assert control.target.acted_on == [""]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "reset", None), ("PUT", "forced", {"state": "open"})],
)
async def test_the_breaker_of_one_operation_is_acted_on_alone(
    control: Control, method: str, path: str, body: object
) -> None:
    operation = "GET /titles/{id}"
    where = f"/circuit-breakers/catalog/{path}?operation="

    response = await control.ask(where + quote(operation, safe=""), method, body)
    none_of_its_own = await control.ask(f"{where}Hmoe", method, body)

    assert (response.status_code, response.json()["operation"]) == (200, operation)
    assert control.target.acted_on == [operation]
    assert none_of_its_own.status_code == 404
    assert none_of_its_own.json()["code"] == "UNKNOWN_OPERATION"


async def test_instances_are_checked_on_request(control: Control) -> None:
    response = await control.ask("/services/catalog/health-check", "POST")

    assert control.target.checked == ["catalog"]
    assert response.json() == {"service": "catalog", "endpoints": ENDPOINTS}


PURGES = [
    ({}, Purge(upstream="catalog")),
    ({"path_prefix": "/a"}, Purge(upstream="catalog", path_prefix="/a")),
    ({"tag": "t"}, Purge(upstream="catalog", tag="t")),
]


@pytest.mark.parametrize(("also", "purge"), PURGES)
async def test_a_purge_returns_the_number_of_purged_responses(
    control: Control, also: dict[str, str], purge: Purge
) -> None:
    body = {"upstream": "catalog", **also}

    response = await control.ask("/cache/purge", "POST", body)

    assert (response.status_code, response.json()) == (200, {"purged": 7})
    assert control.target.purged == [purge]


async def test_an_upstream_without_a_cache_is_not_purged(control: Control) -> None:
    control.target.cache = None

    response = await control.ask("/cache/purge", "POST", {"upstream": "catalog"})

    assert (response.status_code, response.json()["code"]) == (404, "NOT_CACHED")


async def test_an_upstream_without_a_cache_has_none_to_show(control: Control) -> None:
    control.target.cache = None

    response = await control.ask("/services/catalog/cache")

    assert (response.status_code, response.json()["code"]) == (404, "NOT_CACHED")


REFUSED = [
    ("POST /cache/purge", {"upstream": "unknown"}, "UNKNOWN_SERVICE"),
    ("POST /cache/purge", {}, "BAD_REQUEST"),
    ("POST /cache/purge", {"upstream": "catalog", "tags": 1}, "BAD_REQUEST"),
    ("POST /services/unknown/health-check", None, "UNKNOWN_SERVICE"),
    ("PUT /circuit-breakers/unknown/forced", {"state": None}, "UNKNOWN_SERVICE"),
    ("PUT /circuit-breakers/catalog/forced", {"state": "half_open"}, "BAD_REQUEST"),
    ("PUT /circuit-breakers/catalog/forced", {}, "BAD_REQUEST"),
]


@pytest.mark.parametrize(("asked", "body", "code"), REFUSED)
async def test_an_unknown_target_or_an_invalid_body_is_rejected(
    control: Control, asked: str, body: object, code: str
) -> None:
    method, path = asked.split()

    response = await control.ask(path, method, body)

    assert response.status_code == (400 if code == "BAD_REQUEST" else 404)
    assert response.json()["code"] == code
