"""Lanes: the ways of those calls of an upstream that have settings of their own.

What an upstream's policy says is for all of its calls. The calls of one caller may be
balanced in another way, and those of one operation may have timeouts, a breaker and a
fallback of their own as well. Each such exception, and each pair of them, has a lane,
with its own breaker, repeats and pick. What is about the upstream as a whole is shared
by all lanes: the instances with their health, the limit, the budget of repeats, the
cached responses. Calls in flight are shared within a lane only, because the outcome of
a call depends on the timeouts, the breaker and the fallback of its lane.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.policy import (
    CallerPolicy,
    FallbackPolicy,
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream

LaneName: TypeAlias = tuple[str, str]
"""The caller and the operation; "" are all that have no settings of their own."""

DEFAULT_LANE: Final[LaneName] = ("", "")


@dataclass(frozen=True, slots=True)
class Lane:
    """An upstream for some calls, and some streams."""

    calls: Upstream
    streams: StreamingUpstream


class Lanes:
    """Finds the lane of each request, and counts the calls of operations that have one.

    An operation's name is looked for first, then its endpoint. The names are those of
    the policy: whatever else a client calls its operations is all one.
    """

    def __init__(
        self,
        lanes: Mapping[LaneName, Lane],
        policies: Mapping[LaneName, UpstreamPolicy],
    ) -> None:
        self._lanes = lanes
        self._policies = policies
        self.default = lanes[DEFAULT_LANE]
        self._callers = frozenset(caller for caller, _ in lanes)
        self.calls_of = {operation: 0 for _, operation in lanes if operation}

    def name_of(self, request: UpstreamRequest) -> LaneName:
        """Return the name of a request's lane."""
        if len(self._lanes) == 1:
            return DEFAULT_LANE
        operation = ""
        for name in (request.operation, request.endpoint):
            if name in self.calls_of:
                operation = name
                break
        caller = request.caller if request.caller in self._callers else ""
        return caller, operation

    def fallback_of(self, request: UpstreamRequest) -> FallbackPolicy | None:
        """Return the fallback of a request's lane."""
        return self._policies[self.name_of(request)].fallback

    def of(self, request: UpstreamRequest) -> Lane:
        """Return the lane for one call or stream, which is counted."""
        name = self.name_of(request)
        if name[1]:
            self.calls_of[name[1]] += 1
        return self._lanes[name]

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        return await self.of(request).calls.call(request, context)


def lane_policies(policy: UpstreamPolicy) -> dict[LaneName, UpstreamPolicy]:
    """Return the policy of each lane."""
    callers = (CallerPolicy(name=""), *policy.callers)
    operations = (OperationPolicy(name=""), *policy.operations)
    return {
        (caller.name, operation.name): _policy_in_lane(policy, caller, operation)
        for caller in callers
        for operation in operations
    }


def _policy_in_lane(
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
