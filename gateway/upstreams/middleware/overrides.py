"""The overrides of an upstream's policy for some of its calls.

A policy applies to all calls of its upstream. The calls of one caller may have another
balancing, and those of one operation also other timeouts, breaker and fallback. Each
such override, and each pair of them, has its own retries, selection and breaker. The
instances with their health, the concurrency limit, the retry budget and the response
cache are shared by the whole upstream. Calls in flight are only coalesced within an
override, because their outcome depends on its timeouts, breaker and fallback.
"""

from collections.abc import AsyncIterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.model.policy import (
    CallerPolicy,
    FallbackPolicy,
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import StreamingUpstream

OverrideName: TypeAlias = tuple[str, str]
"""The caller and the operation; "" for those without overrides."""

NO_OVERRIDE: Final[OverrideName] = ("", "")


class PolicyOverrides:
    """The policy of each override, and the override of each request.

    An operation is looked up by its name first, then by its endpoint. Clients can send
    any operation name; names that are not in the policy have no override.
    """

    def __init__(self, policy: UpstreamPolicy) -> None:
        callers = (CallerPolicy(name=""), *policy.callers)
        operations = (OperationPolicy(name=""), *policy.operations)
        self.policies: Mapping[OverrideName, UpstreamPolicy] = {
            (caller.name, operation.name): _overridden(policy, caller, operation)
            for caller in callers
            for operation in operations
        }
        self._callers = frozenset(each.name for each in callers)
        self.operations = frozenset(each.name for each in policy.operations)
        self.exist = len(self.policies) > 1

    def name_of(self, request: UpstreamRequest) -> OverrideName:
        """Return the name of a request's override."""
        if not self.exist:
            return NO_OVERRIDE
        operation = ""
        for name in (request.operation, request.endpoint):
            if name in self.operations:
                operation = name
                break
        caller = request.caller if request.caller in self._callers else ""
        return caller, operation

    def fallback_of(self, request: UpstreamRequest) -> FallbackPolicy | None:
        """Return the fallback of a request."""
        return self.policies[self.name_of(request)].fallback


class OverrideDispatch:
    """A dispatcher of calls and streams to the upstream of their override.

    `calls_of` counts the calls of each operation with overrides.
    """

    def __init__(
        self,
        overrides: PolicyOverrides,
        upstreams: Mapping[OverrideName, StreamingUpstream],
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
        _, operation = name
        if operation:
            self.calls_of[operation] += 1
        return self._upstreams[name]


def _overridden(
    policy: UpstreamPolicy, caller: CallerPolicy, operation: OperationPolicy
) -> UpstreamPolicy:
    timeout = replace(
        policy.timeout,
        attempt_s=operation.attempt_s or policy.timeout.attempt_s,
        total_s=operation.total_s or policy.timeout.total_s,
    )
    return replace(
        policy,
        balancing=operation.balancing or caller.balancing or policy.balancing,
        hash_on=operation.hash_on or caller.hash_on or policy.hash_on,
        timeout=timeout,
        fallback=operation.fallback or policy.fallback,
    )
