"""Policies as Python functions, with a limit of time."""

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeAlias

from weir.gateway.context import Identity
from weir.gateway.identity.policies.policy import PolicyRequest, PolicyUndecided
from weir.gateway.task_end import is_ended

PolicyFunction: TypeAlias = Callable[[Identity, PolicyRequest], object]
"""Returns a boolean; an async function returns an awaitable of one."""

_THREADS: Final = 8


class PolicyThreads:
    """The threads of functions that are not async.

    A function that never returns occupies a thread. If all are occupied, others wait
    within their own limits of time, and are then undecided.
    """

    __slots__ = ("_free", "_pool")

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="policy")
        self._free = asyncio.Semaphore(_THREADS)

    async def run(self, call: Callable[[], object]) -> object:
        """Run a function in a thread, and return its result."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()

        def run_and_free() -> object:
            try:
                return call()
            except StopIteration as error:
                # A future cannot have this exception, and would never be done.
                message = "the function raised StopIteration"
                raise RuntimeError(message) from error
            finally:
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(self._free.release)

        # A thread cannot be cancelled, so its result is dropped if it is too late.
        running = loop.run_in_executor(self._pool, run_and_free)
        running.add_done_callback(_retrieve)
        return await asyncio.shield(running)

    def close(self) -> None:
        """Let the threads end, without waiting for them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _retrieve(ended: asyncio.Future[object]) -> None:
    if not ended.cancelled():
        ended.exception()


class FunctionPolicy:
    """A Python function that is called with the identity and the request."""

    __slots__ = ("_function", "_is_async", "_threads", "_timeout_s", "headers")

    def __init__(
        self,
        function: PolicyFunction,
        threads: PolicyThreads,
        timeout_s: float,
        headers: tuple[str, ...] = (),
    ) -> None:
        self._function = function
        self._is_async = inspect.iscoroutinefunction(function) or (
            inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
        )
        self._threads = threads
        self._timeout_s = timeout_s
        self.headers = headers

    async def allows(self, identity: Identity, request: PolicyRequest) -> bool:
        own_task = asyncio.current_task()
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._result(identity, request)
        except TimeoutError as error:
            message = f"no decision within {self._timeout_s:g} s"
            raise PolicyUndecided(message) from error
        except BaseException as error:
            if isinstance(error, Exception) or is_ended(own_task, error):
                raise
            message = f"the function raised {type(error).__name__}"
            raise PolicyUndecided(message) from error
        if not isinstance(result, bool):
            message = f"returned {type(result).__name__}, expected bool"
            raise PolicyUndecided(message)
        return result

    async def _result(self, identity: Identity, request: PolicyRequest) -> object:
        function = self._function
        if not self._is_async:
            return await self._threads.run(lambda: function(identity, request))
        awaited = function(identity, request)
        assert inspect.isawaitable(awaited), "an async function returns an awaitable"
        return await awaited
