"""Forty keys asked for one by one are one call."""

import asyncio
from collections.abc import Sequence

import pytest

from weir.resolvers.loaders import Batch, Loaders


class Users:
    """Loads names by id; remembers each call."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.hang = False
        self.asked = asyncio.Event()
        self.cancelled = False

    async def load(self, keys: Sequence[int], context: str) -> list[str | Exception]:
        self.calls.append(list(keys))
        self.asked.set()
        if self.hang:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        return [LookupError(key) if key < 0 else f"{context}{key}" for key in keys]


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def batch(users: Users) -> Batch[str, int, str]:
    return Batch(name="users", load=users.load, max_keys=40)


async def test_keys_loaded_at_the_same_time_share_a_call(
    users: Users, batch: Batch[str, int, str]
) -> None:
    loaders = Loaders()

    names = await asyncio.gather(
        *(loaders.load(batch, n % 20, "user") for n in range(40))
    )

    assert names[:3] == ["user0", "user1", "user2"]
    assert users.calls == [list(range(20))]


async def test_a_key_is_loaded_once_per_request(
    users: Users, batch: Batch[str, int, str]
) -> None:
    loaders = Loaders()

    await loaders.load(batch, 1, "user")
    await loaders.load_many(batch, [1, 2], "user")

    assert users.calls == [[1], [2]]


async def test_a_mutation_loads_a_key_again_after_the_write_of_a_field(
    users: Users, batch: Batch[str, int, str]
) -> None:
    loaders = Loaders(remember=False)

    await loaders.load_many(batch, [1, 1, 2], "user")
    await loaders.load(batch, 1, "user")

    assert users.calls == [[1, 2], [1]]


async def test_requests_do_not_share_values(
    users: Users, batch: Batch[str, int, str]
) -> None:
    assert await Loaders().load(batch, 1, "a") == "a1"
    assert await Loaders().load(batch, 1, "b") == "b1"
    assert users.calls == [[1], [1]]


async def test_large_batches_are_cut(users: Users, batch: Batch[str, int, str]) -> None:
    await Loaders().load_many(batch, range(100), "user")

    assert [len(call) for call in users.calls] == [40, 40, 20]


async def test_one_keys_failure_is_its_own(batch: Batch[str, int, str]) -> None:
    loaders = Loaders()

    good, bad = await asyncio.gather(
        loaders.load(batch, 1, "user"),
        loaders.load(batch, -1, "user"),
        return_exceptions=True,
    )

    assert good == "user1"
    assert isinstance(bad, LookupError)


async def test_a_cancelled_field_takes_no_value_from_the_others(
    batch: Batch[str, int, str],
) -> None:
    loaders = Loaders()
    leaving = asyncio.ensure_future(loaders.load(batch, 1, "user"))
    staying = asyncio.ensure_future(loaders.load(batch, 1, "user"))
    await asyncio.sleep(0)

    leaving.cancel()

    assert await staying == "user1"


async def test_closing_cancels_what_is_under_way(
    users: Users, batch: Batch[str, int, str]
) -> None:
    users.hang = True
    loaders = Loaders()
    waiting = asyncio.ensure_future(loaders.load(batch, 1, "user"))
    await users.asked.wait()

    waiting.cancel()
    loaders.close()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.sleep(0)

    assert users.cancelled


async def test_an_exit_in_a_load_is_an_error_of_the_resolvers() -> None:
    async def load(keys: Sequence[int], context: str) -> list[str]:
        raise asyncio.CancelledError(keys, context)

    ending = Batch(name="ending", load=load)

    with pytest.raises(RuntimeError, match="ending ended with CancelledError"):
        await asyncio.wait_for(Loaders().load(ending, 1, "user"), 30)
