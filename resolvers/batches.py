"""Batches: the keys that many resolvers load are sent to a service in one call.

Resolvers of one request run concurrently, and each loads one key. A `Batch` defines how
many keys are loaded together. `Loaders` collects the keys of one turn of the event
loop, and caches each value until the end of the request. Forty titles that each load
their user make one upstream call. In a mutation, only keys of the same turn share a
call, because a value may be from before the write of the next field.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

from weir.resolvers.provenance import Provenance

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Generic[C, K, V]):
    """The loading of values by their keys; one constant per kind of value.

    `load` returns one value per key, in the keys' order. An exception among the values
    is raised to the resolvers that load its key. An exception that `load` raises is
    raised to all resolvers. One call has at most `max_keys` keys.
    """

    name: str
    load: Callable[[Sequence[K], C], Awaitable[Sequence[V | Exception]]]
    max_keys: int = 100


class Loaders:
    """The loaders of one request; `close` cancels their unfinished calls.

    They `remember` each value for later loads of its key.

    `provenance` has the provenance of all responses so far: each call of
    `ExecutionContext.upstreams` adds to it.
    """

    __slots__ = ("_closed", "_loaders", "_remember", "_running", "provenance")

    def __init__(self, *, remember: bool = True) -> None:
        self._remember = remember
        self._closed = False
        self.provenance = list[Provenance]()
        self._loaders: dict[Batch[Any, Any, Any], DataLoader[Any, Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def load(self, batch: Batch[C, K, V], key: K, context: C) -> V:
        """Return the value of `key`, loaded together with those of the same turn."""
        # Shielded: the cancellation of one field (its sibling failed) must not cancel
        # the load for other fields that wait for the same key.
        value: V = await asyncio.shield(self._loader(batch, context).load(key))
        return value

    async def load_many(
        self, batch: Batch[C, K, V], keys: Iterable[K], context: C
    ) -> list[V]:
        """Return the values of `keys` in order; raise the first one's error."""
        return await asyncio.gather(*(self.load(batch, key, context) for key in keys))

    def close(self) -> None:
        """Cancel the unfinished calls."""
        self._closed = True
        for task in tuple(self._running):
            task.cancel()

    def _loader(self, batch: Batch[C, K, V], context: C) -> DataLoader[K, V]:
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = self._open(batch, context)
        return loader

    def _open(self, batch: Batch[C, K, V], context: C) -> DataLoader[K, V]:
        async def load(keys: list[K]) -> list[Any]:
            if not self._remember:
                loader.clear_all()
            task = asyncio.ensure_future(batch.load(keys, context))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            try:
                return list(await task)
            except Exception:
                raise
            except BaseException as error:
                if self._closed:
                    raise
                # aiodataloader would let the resolvers wait until the deadline.
                message = f"the load of {batch.name} ended with {type(error).__name__}"
                raise RuntimeError(message) from error

        loader = DataLoader[K, Any](
            load,
            max_batch_size=batch.max_keys,
            loop=asyncio.get_running_loop(),
        )
        return loader
