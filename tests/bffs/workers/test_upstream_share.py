"""The share of a worker in the limits of an upstream."""

from weir.bffs.workers.upstream_share import upstream_share
from weir.gateway.upstreams.model.policy import ConcurrencyPolicy, UpstreamPolicy


def test_counts_are_divided_and_rounded_up() -> None:
    calls = ConcurrencyPolicy(max_in_flight=10, max_per_instance=0, max_waiting=1)
    share = upstream_share(UpstreamPolicy(name="u", concurrency=calls), 4)

    assert share.concurrency.max_in_flight == 3
    assert share.concurrency.max_per_instance == 0, "there is no limit"
    assert share.concurrency.max_waiting == 1
    assert share.transport.connections.max_open == 32
