import httpx
import pytest

from tests.support.one_service import Control
from weir.gateway.events import ControlDecision

PROBLEMS = [
    ("GET", "/nowhere", 404, "NOT_FOUND"),
    ("GET", "/services/unknown/endpoints", 404, "UNKNOWN_SERVICE"),
    ("GET", "/requests/unknown", 404, "REQUEST_NOT_RECORDED"),
    ("GET", "/requests/recent?limit=0", 400, "BAD_REQUEST"),
    ("GET", "/requests/recent?limit=many", 400, "BAD_REQUEST"),
    ("GET", "/requests/recent?reason=odd", 400, "BAD_REQUEST"),
    ("POST", "/circuit-breakers/unknown/reset", 404, "UNKNOWN_SERVICE"),
    ("DELETE", "/health", 405, "METHOD_NOT_ALLOWED"),
    ("GET", "/config/reload", 405, "METHOD_NOT_ALLOWED"),
    # The pages would load scripts from other hosts.
    ("GET", "/docs", 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), PROBLEMS)
async def test_errors_are_problem_details(
    control: Control, method: str, path: str, status: int, code: str
) -> None:
    response = await control.ask(path, method)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert status != 405 or response.headers["allow"]


async def test_a_bug_shows_nothing_of_itself(control: Control) -> None:
    control.target.refuse = "bug"

    response = await control.ask("/config/reload", "POST")

    assert response.status_code == 500
    assert response.json()["code"] == "INTERNAL_ERROR"
    assert "Zero" not in response.text


CHANGES = [
    ("/circuit-breakers/catalog/reset", None, ("allowed", "")),
    ("/circuit-breakers/unknown/reset", None, ("failed", "UNKNOWN_SERVICE")),
    ("/nowhere", None, ("failed", "NOT_FOUND")),
    ("/health", None, ("failed", "METHOD_NOT_ALLOWED")),
    ("/cache/purge", {"upstream": 1}, ("failed", "BAD_REQUEST")),
    ("/cache/purge", {"tag": "x" * 2**18}, ("failed", "PAYLOAD_TOO_LARGE")),
    ("/config/reload", None, ("failed", "INTERNAL_ERROR")),
]


@pytest.mark.parametrize(("path", "body", "expected"), CHANGES)
async def test_a_change_is_an_event_with_its_error(
    control: Control, path: str, body: object, expected: tuple[str, str]
) -> None:
    control.target.refuse = "bug"

    response = await control.ask(path, "POST", body)

    (event,) = control.sink.events
    assert isinstance(event, ControlDecision)
    assert (event.outcome, event.reason) == expected
    assert event.status == response.status_code


async def test_a_body_of_another_media_type_is_refused(control: Control) -> None:
    transport = httpx.ASGITransport(control.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:4001"
    ) as client:
        # What `curl -d` sends.
        response = await client.post("/cache/purge", data={"upstream": "catalog"})

    assert (response.status_code, response.json()["detail"]) == (
        415,
        "Send the body as application/json.",
    )


async def test_an_encoded_body_is_rejected(control: Control) -> None:
    transport = httpx.ASGITransport(control.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:4001"
    ) as client:
        fields = {"content-encoding": "gzip", "content-type": "application/json"}
        response = await client.post("/cache/purge", content=b"{}", headers=fields)

    assert response.status_code == 415
    assert response.json()["code"] == "CONTENT_CODING_NOT_SUPPORTED"
    assert response.headers["accept-encoding"] == "identity"


async def test_a_body_that_is_too_long_is_not_read(control: Control) -> None:
    response = await control.ask(
        "/cache/purge", "POST", {"upstream": "catalog", "tag": "x" * 2**18}
    )

    assert (response.status_code, response.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_its_openapi_document_names_every_path(control: Control) -> None:
    paths = (await control.ask("/openapi.json")).json()["paths"]

    assert set(paths) == {
        "/api/v1/metrics",
        "/api/v1/metrics/json",
        "/api/v1/metrics/requests",
        "/api/v1/metrics/requests/feed",
        "/api/v1/metrics/system",
        "/cache/purge",
        "/circuit-breakers",
        "/circuit-breakers/{service}/forced",
        "/circuit-breakers/{service}/reset",
        "/config",
        "/config/reload",
        "/facades/{facade}/schema",
        "/facades/{facade}/supergraph",
        "/gateway/routing-rules",
        "/gateway/services",
        "/gateway/services/{name}",
        "/gateway/services/{name}/health-check",
        "/generation",
        "/health",
        "/keys",
        "/keys/{key_id}/revoke",
        "/keys/{key_id}/rotate",
        "/log/levels",
        "/log/levels/{logger}",
        "/metrics",
        "/ready",
        "/requests/recent",
        "/requests/{request_id}",
        "/routes",
        "/routes/{name}/weights",
        "/services",
        "/services/{name}",
        "/services/{name}/cache",
        "/services/{name}/endpoints",
        "/services/{name}/endpoints/{endpoint}",
        "/services/{name}/health-check",
        "/slo",
        "/usage",
        "/workers",
        "/workers/roll",
    }


async def test_each_resource_that_can_be_read_has_a_head(control: Control) -> None:
    for path in ("/health", "/services", "/config", "/openapi.json"):
        assert (await control.ask(path, "HEAD")).status_code == 200, path
