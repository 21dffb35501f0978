"""The overrides of an upstream's policy for some of its calls.

A policy applies to all calls of its upstream. The calls of one operation may have other
timeouts, another breaker and another fallback. Each such override has its own retries
and breaker. The instances with their health and balancing, the concurrency limit, the
retry budget and the response cache are shared by the whole upstream. Calls in flight
are only coalesced within an override, because their outcome depends on its timeouts,
breaker and fallback.
"""

from collections.abc import AsyncIterable, Mapping
from dataclasses import replace
from typing import Final

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.model.policy import (
    FallbackPolicy,
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import StreamingUpstream

NO_OVERRIDE: Final = ""
"""The name of the policy for calls of operations without overrides."""


class PolicyOverrides:
    """The policy of each operation with overrides, and the operation of each request.

    An operation is looked up by its name first, then by its endpoint. Clients can send
    any operation name; names that are not in the policy have no override.
    """

    def __init__(self, policy: UpstreamPolicy) -> None:
        self.policies: Mapping[str, UpstreamPolicy] = {
            NO_OVERRIDE: policy,
            **{each.name: _overridden(policy, each) for each in policy.operations},
        }
        self.operations = frozenset(each.name for each in policy.operations)

    def name_of(self, request: UpstreamRequest) -> str:
        """Return the name of a request's operation, or `NO_OVERRIDE`."""
        if self.operations:
            for name in (request.operation, request.endpoint):
                if name in self.operations:
                    return name
        return NO_OVERRIDE

    def fallback_of(self, request: UpstreamRequest) -> FallbackPolicy | None:
        """Return the fallback of a request."""
        return self.policies[self.name_of(request)].fallback


class OverrideDispatch:
    """A dispatcher of calls and streams to the upstream of their operation.

    `calls_of` counts the calls of each operation with overrides.
    """

    def __init__(
        self,
        overrides: PolicyOverrides,
        upstreams: Mapping[str, StreamingUpstream],
    ) -> None:
        self._overrides = overrides
        self._upstreams = upstreams
        self.calls_of = dict.fromkeys(overrides.operations, 0)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        return await self._upstream_of(request).call(request, context)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        return await self._upstream_of(request).open(request, context, body)

    def _upstream_of(self, request: UpstreamRequest) -> StreamingUpstream:
        name = self._overrides.name_of(request)
        if name != NO_OVERRIDE:
            self.calls_of[name] += 1
        return self._upstreams[name]


def _overridden(policy: UpstreamPolicy, operation: OperationPolicy) -> UpstreamPolicy:
    timeout = replace(
        policy.timeout,
        attempt_s=operation.attempt_s or policy.timeout.attempt_s,
        total_s=operation.total_s or policy.timeout.total_s,
    )
    return replace(
        policy,
        timeout=timeout,
        fallback=operation.fallback or policy.fallback,
    )
