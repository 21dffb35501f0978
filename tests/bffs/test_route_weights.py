"""Plain routes on the control port: their rules, and the weights of their backends."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.controlled_app import CONFIG, ControlledApp, controlled_app

ROUTES = """\
  next: {instances: [http://127.0.0.1:2], health: {active: false}}
routes:
  users:
    path: /users/*
    hosts: ["*.example.com"]
    methods: [GET]
    when: {headers: {x-beta: s3cr3t}, cel: "request.host != 's3cr3t'"}
    proxy:
      backends:
        stable: {upstream: books, weight: 95}  # the old one
        canary: {upstream: next}
      cohorts: {staff: {when: {headers: {x-staff: "1"}}, weights: {canary: 1}}}
  api:
    path: /api/*
    versions:
      v1: {proxy: books}
      v2:
        proxy:
          backends: {old: {upstream: books}, new: {upstream: next, weight: 0}}
          cohorts: {staff: {when: {query: {staff: "1"}}, weights: {new: 1}}}
  gone: {path: /gone, respond: {status: 410}}
"""
CHANGED = CONFIG.replace("subgraphs:", f"{ROUTES}subgraphs:")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[ControlledApp]:
    async with controlled_app(tmp_path, CHANGED) as app:
        yield app


@pytest.mark.parametrize("path", ["/routes", "/gateway/routing-rules"])
async def test_the_routes_are_shown_in_their_order(
    path: str, app: ControlledApp
) -> None:
    users, api, gone = (await app.control.get(path)).json()["routes"]

    assert users == {
        "name": "users",
        "path": "/users/*",
        "hosts": ["*.example.com"],
        "methods": ["GET"],
        "conditions": ["header x-beta", "cel"],
        "endpoint": "proxy",
        "upstreams": ["books", "next"],
        "weights": {"stable": 95, "canary": 1},
        "splits": [{"version": "", "cohort": "staff", "weights": {"canary": 1}}],
    }
    assert [tuple(each.values()) for each in api["splits"]] == [
        ("v2", "", {"old": 1, "new": 0}),
        ("v2", "staff", {"new": 1}),
    ]
    assert (gone["endpoint"], gone["methods"], gone["weights"]) == ("respond", [], {})


async def test_weights_are_changed_and_written_into_the_file(
    app: ControlledApp,
) -> None:
    before = app.file.read_text()
    response = await app.control.post("/routes/users/weights", json={"canary": 20})

    assert response.status_code == httpx.codes.OK
    assert response.json()["generation"]
    assert (await app.control.get("/routes")).json()["routes"][0]["weights"] == {
        "stable": 95,
        "canary": 20,
    }
    assert app.file.read_text() == before.replace(
        "{upstream: next}", "{upstream: next, weight: 20}"
    )
    await app.control.post("/config/reload")
    assert "weight: 20" in app.file.read_text()

    stale = await app.control.post(
        "/routes/users/weights", json={"canary": 30}, headers={"if-match": '"x"'}
    )
    assert stale.status_code == httpx.codes.PRECONDITION_FAILED


@pytest.mark.parametrize(
    ("path", "weights", "before", "after"),
    [
        (
            "users/weights?cohort=staff",
            {"stable": 3, "canary": 0},
            "weights: {canary: 1}}}\n  api",
            "weights: {canary: 0, stable: 3}}}\n  api",
        ),
        (
            "api/weights?version=v2",
            {"new": 5},
            "{upstream: next, weight: 0}",
            "{upstream: next, weight: 5}",
        ),
        ("api/weights?version=v2&cohort=staff", {"new": 7}, "{new: 1}", "{new: 7}"),
    ],
)
async def test_weights_of_versions_and_cohorts_are_changed(
    path: str, weights: dict[str, int], before: str, after: str, app: ControlledApp
) -> None:
    response = await app.control.post(f"/routes/{path}", json=weights)

    assert response.status_code == httpx.codes.OK, response.text
    assert before in CHANGED
    assert app.file.read_text() == CHANGED.replace(before, after)


@pytest.mark.parametrize(
    ("query", "weights", "detail"),
    [
        ("version=v3", {"new": 1}, 'route "api" and version "v3" with backends'),
        ("version=v1", {"new": 1}, 'route "api" and version "v1" with backends'),
        ("cohort=staff", {"new": 1}, 'there is no route "api" with backends'),
        ("version=v2&cohort=x", {"new": 1}, 'no cohort "x"; there are: staff'),
        ("version=v2&cohort=staff", {"x": 1}, 'no backend "x"; there are: old, new'),
    ],
)
async def test_a_split_that_does_not_exist_is_named(
    query: str, weights: dict[str, int], detail: str, app: ControlledApp
) -> None:
    response = await app.control.post(f"/routes/api/weights?{query}", json=weights)

    assert response.status_code == httpx.codes.NOT_FOUND
    assert detail in response.json()["detail"]
    assert app.file.read_text() == CHANGED


@pytest.mark.parametrize(
    ("route", "weights", "status", "detail"),
    [
        ("user", {"canary": 1}, 404, 'there is no route "user" with backends'),
        ("gone", {"canary": 1}, 404, 'there is no route "gone" with backends'),
        ("users", {"next": 1}, 404, "there are: stable, canary"),
        ("users", {"stable": 0, "canary": 0}, 422, "one needs a weight above 0"),
        ("users", {"canary": -1}, 400, "greater than or equal to 0"),
        ("users", {"canary": 1.5}, 400, "valid integer"),
        ("users", {"canary": True}, 400, "valid integer"),
        ("users", {}, 400, "at least 1 item"),
        ("users", [1], 400, "valid dictionary"),
    ],
)
async def test_weights_that_cannot_apply_change_nothing(
    route: str, weights: object, status: int, detail: str, app: ControlledApp
) -> None:
    response = await app.control.post(f"/routes/{route}/weights", json=weights)

    assert response.status_code == status
    assert detail in response.json()["detail"]
    assert app.file.read_text() == CHANGED


async def test_the_aliases_of_services(app: ControlledApp) -> None:
    service = (await app.control.get("/gateway/services/books")).json()
    listed = (await app.control.get("/gateway/services")).json()["services"]
    checked = (await app.control.post("/gateway/services/books/health-check")).json()
    missing = (await app.control.get("/gateway/services/none")).json()

    assert [each["name"] for each in listed] == ["books", "next"]
    assert [each["url"] for each in service["endpoints"]] == ["http://127.0.0.1:1"]
    assert checked["service"] == "books"
    assert missing["code"] == "UNKNOWN_SERVICE"
