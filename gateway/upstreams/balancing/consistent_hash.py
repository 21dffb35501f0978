"""Consistent hashing: equal keys go to the same instance, whoever comes and goes.

Rendezvous hashing: each instance draws a number from its url and the key, the highest
wins. An instance that leaves gives its keys to the others evenly and moves no other
key; one that joins takes 1/n of the keys and leaves the rest. A ring of virtual nodes
does the same with more memory and less balance; its advantage, a search in logarithmic
time, begins to count at hundreds of instances.

Weights: with u uniform in (0, 1), -weight / ln(u) is highest for an instance with the
probability that its weight says (Schindelhauer and Schomaker 2005).
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
    """Takes the instance that the key of the call belongs to."""

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
