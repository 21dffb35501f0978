"""Policies as Python functions, with a limit of time."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Final, TypeAlias

from weir.gateway.concurrency.fair_threads import FairThreads
from weir.gateway.concurrency.task_end import is_ended
from weir.gateway.context import Identity
from weir.gateway.identity.policies.policy import PolicyRequest, PolicyUndecided

PolicyFunction: TypeAlias = Callable[[Identity, PolicyRequest], object]
"""Returns a boolean; an async function returns an awaitable of one."""

_THREADS: Final = 8


class FunctionPolicy:
    """A Python function that is called with the identity and the request.

    One that is not async runs in a few threads of its own. If all are occupied, its
    other calls wait within their limit of time, and are then undecided.
    """

    __slots__ = ("_function", "_is_async", "_threads", "_timeout_s", "headers")

    def __init__(
        self,
        function: PolicyFunction,
        timeout_s: float,
        headers: tuple[str, ...] = (),
    ) -> None:
        self._function = function
        self._is_async = inspect.iscoroutinefunction(function) or (
            inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
        )
        self._threads = FairThreads(_THREADS, "policy")
        self._timeout_s = timeout_s
        self.headers = headers

    async def allows(
        self, identity: Identity, request: PolicyRequest, client: str
    ) -> bool:
        # A function that ignores its cancellation is left alone: the task of the
        # request does not wait for it.
        deciding = asyncio.ensure_future(self._decision(identity, request, client))
        try:
            await asyncio.wait((deciding,), timeout=self._timeout_s)
        finally:
            deciding.cancel()
        if not deciding.done():
            message = f"no decision within {self._timeout_s:g} s"
            raise PolicyUndecided(message)
        if deciding.cancelled():
            message = "the function cancelled its own task"
            raise PolicyUndecided(message)
        result = deciding.result()
        if isinstance(result, Exception):
            raise result
        if not isinstance(result, bool):
            message = f"returned {type(result).__name__}, expected bool"
            raise PolicyUndecided(message)
        return result

    async def _decision(
        self, identity: Identity, request: PolicyRequest, client: str
    ) -> object:
        """Return what the function returns, or an exception."""
        function, own_task = self._function, asyncio.current_task()
        try:
            if not self._is_async:
                return await self._threads.run(
                    client, lambda: function(identity, request)
                )
            awaited = function(identity, request)
            assert inspect.isawaitable(awaited), (
                "an async function returns an awaitable"
            )
            result: object = await awaited
        except Exception as error:  # noqa: BLE001 - what fails is denied
            return error
        except BaseException as error:
            if is_ended(own_task, error):
                raise
            return PolicyUndecided(f"the function raised {type(error).__name__}")
        return result
