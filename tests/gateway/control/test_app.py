import asyncio
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
import pytest

from tests.support.fake_clock import FakeClock
from tests.support.fixed_registry import FixedRegistry
from tests.support.front_doubles import RecordingSink
from weir.gateway.control.access import ControlAccess
from weir.gateway.control.app import control_app, probes_app
from weir.gateway.control.errors import ReloadRefused
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.target import (
    ConfigSnapshot,
    GenerationSnapshot,
    PreparationsSnapshot,
    SdlCopySnapshot,
)
from weir.gateway.server.process.readiness import Phase, Readiness
from weir.gateway.telemetry.rates import RateHistory, WindowRates
from weir.gateway.telemetry.store import MetricsStore
from weir.gateway.telemetry.usage import SystemUsage, system_usage
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.log import CacheLookup
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)

ENDPOINT = EndpointSnapshot(
    url="http://127.0.0.1:5101",
    weight=2,
    health="healthy",
    in_flight=1,
    latency_s=0.002,
    last_failure="",
    last_failure_age_s=None,
)


CACHE = CacheSnapshot(
    counts={"hit": 3, "miss": 1},
    recent=(
        CacheLookup(
            request_id="r1",
            method="GET",
            path="/titles/1",
            outcome="miss",
            reason="not stored",
        ),
    ),
)


def service(
    state: str, cache: CacheSnapshot | None, forced: str = ""
) -> ServiceSnapshot:
    breaker = BreakerSnapshot(
        state=state, forced=forced, failures=5, in_state_for_s=1.5, retry_after_s=28.5
    )
    return ServiceSnapshot(
        name="catalog",
        balancing="round_robin",
        breaker=breaker,
        endpoints=(ENDPOINT,),
        cache=cache,
        operations=(
            OperationSnapshot(
                name="GET /titles/{id}",
                calls=7,
                breaker=breaker,
            ),
            OperationSnapshot(name="Hmoe", calls=0, breaker=None),
        ),
    )


@dataclass
class OneService(FixedRegistry):
    """A gateway with one upstream whose breaker is open."""

    breaker: str = "open"
    serving: GenerationSnapshot | None = field(
        default_factory=lambda: GenerationSnapshot(
            id="g1", age_s=2.5, subgraphs=("catalog",), facades=("web",)
        )
    )
    refuse: str = ""
    cache: CacheSnapshot | None = CACHE
    forced: BreakerState | None = None
    acted_on: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    purged: list[Purge] = field(default_factory=list)

    def access(self) -> ControlAccess:
        return ControlAccess()

    def services(self) -> tuple[ServiceSnapshot, ...]:
        forced = self.forced.value if self.forced else ""
        return (service(self.breaker, self.cache, forced),)

    def reset_breaker(self, service: str, operation: str) -> None:
        assert service == "catalog"
        self.acted_on.append(operation)
        self.breaker = "closed"

    def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        assert service == "catalog"
        self.acted_on.append(operation)
        self.forced = state

    async def check_health(self, service: str) -> None:
        self.checked.append(service)

    async def purge_cache(self, purge: Purge) -> int:
        self.purged.append(purge)
        return 7

    def generation(self) -> GenerationSnapshot | None:
        return self.serving

    async def schema(self, facade: str) -> str:
        return f"schema of {facade}"

    def supergraph(self, facade: str) -> str:
        return f"supergraph of {facade}"

    def config(self) -> ConfigSnapshot:
        return ConfigSnapshot("v1", {"redis": {"password": "***"}})

    async def reload(self) -> ConfigVersion:
        await asyncio.sleep(0)
        if self.refuse == "bug":
            raise ZeroDivisionError
        if self.refuse:
            raise ReloadRefused(self.refuse)
        return ConfigVersion("v2", "g2")

    def preparations(self) -> PreparationsSnapshot:
        return PreparationsSnapshot(waiting=3, oldest_s=0.5)

    def sdl_copies(self) -> tuple[SdlCopySnapshot, ...]:
        return (SdlCopySnapshot("catalog", "/graphql", "ab", 9.5),)

    def rates(self) -> tuple[WindowRates, ...]:
        return RateHistory(MetricsStore(), FakeClock()).rates()

    def system(self) -> SystemUsage:
        return system_usage(FakeClock().epoch_s())

    def metrics(self) -> bytes:
        return b"gateway_active_connections 1.0\n"


class Control:
    """The application and what is behind it."""

    def __init__(self) -> None:
        self.target = OneService()
        self.readiness = Readiness()
        self.app = control_app(self.target, self.readiness, RecordingSink())

    async def ask(
        self, path: str, method: str = "GET", body: object = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:4001"
        ) as client:
            return await client.request(method, path, json=body)


@pytest.fixture
def control() -> Control:
    return Control()


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
ANSWERS = [
    ("/health", {"status": "alive"}),
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
    ("/config", {"redis": {"password": "***"}}),
    (
        "/generation",
        {"id": "g1", "age_s": 2.5, "subgraphs": ["catalog"], "facades": ["web"]},
    ),
]


@pytest.mark.parametrize(("path", "body"), ANSWERS)
async def test_state_is_shown(control: Control, path: str, body: object) -> None:
    response = await control.ask(path)

    assert (response.status_code, response.json()) == (200, body)


@pytest.mark.parametrize(
    ("phase", "status"),
    [(Phase.STARTING, 503), (Phase.READY, 200), (Phase.DRAINING, 503)],
)
async def test_ready_follows_the_phase(
    control: Control, phase: Phase, status: int
) -> None:
    control.readiness.phase = phase

    response = await control.ask("/ready")

    assert response.status_code == status
    assert response.json() == {
        "status": phase.value,
        "preparations": {"waiting": 3, "oldest_s": 0.5},
        "sdl_copies": [
            {"upstream": "catalog", "path": "/graphql", "sha256": "ab", "age_s": 9.5}
        ],
    }
    assert (await control.ask("/health")).status_code == 200


async def test_metrics_are_prometheus_text(control: Control) -> None:
    response = await control.ask("/metrics")

    assert response.text == "gateway_active_connections 1.0\n"
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")


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


REFUSED = [
    ("POST /cache/purge", {"upstream": "unknown"}, "UNKNOWN_SERVICE"),
    ("POST /cache/purge", {}, "BAD_REQUEST"),
    ("POST /cache/purge", {"upstream": "catalog", "tags": 1}, "BAD_REQUEST"),
    ("POST /services/unknown/health-check", None, "UNKNOWN_SERVICE"),
    ("PUT /circuit-breakers/unknown/forced", {"state": None}, "UNKNOWN_SERVICE"),
    ("PUT /circuit-breakers/catalog/forced", {"state": "half_open"}, "BAD_REQUEST"),
    ("PUT /circuit-breakers/catalog/forced", {}, "BAD_REQUEST"),
]


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


@pytest.mark.parametrize(("asked", "body", "code"), REFUSED)
async def test_an_unknown_target_or_an_invalid_body_is_rejected(
    control: Control, asked: str, body: object, code: str
) -> None:
    method, path = asked.split()

    response = await control.ask(path, method, body)

    assert response.status_code == (400 if code == "BAD_REQUEST" else 404)
    assert response.json()["code"] == code


async def test_an_upstream_without_a_cache_is_not_purged(control: Control) -> None:
    control.target.cache = None

    response = await control.ask("/cache/purge", "POST", {"upstream": "catalog"})

    assert (response.status_code, response.json()["code"]) == (404, "NOT_CACHED")


async def test_a_reload_names_the_generation(control: Control) -> None:
    response = await control.ask("/config/reload", "POST")

    assert (response.status_code, response.json()) == (200, {"generation": "g2"})


async def test_the_configuration_carries_its_version(control: Control) -> None:
    assert (await control.ask("/config")).headers["etag"] == '"v1"'
    assert (await control.ask("/config/reload", "POST")).headers["etag"] == '"v2"'


async def test_a_rejected_reload_has_a_reason(control: Control) -> None:
    control.target.refuse = "weir.yaml:3: unknown key 'upstrems'"

    response = await control.ask("/config/reload", "POST")

    assert response.status_code == 422
    assert response.json()["code"] == "CONFIG_REJECTED"
    assert response.json()["detail"] == "weir.yaml:3: unknown key 'upstrems'"


PROBLEMS = [
    ("GET", "/nowhere", 404, "NOT_FOUND"),
    ("GET", "/services/unknown/endpoints", 404, "UNKNOWN_SERVICE"),
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


async def test_an_upstream_without_a_cache_has_none_to_show(control: Control) -> None:
    control.target.cache = None

    response = await control.ask("/services/catalog/cache")

    assert (response.status_code, response.json()["code"]) == (404, "NOT_CACHED")


async def test_before_the_first_generation_there_is_none(control: Control) -> None:
    control.target.serving = None

    response = await control.ask("/generation")

    assert (response.status_code, response.json()["code"]) == (503, "NOT_STARTED")


async def test_a_bug_shows_nothing_of_itself(control: Control) -> None:
    control.target.refuse = "bug"

    response = await control.ask("/config/reload", "POST")

    assert response.status_code == 500
    assert response.json()["code"] == "INTERNAL_ERROR"
    assert "Zero" not in response.text


async def test_its_openapi_document_names_every_path(control: Control) -> None:
    paths = (await control.ask("/openapi.json")).json()["paths"]

    assert set(paths) == {
        "/api/v1/metrics/requests",
        "/api/v1/metrics/system",
        "/health",
        "/ready",
        "/metrics",
        "/services",
        "/services/{name}",
        "/services/{name}/endpoints",
        "/services/{name}/endpoints/{endpoint}",
        "/services/{name}/cache",
        "/services/{name}/health-check",
        "/cache/purge",
        "/circuit-breakers",
        "/circuit-breakers/{service}/reset",
        "/circuit-breakers/{service}/forced",
        "/config",
        "/generation",
        "/config/reload",
        "/facades/{facade}/schema",
        "/facades/{facade}/supergraph",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
        ("GET", "/ready", 503),
        ("HEAD", "/metrics", 200),
        ("POST", "/health", 405),
        ("GET", "/config", 404),
        ("GET", "/openapi.json", 404),
        ("POST", "/config/reload", 404),
    ],
)
async def test_the_port_of_probes_has_nothing_else(
    control: Control, method: str, path: str, status: int
) -> None:
    control.app = probes_app(control.target, control.readiness)

    assert (await control.ask(path, method)).status_code == status


async def test_each_resource_that_can_be_read_has_a_head(control: Control) -> None:
    for path in ("/health", "/services", "/config", "/openapi.json"):
        assert (await control.ask(path, "HEAD")).status_code == 200, path
