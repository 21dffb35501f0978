"""What is an incident, and when a capsule is written."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.fake_clock import FakeClock
from weir.bffs.capsules.capsule import Capsule
from weir.bffs.capsules.folder import CapsuleFolder
from weir.bffs.capsules.incidents import incidents
from weir.bffs.capsules.watch import IncidentWatch, Watched
from weir.gateway.telemetry.metrics.burn_rates import Burn, BurnRates, ObjectiveState
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import Objectives
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)

CLOSED = BreakerSnapshot(
    state="closed", failures=0, in_state_for_s=1.0, retry_after_s=0.0
)
OPEN = replace(CLOSED, state="open")
SEARCH = OperationSnapshot(name="Search", calls=1, breaker=OPEN)


def service(
    breaker: BreakerSnapshot = CLOSED, *operations: OperationSnapshot
) -> ServiceSnapshot:
    return ServiceSnapshot(
        name="books",
        balancing="round_robin",
        breaker=breaker,
        endpoints=(),
        operations=operations,
    )


def objective(short: float, long: float) -> ObjectiveState:
    burns = tuple(
        Burn(window_s=window_s, covered_s=window_s, requests=100, bad=1, rate=rate)
        for window_s, rate in ((300.0, short), (1800.0, 0.0), (3600.0, long))
    )
    return ObjectiveState(
        name="web/Home",
        within_s=1.0,
        target=0.99,
        requests=100,
        good=99,
        burns=burns,
        bad=(),
        slow_parts=(),
    )


CASES: list[tuple[ServiceSnapshot, list[ObjectiveState], set[str]]] = [
    (service(), [], set()),
    (service(OPEN), [], {"the circuit breaker of books is open"}),
    (
        service(CLOSED, SEARCH),
        [],
        {"the circuit breaker of Search of books is open"},
    ),
    (
        service(replace(OPEN, state="half_open")),
        [],
        {"the circuit breaker of books is open"},
    ),
    # Drills, and the calls of a single client.
    (service(replace(OPEN, forced="open")), [], set()),
    (service(replace(OPEN, client="ada")), [], set()),
    (service(), [objective(20, 15)], {"the error budget of web/Home burns fast"}),
    # It is over, or too short to matter.
    (service(), [objective(0, 15)], set()),
    (service(), [objective(20, 10)], set()),
    # An outage, of which a target of 90% allows a tenth.
    (
        service(),
        [replace(objective(10, 10), target=0.9)],
        {"the error budget of web/Home burns fast"},
    ),
]


@pytest.mark.parametrize(("found", "objectives", "expected"), CASES)
def test_open_breakers_and_fast_burns_are_incidents(
    found: ServiceSnapshot, objectives: list[ObjectiveState], expected: set[str]
) -> None:
    assert incidents([found], objectives) == expected


@dataclass
class Plane:
    """A data plane with one service; the rest of it is not used."""

    service: ServiceSnapshot

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        return (self.service,)

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        return ()

    async def request(self, request_id: str) -> Explanation | None:
        raise AssertionError(request_id)


class Evening:
    """A watch over a service whose breaker opens and closes."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.plane = Plane(service())
        burn_rates = BurnRates(MetricsStore(), self.clock, Objectives)
        watched = Watched(self.plane, burn_rates, lambda: None, self.clock)
        self.watch = IncidentWatch(watched, CapsuleFolder(folder))

    async def look(self, seconds: float, breaker: BreakerSnapshot) -> bool:
        """Pass time; return whether a capsule was written."""
        self.clock.advance(seconds)
        self.plane.service = service(breaker)
        return await self.watch.look() is not None


async def test_a_capsule_is_written_when_an_incident_begins(tmp_path: Path) -> None:
    evening = Evening(tmp_path)

    written = [
        await evening.look(1, CLOSED),
        await evening.look(1, OPEN),
        await evening.look(100, OPEN),
        await evening.look(1, CLOSED),
        await evening.look(1, OPEN),
    ]

    assert written == [False, True, False, False, True]


async def test_an_incident_soon_after_another_is_written_if_it_lasts(
    tmp_path: Path,
) -> None:
    evening = Evening(tmp_path)

    written = [
        await evening.look(1, OPEN),
        await evening.look(1, CLOSED),
        await evening.look(1, OPEN),
        await evening.look(30, OPEN),
        await evening.look(40, OPEN),
        await evening.look(100, OPEN),
    ]

    assert written == [True, False, False, False, True, False]


async def test_a_folder_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    evening = Evening(tmp_path / "file" / "folder")

    assert not await evening.look(1, OPEN)
    assert "no capsule of the circuit breaker of books is open" in caplog.text


def test_the_folder_has_the_last_twenty(tmp_path: Path) -> None:
    folder = CapsuleFolder(tmp_path)
    (tmp_path / "other.json").write_text("")
    for minute in range(25):
        folder.write(
            Capsule(
                weir="1",
                at=datetime(2026, 11, 29, 18, minute, tzinfo=UTC),
                incidents=("x",),
                generation="g",
                config_version="v",
                services=(),
                objectives=(),
                requests=(),
                explanations=(),
            )
        )

    files = sorted(each.name for each in tmp_path.glob("weir-capsule-*.json"))
    assert len(files) == 20
    assert files[-1] == "weir-capsule-20261129T182400Z.json"
    assert (tmp_path / "other.json").exists()
    newest = tmp_path / files[-1]
    assert newest.stat().st_mode & 0o777 == 0o600
    assert json.loads(newest.read_bytes())["incidents"] == ["x"]
