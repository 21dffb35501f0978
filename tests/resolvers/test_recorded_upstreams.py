"""What resolvers call is recorded, and called for the caller they work for."""

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.provenance import FAILED, Provenance
from weir.resolvers.recorded_upstreams import RecordedUpstreams

SAID = json_response({}, headers=((b"cache-control", b"public, max-age=30"),))


async def test_every_call_adds_the_provenance_of_its_response() -> None:
    record: list[Provenance] = []
    upstreams = RecordedUpstreams({"users": MemoryUpstream(lambda _: SAID)}, record)

    for _ in range(2):
        await upstreams["users"].call(upstream_request(), request_context())

    assert [each.cache_control.max_age_s for each in record] == [30, 30]
    assert (list(upstreams), len(upstreams)) == (["users"], 1)


async def test_a_call_that_fails_forbids_to_store_what_is_made_without_it() -> None:
    def fail(_: UpstreamRequest) -> UpstreamResponse:
        raise UpstreamUnavailable

    record: list[Provenance] = []
    upstreams = RecordedUpstreams({"users": MemoryUpstream(fail)}, record)

    with pytest.raises(UpstreamUnavailable):
        await upstreams["users"].call(upstream_request(), request_context())

    assert record == [FAILED]


async def test_a_call_belongs_to_the_identity_of_its_request() -> None:
    upstream = MemoryUpstream(lambda _: SAID)
    upstreams = RecordedUpstreams({"users": upstream}, [])
    context = structs.replace(request_context(), cache_partition="ada")

    await upstreams["users"].call(upstream_request(), context)
    await upstreams["users"].call(
        structs.replace(upstream_request(), partition="of its own"), context
    )

    assert [each.partition for each in upstream.requests] == ["ada", "of its own"]
