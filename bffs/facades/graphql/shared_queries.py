"""Identical queries in flight that are executed once.

The first request of a query executes it. Requests with the same bytes that arrive
meanwhile wait for its response, which is merged, projected and encoded only once.

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
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple, TypeAlias

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.protocol import MediaType
from weir.gateway.cache_control import Scope
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.headers import Headers
from weir.gateway.upstreams.model.call_key import (
    CREDENTIALS,
    PER_REQUEST,
    names_caller,
)
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.lru_cache import LruCache

_SEPARATE: Final = frozenset({"*", *(name.decode() for name in PER_REQUEST)})
"""Names in Vary of responses that are not shared."""


class Executed(NamedTuple):
    """The response to a query, and the result that it is made of."""

    response: Response
    result: ExecutionResult


class _Shared(NamedTuple):
    """A response for all that wait, with the fields that services return to clients."""

    response: Response
    returned: tuple[Headers, ...]


class _Key(NamedTuple):
    """The bytes of a request, the id of its operation, and the writes before it."""

    target: tuple[str, str, str]
    body: bytes
    media_type: MediaType
    prepared: int
    forwarded: Headers
    writes: int


Execute: TypeAlias = Callable[[], Coroutine[Any, Any, Executed]]
_Waiting: TypeAlias = list["asyncio.Future[_Shared | None]"]


class SharedQueries:
    """The queries of one façade in flight, and the requests that wait for each."""

    __slots__ = ("_facade", "_in_flight", "_personal", "_private")

    def __init__(self, facade: Facade) -> None:
        self._facade = facade
        self._personal = CREDENTIALS | facade.engine.view.forwarded
        self._in_flight: dict[_Key, _Waiting] = {}
        # By their ids: the operations with private responses, so that no request waits
        # for one that it does not get.
        self._private = LruCache[int, Prepared]()

    async def respond(
        self,
        request: Request,
        prepared: Prepared,
        media_type: MediaType,
        context: RequestContext,
        execute: Execute,
    ) -> Response:
        """Return the response to a query, executed by this request or by an equal one.

        Raises the errors of `execute`.
        """
        if not self._may_share(prepared, context):
            return (await execute()).response
        head = request.head
        key = _Key(
            target=(head.method, head.path, head.query),
            body=request.body,
            media_type=media_type,
            prepared=id(prepared),
            forwarded=tuple(
                [line for line in context.forwarded if line[0] not in PER_REQUEST]
            ),
            writes=self._facade.engine.writes.ended,
        )
        waiting = self._in_flight.get(key)
        if waiting is None:
            return await self._lead(key, prepared, context, execute)
        turn: asyncio.Future[_Shared | None]
        turn = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        shared = await turn
        if shared is None:
            return (await execute()).response
        context.returned.extend(shared.returned)
        return shared.response

    def _may_share(self, prepared: Prepared, context: RequestContext) -> bool:
        executable, identity = prepared.executable, context.identity
        services = self._facade.shared
        return (
            self._personal.isdisjoint(context.client_headers)
            and not identity.authenticated
            and not names_caller(identity.cache_partition, (), context.forwarded)
            and not executable.is_restricted
            and self._private.peek(id(prepared)) is None
            and services.issuperset([each.subgraph for each in executable.plan.fetches])
        )

    async def _lead(
        self, key: _Key, prepared: Prepared, context: RequestContext, execute: Execute
    ) -> Response:
        """Execute a query, and hand the response to all that wait if it is shared."""
        waiting = self._in_flight[key] = []
        shared: _Shared | None = None
        try:
            response, result = await execute()
            if result.cache_control.scope is Scope.PRIVATE:
                self._private.put(id(prepared), prepared)
            elif result.completed and _SEPARATE.isdisjoint(result.vary):
                shared = _Shared(response, tuple(context.returned))
            return response
        finally:
            del self._in_flight[key]
            for turn in waiting:
                if not turn.done():
                    turn.set_result(shared)
