"""Identical queries in flight that are executed once.

The first request of a query executes it. Equal requests that arrive meanwhile wait for
its response, which is merged, projected and encoded only once.

A response is shared only if it cannot be private:

- The requests do not name a caller: there are no credentials, no identity, and no
  fields of the client that any service is sent.
- All services of the plan share identical calls (`coalesce`).
- The response is complete. No service declares it as private, sets a cookie, or varies
  it by the address of the client.

Otherwise each waiting request executes the query by itself. So no request fails or is
cancelled with the first one. A request that arrives after the end of a write does not
wait for a query that began before it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from weir.bffs.facades.facade import Facade
from weir.gateway.cache_control import Scope
from weir.gateway.context import RequestContext
from weir.gateway.edge.response import Response
from weir.gateway.headers import Headers
from weir.gateway.step_event import emit_step
from weir.gateway.upstreams.model.call_key import (
    CREDENTIALS,
    IMPERSONAL,
    PER_REQUEST,
    SELECTING,
)
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.execute.result import ExecutionResult

_SEPARATE: Final = frozenset({"*", *(name.decode() for name in PER_REQUEST)})
"""Names in Vary of responses that are not shared."""
Executed: TypeAlias = tuple[Response, ExecutionResult]
"""The response to a query, and the result that it is made of."""

Execute: TypeAlias = Callable[[], Coroutine[Any, Any, Executed]]

RequestKey: TypeAlias = Hashable
"""All of a request that an endpoint makes the response of."""

_Key: TypeAlias = tuple[RequestKey, Prepared, tuple[bytes | None, ...], int]
_Shared: TypeAlias = tuple[Response, tuple[Headers, ...]]
"""A response for all that wait, with the fields of services that clients get."""


class SharedQueries:
    """The queries of one endpoint in flight, and the requests that wait for each."""

    __slots__ = (
        "_clock",
        "_in_flight",
        "_may_share",
        "_personal",
        "_services",
        "_writes",
    )

    def __init__(self, facade: Facade) -> None:
        self._services = facade.shared
        self._writes = facade.engine.writes
        self._clock = facade.engine.clock
        self._personal = CREDENTIALS | facade.engine.view.forwarded
        self._in_flight: dict[_Key, list[asyncio.Future[_Shared | None]]] = {}
        # The engine limits the memory of operations.
        self._may_share = WeakKeyDictionary[Prepared, bool]()

    async def respond(
        self,
        request: RequestKey,
        prepared: Prepared,
        context: RequestContext,
        execute: Execute,
    ) -> Response:
        """Return the response to a query, executed by this request or by an equal one.

        Raises the errors of `execute`.
        """
        identity, forwarded = context.identity, dict(context.forwarded)
        may_share = self._may_share.get(prepared)
        if may_share is None:
            may_share = self._decide(prepared)
        if (
            not may_share
            or identity.method
            or identity.cache_partition
            or not IMPERSONAL.issuperset(forwarded)
            or not self._personal.isdisjoint(context.client_headers)
        ):
            response, _ = await execute()
            return response
        selecting = tuple(map(forwarded.get, SELECTING))
        key = request, prepared, selecting, self._writes.ended
        waiting = self._in_flight.get(key)
        if waiting is None:
            return await self._lead(key, prepared, context, execute)
        turn: asyncio.Future[_Shared | None]
        turn = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        shared = await self._wait(turn, context)
        if shared is None:
            response, _ = await execute()
            return response
        response, returned = shared
        context.returned.extend(returned)
        return response

    async def _wait(
        self, turn: "asyncio.Future[_Shared | None]", context: RequestContext
    ) -> _Shared | None:
        """Wait for the response to an equal query, and emit the time of the wait."""
        started_s = self._clock.monotonic_s()
        try:
            return await turn
        finally:
            emit_step("share", started_s, self._clock.monotonic_s(), context)

    def _decide(self, prepared: Prepared) -> bool:
        """Decide whether the responses of an operation may be shared."""
        executable = prepared.executable
        services = [each.subgraph for each in executable.plan.fetches]
        may = not executable.is_restricted and self._services.issuperset(services)
        self._may_share[prepared] = may
        return may

    async def _lead(
        self, key: _Key, prepared: Prepared, context: RequestContext, execute: Execute
    ) -> Response:
        """Execute a query, and hand the response to all that wait if it is shared."""
        waiting = self._in_flight[key] = []
        shared: _Shared | None = None
        try:
            response, result = await execute()
            if result.cache_control.scope is Scope.PRIVATE:
                # The next requests do not wait in vain.
                self._may_share[prepared] = False
            elif result.completed and _SEPARATE.isdisjoint(result.vary):
                shared = response, tuple(context.returned)
            return response
        finally:
            del self._in_flight[key]
            for turn in waiting:
                if not turn.done():
                    turn.set_result(shared)
