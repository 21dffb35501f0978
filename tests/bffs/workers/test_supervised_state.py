"""A worker has the health and the forced breakers that the supervisor has."""

import pickle

from tests.support.upstreams import runtime
from weir.bffs.workers.messages import ForceBreaker, RecordCheck
from weir.bffs.workers.supervised_state import HealthResults, first_messages
from weir.bffs.workers.upstream_share import upstream_share
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.events import HealthChecked, InstanceChanged
from weir.gateway.upstreams.instances.health_check import PASSED, CheckResult
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

GOOD, BAD = "http://127.0.0.1:1", "http://127.0.0.1:2"
POLICY = UpstreamPolicy(
    name="u",
    instances=(InstanceSpec(GOOD), InstanceSpec(BAD)),
    operations=(OperationPolicy(name="Search", breaker=BreakerPolicy()),),
)


def registry(policy: UpstreamPolicy = POLICY) -> Registry:
    return Registry({"u": policy}, runtime())


def apply(messages: list[object], worker: Registry) -> None:
    for message in pickle.loads(pickle.dumps(messages)):  # noqa: S301 - our own
        match message:
            case RecordCheck(service, url, result):
                worker.record_check(service, url, result)
            case ForceBreaker(service, operation, state):
                worker.force_breaker(service, state, operation)
            case _:
                raise AssertionError(message)


def health(of: Registry) -> dict[str, str]:
    return {each.url: each.health for each in of.snapshot()[0].endpoints}


def forced(of: Registry) -> tuple[str, str]:
    (service,) = of.snapshot()
    own = service.operations[0].breaker
    assert own is not None
    return service.breaker.forced, own.forced


async def test_a_new_worker_has_the_state_of_the_supervisor() -> None:
    supervisor, worker = registry(), registry(upstream_share(POLICY, 2))
    for failures in (1, 2, 3):
        supervisor.record_check("u", BAD, CheckResult(failures, "status 500"))
    supervisor.force_breaker("u", BreakerState.OPEN)
    supervisor.force_breaker("u", None, "Search")
    apply([*first_messages(supervisor)], worker)

    assert health(worker) == health(supervisor) == {GOOD: "healthy", BAD: "unhealthy"}
    assert forced(worker) == forced(supervisor) == ("open", "")

    worker.record_check("u", BAD, PASSED)
    assert health(worker)[BAD] == "healthy"


async def test_there_is_nothing_to_send_as_usual() -> None:
    assert [*first_messages(registry())] == []


async def test_one_failed_check_counts_as_one_in_the_worker() -> None:
    supervisor, worker = registry(), registry(upstream_share(POLICY, 2))
    supervisor.record_check("u", BAD, CheckResult(1, "status 500"))
    apply([*first_messages(supervisor)], worker)
    assert health(worker)[BAD] == "healthy"
    worker.record_check("u", BAD, CheckResult(2, "status 500"))
    assert health(worker)[BAD] == "unhealthy"


def test_each_result_is_sent() -> None:
    sent: list[RecordCheck] = []
    results = HealthResults(sent.append)
    receive = results.receiver(HealthChecked)
    assert receive is not None
    receive(HealthChecked(upstream="u", instance=BAD, failures=2, reason="late"))

    assert sent == [RecordCheck("u", BAD, CheckResult(2, "late"))]
    assert results.receiver(InstanceChanged) is None
