"""The supervisor follows a source, and its workers get all that it lists."""

import asyncio
import pickle
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import Random

import pytest

from tests.support.upstreams import instances
from weir.bffs.workers.followed_sources import FollowedSources
from weir.bffs.workers.messages import RecordListing
from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError, NoResponse
from weir.gateway.discovery.listing import LOOKUP_FAILED, NO_INSTANCES, Listing
from weir.gateway.discovery.policy import ConsulPolicy, FilePolicy, InstanceSpec

SOURCE = ConsulPolicy(url="http://127.0.0.1:8500", service="users", token="t")  # noqa: S106 - of a test
OTHER = FilePolicy(path="users.json")
A, B = instances("http://a:1"), instances("http://b:1")
AB = instances("http://a:1", "http://b:1")
RNG = Random(1)  # noqa: S311 - chance, not secrecy


class Script:
    """Lists sets of instances or fails, and then ends."""

    def __init__(self, *steps: tuple[InstanceSpec, ...] | Exception) -> None:
        self.steps = steps

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        for step in self.steps:
            await asyncio.sleep(0)
            if isinstance(step, Exception):
                raise step
            yield step


class Supervisor:
    """Sources that list what a test has, and the messages to the workers."""

    def __init__(self, *steps: tuple[InstanceSpec, ...] | Exception) -> None:
        self.steps = steps
        self.sent: list[RecordListing] = []
        self.sources = FollowedSources(self.sent.append, self._script)

    def _script(self, *_: object) -> Discovery:
        return Script(*self.steps)

    async def follow(
        self, *steps: tuple[InstanceSpec, ...] | Exception
    ) -> list[tuple[InstanceSpec, ...]]:
        """Follow the source to its end, as the supervisor's own upstream does."""
        self.steps = steps or self.steps
        discovery = self.sources.discovery(SOURCE, RNG)
        async with aclosing(discovery.changes()) as changes:
            return [found async for found in changes]

    @property
    def listings(self) -> list[Listing]:
        return [each.listing for each in self.sent]

    @property
    def first(self) -> list[RecordListing]:
        return [*self.sources.first_messages()]


def sharing(*steps: tuple[InstanceSpec, ...] | Exception) -> Supervisor:
    supervisor = Supervisor(*steps)
    supervisor.sources.share(frozenset({SOURCE}))
    return supervisor


async def test_workers_get_each_set_that_the_supervisor_uses_itself() -> None:
    supervisor = sharing(A, AB, B)

    assert await supervisor.follow() == [A, AB, B]

    assert supervisor.sent == [
        RecordListing(SOURCE, Listing(each)) for each in (A, AB, B)
    ]
    assert pickle.loads(pickle.dumps(supervisor.sent)) == supervisor.sent  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("error", "reason"),
    [(NoResponse("no leader"), "no leader"), (KeyError("a bug"), LOOKUP_FAILED)],
)
async def test_a_failure_is_sent_with_the_instances_known_before(
    error: Exception, reason: str
) -> None:
    supervisor = sharing(A, error)

    with pytest.raises((DiscoveryError, KeyError)):
        await supervisor.follow()

    assert supervisor.listings == [Listing(A), Listing(A, reason)]


async def test_an_empty_set_is_a_failure_that_leaves_the_instances() -> None:
    supervisor = sharing(A, ())

    assert await supervisor.follow() == [A, ()]

    assert supervisor.listings[-1] == Listing(A, NO_INSTANCES)


async def test_a_new_worker_gets_the_last_set_and_the_failure_of_its_source() -> None:
    supervisor = sharing(A, AB, NoResponse("no leader"))
    assert supervisor.first == []

    with pytest.raises(NoResponse):
        await supervisor.follow()

    assert supervisor.first == [RecordListing(SOURCE, Listing(AB, "no leader"))]


async def test_a_set_that_is_listed_again_and_again_is_sent_once() -> None:
    supervisor = sharing(A, A, A)

    await supervisor.follow()

    assert supervisor.listings == [Listing(A)]


async def test_a_source_that_is_opened_again_confirms_its_set() -> None:
    supervisor = sharing(A)

    await supervisor.follow()
    await supervisor.follow()

    assert supervisor.listings == [Listing(A), Listing(A)]


async def test_a_success_after_the_failure_of_another_upstream_is_sent() -> None:
    supervisor = sharing(A, A)
    discovery = supervisor.sources.discovery(SOURCE, RNG)
    async with aclosing(discovery.changes()) as changes:
        await anext(changes)
        with pytest.raises(NoResponse):
            await supervisor.follow(NoResponse("no leader"))
        await anext(changes)

    assert supervisor.listings == [Listing(A), Listing(A, "no leader"), Listing(A)]


async def test_workers_get_the_set_of_a_draft_when_it_is_to_serve() -> None:
    supervisor = Supervisor(A)
    discovery = supervisor.sources.discovery(SOURCE, RNG)
    async with aclosing(discovery.changes()) as changes:
        await anext(changes)
        assert (supervisor.sent, supervisor.first) == ([], [])
        supervisor.sources.share(frozenset({SOURCE, OTHER}))

    assert supervisor.sent == supervisor.first == [RecordListing(SOURCE, Listing(A))]


async def test_the_set_of_a_draft_that_does_not_serve_is_dropped() -> None:
    supervisor = Supervisor(A)
    await supervisor.follow()

    supervisor.sources.share(frozenset({SOURCE}))

    assert (supervisor.sent, supervisor.first) == ([], [])


async def test_a_set_outlives_its_upstream_as_long_as_the_source_is_used() -> None:
    supervisor = sharing(A)
    await supervisor.follow()
    supervisor.sources.share(frozenset({SOURCE, OTHER}))
    assert supervisor.first == [RecordListing(SOURCE, Listing(A))]
    assert len(supervisor.sent) == 1, "the workers have it"

    supervisor.sources.share(frozenset({OTHER}))
    assert supervisor.first == []

    supervisor.sources.share(frozenset({SOURCE}))
    assert supervisor.first == [], "it may be out of date"
