"""The registered services for resolvers, with a record of provenances.

The results of resolvers may not be cached longer than the responses they use. This
module records that, and the use of the caller's identity, for all resolvers.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.provenance import FAILED, Provenance, provenance_of_call


class RecordedUpstreams(Mapping[str, Upstream]):
    """The upstreams of one request; each call adds to `record`."""

    __slots__ = ("_record", "_upstreams")

    def __init__(
        self, upstreams: Mapping[str, Upstream], record: list[Provenance]
    ) -> None:
        self._upstreams = upstreams
        self._record = record

    def __getitem__(self, name: str) -> Upstream:
        return _RecordedUpstream(self._upstreams[name], self._record)

    def __iter__(self) -> Iterator[str]:
        return iter(self._upstreams)

    def __len__(self) -> int:
        return len(self._upstreams)


class _RecordedUpstream:
    __slots__ = ("_record", "_upstream")

    def __init__(self, upstream: Upstream, record: list[Provenance]) -> None:
        self._upstream = upstream
        self._record = record

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        partition = request.partition or context.cache_partition
        if partition != request.partition:
            request = replace(request, partition=partition)
        if context.spans is not None and not request.parent_id:
            parent_id = context.spans.span_id(context.trace)
            request = replace(request, parent_id=parent_id)
        try:
            response = await self._upstream.call(request, context)
        except UpstreamError:
            self._record.append(FAILED)
            raise
        self._record.append(provenance_of_call(response, request, context))
        return response
