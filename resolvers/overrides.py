"""Progressive override: the labels of a graph that are active for a request.

`@override(from: "a", label: "percent(5)")` moves a field to another subgraph for five
percent of the keys. Other labels are active for the requests that the operator's
`Labels` choose. A plan is valid for one set of active labels, so this set is part of
the plan's cache key.

A key is hashed to one number between 0 and 100. `percent(x)` is active for numbers
below x, and all labels use the same number. So

- a key always has the same labels, in every process and after every restart;
- raising x only adds keys, and does not move any key back;
- n percentages have n + 1 sets of labels, and so of plans. A random choice for each
  label would have 2^n.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Protocol, TypeAlias, runtime_checkable

from weir.gateway.context import RequestContext
from weir.schema.graph.graph import Graph

StickyKey: TypeAlias = Callable[[RequestContext], bytes]
"""Returns a request's key; equal keys have equal labels."""

_PERCENT = re.compile(r"percent\((\d+(?:\.\d+)?)\)")
# `percent(x)` has at most eight decimals: in these units every x is a whole number.
_UNITS = 10**8
_CIRCLE = 100 * _UNITS
_NONE: frozenset[str] = frozenset()


@runtime_checkable
class Labels(Protocol):
    """The operator's own labels: feature flags, cohorts, regions."""

    def active(self, label: str, request: RequestContext) -> bool:
        """Return whether `label` is active for a request; called on the event loop."""
        ...


class NoLabels:
    """The policy without active labels: each field remains in its original subgraph."""

    def active(self, label: str, request: RequestContext) -> bool:
        del label, request
        return False


_NO_LABELS = NoLabels()


def by_request(request: RequestContext) -> bytes:
    """Return a different key for each request, which selects x percent of requests."""
    return request.request_id.encode()


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """The key from a client's header field, or a key for the request without it."""

    name: bytes

    def __call__(self, request: RequestContext) -> bytes:
        return request.client_headers.get(self.name) or by_request(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePolicy:
    """The operator's policy: the key of requests, and the operator's own labels."""

    key: StickyKey = by_request
    labels: Labels = _NO_LABELS


class Overrides:
    """The labels of one graph."""

    __slots__ = ("_active_past", "_bounds", "_custom", "_policy", "exist")

    def __init__(self, labels: Iterable[str], policy: OverridePolicy) -> None:
        known = frozenset(labels)
        bounds = {label: _bound(label) for label in known if _PERCENT.fullmatch(label)}
        narrowest_first = sorted(bounds, key=lambda label: (bounds[label], label))
        self.exist = bool(known)
        self._policy = policy
        self._custom = tuple(sorted(known - bounds.keys()))
        self._bounds = tuple(bounds[label] for label in narrowest_first)
        # Indexed by the number of bounds that a request's number is not below.
        self._active_past = tuple(
            frozenset(narrowest_first[passed:]) for passed in range(len(bounds) + 1)
        )

    @classmethod
    def of(cls, graph: Graph, policy: OverridePolicy) -> "Overrides":
        """Collect the labels of a graph."""
        return cls(labels_of(graph), policy)

    def active(self, request: RequestContext) -> frozenset[str]:
        """Return the labels that are active for a request."""
        if not self._bounds:
            active = _NONE
        else:
            bucket = _bucket(self._policy.key(request))
            active = self._active_past[bisect_right(self._bounds, bucket)]
        if not self._custom:
            return active
        is_active = self._policy.labels.active
        return active.union(each for each in self._custom if is_active(each, request))


def labels_of(graph: Graph) -> frozenset[str]:
    """Return the labels of all fields of a graph."""
    moves = (move for node in graph.nodes.values() for move in node.moves.values())
    return frozenset(move.label for move in moves if move.label is not None)


def _bound(label: str) -> int:
    percentage = _PERCENT.fullmatch(label)
    assert percentage is not None
    return int(Decimal(percentage[1]) * _UNITS)


def _bucket(key: bytes) -> int:
    digest = blake2b(key, digest_size=8).digest()
    return int.from_bytes(digest, "big") * _CIRCLE >> 64
