"""The stack of an upstream with two instances, and calls through it."""

from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamTimeout,
)
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.upstreams.model.policy import (
    HealthPolicy,
    RetryPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.registry import Registry

A, B = "http://a:1", "http://b:1"


POLICY = UpstreamPolicy(
    name="catalog",
    instances=instances(A, B),
    health=HealthPolicy(active=False),
    retry=RetryPolicy(backoff_s=0.001),
)


def stack(
    fleet: Fleet, policy: UpstreamPolicy = POLICY, clock: FakeClock | None = None
) -> Upstream:
    registry = Registry({"catalog": policy}, runtime(clock), fleet.transport)
    return registry.upstream("catalog")


async def call(
    upstream: Upstream, *, safe: bool = True, body: bytes = b"", client: str = "a"
) -> UpstreamResponse:
    request = upstream_request("POST", "/graphql", safe=safe, body=body)
    context = structs.replace(request_context(), client=client)
    return await upstream.call(request, context)


REPEATED: dict[str, UpstreamError | int] = {
    "refused": UpstreamConnectFailed(),
    "lost": UpstreamConnectionLost(),
    "timeout": UpstreamTimeout(),
    "broken": UpstreamProtocolError(),
    "502": 502,
    "503": 503,
    "504": 504,
}
