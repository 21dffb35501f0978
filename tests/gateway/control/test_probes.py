import pytest

from tests.support.one_service import Control
from weir.gateway.control.app import probes_app
from weir.gateway.server.process.readiness import Phase


async def test_a_running_process_is_alive(control: Control) -> None:
    response = await control.ask("/health")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


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

    assert response.text == "gateway_active_connections 1.0 # TEXT\n"
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")


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
