"""The share of one worker in what all of them may use of an upstream."""

from dataclasses import replace
from math import ceil

from weir.gateway.upstreams.model.policy import UpstreamPolicy


def upstream_share(policy: UpstreamPolicy, workers: int) -> UpstreamPolicy:
    """Return the policy of one worker, with counts rounded up.

    It makes no health checks: the supervisor sends the results of its own.
    """

    def part(count: int) -> int:
        return ceil(count / workers)

    calls, transport = policy.concurrency, policy.transport
    connections = transport.connections
    return replace(
        policy,
        health=replace(policy.health, active=False),
        concurrency=replace(
            calls,
            max_in_flight=part(calls.max_in_flight),
            max_per_instance=part(calls.max_per_instance),
            max_waiting=part(calls.max_waiting),
        ),
        transport=replace(
            transport,
            connections=replace(
                connections,
                max_open=part(connections.max_open),
                max_waiting=part(connections.max_waiting),
            ),
        ),
    )
