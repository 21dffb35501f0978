"""Consistent hashing: calls with equal keys go to the same instance.

The algorithm is rendezvous hashing. The hash of its URL and the key is the score of an
instance, and the highest score wins. The keys of a removed instance are distributed
evenly, and no other key moves. A new instance gets 1/n of the keys. A ring of virtual
nodes does the same with more memory and less balance. Its search takes logarithmic
time, which matters with hundreds of instances only.

Weights: with u uniform in (0, 1), the probability that -weight / ln(u) is highest is in
proportion to the weight (Schindelhauer and Schomaker 2005).
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import log
from typing import Final

from weir.gateway.upstreams.balancing.balancer import (
    AnyCandidate,
    Candidate,
    PickContext,
)

_SCALE: Final = 2.0**64


class ConsistentHash:
    """Consistent hashing by the key of the call."""

    __slots__ = ()

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        return max(candidates, key=lambda candidate: _score(candidate, context))


def _score(candidate: Candidate, context: PickContext) -> float:
    drawn = blake2b(
        candidate.url.encode() + b"\0" + context.key, digest_size=8
    ).digest()
    uniform = (int.from_bytes(drawn, "big") + 0.5) / _SCALE
    return -candidate.weight(context.now_s) / log(uniform)
