"""The endpoint of GraphiQL in development mode: GraphQL with the plan and its times.

The response of an operation that was executed has the member `explained` in its
extensions. The other endpoints of a façade do without this work. A plan has the
documents that services get, and so the elements that a contract hides.
"""

from typing import Final

import orjson
from msgspec.structs import replace

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.endpoint import GraphQLEndpoint
from weir.bffs.facades.graphql.protocol import GraphQLRequest, MediaType
from weir.bffs.facades.http.shared_queries import Executed
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.events import Event, EventReceiver, EventSink, FetchFinished
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.plan.render import render

_DIGITS: Final = 2


class ExplainedEndpoint(GraphQLEndpoint):
    """Runs operations as the GraphQL endpoint of a façade does, and explains them."""

    __slots__ = ("_clock",)

    def __init__(self, facade: Facade) -> None:
        super().__init__(facade)
        self._clock = SystemClock()

    async def _execute(
        self,
        graphql: GraphQLRequest,
        prepared: Prepared,
        media_type: MediaType,
        context: RequestContext,
    ) -> Executed:
        fetches = _Fetches(context.sink)
        context = replace(context, sink=fetches)
        started_s = self._clock.monotonic_s()
        response, result = await super()._execute(
            graphql, prepared, media_type, context
        )
        took_s = self._clock.monotonic_s() - started_s
        assert isinstance(response.body, bytes), "the response to one operation"
        body = orjson.loads(response.body)
        explained: JSONObject = {
            "plan": render(prepared.executable.plan),
            "fetches": [_shown(each, started_s) for each in fetches.finished],
            "took_ms": _ms(took_s),
            "bytes": len(response.body),
        }
        body.setdefault("extensions", {})["explained"] = explained
        return replace(response, body=orjson.dumps(body)), result


class _Fetches:
    """A sink that also remembers the fetches of one request."""

    __slots__ = ("_inner", "finished")

    def __init__(self, inner: EventSink) -> None:
        self._inner = inner
        self.finished: list[FetchFinished] = []

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        if event_type is FetchFinished:
            return self.emit
        return self._inner.receiver(event_type)

    def emit(self, event: Event) -> None:
        if isinstance(event, FetchFinished):
            self.finished.append(event)
        if (receive := self._inner.receiver(type(event))) is not None:
            receive(event)


def _shown(fetch: FetchFinished, started_s: float) -> JSONObject:
    return {
        "subgraph": fetch.subgraph,
        "entities": fetch.entities,
        "errors": fetch.errors,
        "started_ms": _ms(fetch.started_s - started_s),
        "took_ms": _ms(fetch.ended_s - fetch.started_s),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, _DIGITS)
