"""The upstreams of a worker have the instances that the supervisor lists."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.upstreams import Fleet, instances, runtime
from weir.bffs.workers import listed_sources
from weir.bffs.workers.listed_sources import ListedSources
from weir.gateway.clock import Clock
from weir.gateway.discovery.listing import NO_INSTANCES, Listing
from weir.gateway.discovery.policy import DiscoveryPolicy, FilePolicy
from weir.gateway.events import DiscoveryChanged
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.factories import TransportFactory
from weir.gateway.upstreams.instances import removal, watch
from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.model.policy import HealthPolicy, UpstreamPolicy
from weir.gateway.upstreams.registry import Registry
from weir.gateway.upstreams.snapshot import ServiceSnapshot

A, B, C = "http://a:1", "http://b:1", "http://c:1"
EIGHT = tuple(f"http://10.0.0.{number}" for number in range(1, 9))
SOURCE, OTHER = FilePolicy(path="users.json"), FilePolicy(path="films.json")
SOON_S = 20.0
"""More than a busy machine needs, and less than the back-off after ten failures."""


def policy(name: str, source: FilePolicy = SOURCE) -> UpstreamPolicy:
    return UpstreamPolicy(
        name=name,
        discovery=DiscoveryPolicy(source),
        health=HealthPolicy(active=False),
    )


def listing(*urls: str, failure: str = "") -> Listing:
    return Listing(instances(*urls), failure)


class Worker:
    """The sources of a worker, and a registry with some upstreams."""

    def __init__(
        self, *policies: UpstreamPolicy, transports: TransportFactory | None = None
    ) -> None:
        self.sink = RecordingSink()
        self.sources = ListedSources()
        self.registry = Registry(
            {each.name: each for each in policies},
            runtime(sink=self.sink, discoveries=self.sources.discovery),
            transports or Fleet().transport,
        )
        self.registry.start()

    def service(self, name: str = "users") -> ServiceSnapshot:
        found = {each.name: each for each in self.registry.snapshot()}
        return found[name]

    def urls(self, name: str = "users") -> tuple[str, ...]:
        return tuple(each.url for each in self.service(name).endpoints)

    def discovery(self) -> DiscoverySnapshot:
        found = self.service().discovery
        assert found is not None
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        await until(holds, SOON_S)

    async def has(self, *urls: str, name: str = "users") -> None:
        await self.until(lambda: self.urls(name) == urls)

    async def is_stale(self, reason: str) -> None:
        await self.until(lambda: self.discovery().reason == reason)


async def test_all_upstreams_with_a_source_follow_its_listings() -> None:
    films = policy("films", OTHER)
    worker = Worker(policy("users"), policy("accounts"), films)
    worker.sources.record(SOURCE, listing(A))
    worker.sources.record(OTHER, listing(C))
    for name in ("users", "accounts"):
        await worker.has(A, name=name)

    worker.sources.record(SOURCE, listing(A, B))

    for name in ("users", "accounts"):
        await worker.has(A, B, name=name)
    assert worker.urls("films") == (C,)
    await worker.registry.close()


async def test_a_listing_is_there_before_the_upstream_that_needs_it() -> None:
    worker = Worker()
    worker.sources.record(SOURCE, listing(A))

    after = worker.registry.next({"users": policy("users")})
    after.start()
    await asyncio.sleep(0.01)

    assert [each.url for each in after.snapshot()[0].endpoints] == [A]
    await after.close()


async def test_a_new_worker_has_the_last_set_of_a_source_that_fails() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(A, B, failure="no leader"))

    await worker.has(A, B)
    await worker.is_stale("no leader")
    await worker.registry.close()


async def test_a_worker_waits_for_a_listing_and_for_no_time_of_its_own() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A)
    for attempt in range(10):
        worker.sources.record(SOURCE, listing(A, failure=f"failure {attempt}"))
        await worker.is_stale(f"failure {attempt}")
        assert worker.urls() == (A,)

    worker.sources.record(SOURCE, listing(B))

    await worker.has(B)
    assert not worker.discovery().stale
    await worker.registry.close()


async def test_instances_are_stale_from_the_first_failure_to_the_next_set() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A)

    for reason in ("no leader", "no route"):
        worker.sources.record(SOURCE, listing(A, failure=reason))
        await worker.is_stale(reason)
    worker.sources.record(SOURCE, listing(A))
    await worker.is_stale("")

    changes = [
        each for each in worker.sink.events if isinstance(each, DiscoveryChanged)
    ]
    assert [(each.stale, each.reason) for each in changes] == [
        (True, "no leader"),
        (False, ""),
    ]
    await worker.registry.close()


async def test_a_set_between_two_failures_is_used() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A)

    worker.sources.record(SOURCE, listing(B))
    worker.sources.record(SOURCE, listing(B, failure="no leader"))

    await worker.has(B)
    await worker.is_stale("no leader")
    await worker.registry.close()


async def test_a_source_without_instances_leaves_those_of_the_worker() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(failure=NO_INSTANCES))
    await worker.is_stale(NO_INSTANCES)
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A)

    worker.sources.record(SOURCE, listing(A, failure=NO_INSTANCES))

    await worker.is_stale(NO_INSTANCES)
    assert worker.urls() == (A,)
    await worker.registry.close()


async def test_instances_that_cannot_be_used_yet_are_tried_again() -> None:
    failures = [OSError("the certificate is not complete")]

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        if failures:
            raise failures.pop()
        return Fleet().transport(url, policy, clock)

    worker = Worker(policy("users"), transports=transport)
    worker.sources.record(SOURCE, listing(A))

    await worker.has(A)
    assert not failures
    await worker.registry.close()


async def test_a_changed_upstream_has_the_instances_of_its_source_at_once() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A)

    users = policy("users")
    changed = replace(users, discovery=DiscoveryPolicy(SOURCE, max_removed=0.1))
    after = worker.registry.next({"users": changed, "renamed": policy("renamed")})
    await worker.registry.close()
    after.start()
    await asyncio.sleep(0.01)

    urls = [each.url for service in after.snapshot() for each in service.endpoints]
    assert urls == [A, A]
    await after.close()


@pytest.fixture
def _short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "INTERVAL_S", 0.05)
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)


@pytest.mark.usefixtures("_short_interval")
async def test_a_removal_is_confirmed_by_a_later_listing() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(*EIGHT))
    await worker.has(*EIGHT)
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A, *EIGHT[:3])
    await asyncio.sleep(1.5)  # the worker has begun to wait for the confirmation
    assert worker.urls() == (A, *EIGHT[:3])

    worker.sources.record(SOURCE, listing(A))

    await worker.has(A, EIGHT[0])
    await worker.registry.close()


@pytest.mark.usefixtures("_short_interval")
async def test_a_removal_is_not_confirmed_by_a_source_that_fails() -> None:
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(*EIGHT))
    await worker.has(*EIGHT)
    worker.sources.record(SOURCE, listing(A))
    await worker.has(A, *EIGHT[:3])

    worker.sources.record(SOURCE, listing(A, failure="no leader"))

    await worker.is_stale("no leader")
    await asyncio.sleep(1.5)
    assert worker.urls() == (A, *EIGHT[:3])
    await worker.registry.close()


@pytest.mark.usefixtures("_short_interval")
async def test_without_a_further_listing_the_last_one_confirms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listed_sources, "_CONFIRMED_S", 0.01)
    worker = Worker(policy("users"))
    worker.sources.record(SOURCE, listing(*EIGHT))
    await worker.has(*EIGHT)

    worker.sources.record(SOURCE, listing(A))

    await worker.has(A)
    assert not worker.discovery().stale
    await worker.registry.close()


async def test_the_listings_of_unused_sources_are_dropped() -> None:
    worker = Worker()
    worker.sources.record(SOURCE, listing(A))
    worker.sources.record(OTHER, listing(B))
    worker.sources.retain(frozenset({OTHER}))

    after = worker.registry.next(
        {"users": policy("users"), "films": policy("films", OTHER)}
    )
    after.start()
    await asyncio.sleep(0.01)

    urls = {each.name: [one.url for one in each.endpoints] for each in after.snapshot()}
    assert urls == {"users": [], "films": [B]}
    await after.close()
