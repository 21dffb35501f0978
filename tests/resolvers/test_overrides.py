"""Which labels of progressive overrides are active: one key, one side."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.calls import request_context
from weir.gateway.context import RequestContext
from weir.resolvers.overrides import HeaderKey, OverridePolicy, Overrides
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

USER = HeaderKey(b"x-user-id")
STICKY = OverridePolicy(key=USER)
percentages = st.decimals(0, 100, allow_nan=False, places=8)


def request_of(user: str) -> RequestContext:
    return structs.replace(
        request_context(), client_headers={b"x-user-id": user.encode()}
    )


def percent(*shares: object) -> Overrides:
    return Overrides([f"percent({each})" for each in shares], STICKY)


@dataclass(frozen=True)
class Cohort:
    """A label is active for the users that are named in it."""

    def active(self, label: str, request: RequestContext) -> bool:
        return request.client_headers[b"x-user-id"].decode() in label.split("-")


@pytest.mark.parametrize("share", [0, 0.5, 5, 12.5, 50, 99, 100])
def test_so_many_percent_of_the_keys_are_on(share: float) -> None:
    overrides = percent(share)
    keys = 20_000

    on = sum(bool(overrides.active(request_of(f"user-{n}"))) for n in range(keys))

    # Within five standard deviations; exact at both ends.
    spread = 5 * (keys * share / 100 * (1 - share / 100)) ** 0.5
    assert abs(on - keys * share / 100) <= spread


@given(user=st.text(max_size=40), share=percentages)
def test_a_key_always_gets_the_same_side(user: str, share: object) -> None:
    sides = {percent(share).active(request_of(user)) for _ in range(3)}

    assert len(sides) == 1


def test_sides_are_the_same_in_every_process() -> None:
    """These values are a promise to those who restart or add an instance."""
    overrides = percent(50)

    on = [n for n in range(20) if overrides.active(request_of(f"user-{n}"))]

    assert on == [0, 2, 6, 7, 8, 10, 15, 16, 18, 19]


@given(
    user=st.text(max_size=40),
    shares=st.lists(percentages, min_size=1, max_size=8, unique=True),
)
def test_a_key_in_a_smaller_share_is_in_every_larger_one(
    user: str, shares: list[object]
) -> None:
    labels = [f"percent({each})" for each in sorted(shares, key=str)]
    active = Overrides(labels, STICKY).active(request_of(user))

    bounds = {label: float(label[8:-1]) for label in labels}
    on = [bounds[label] for label in labels if label in active]
    off = [bounds[label] for label in labels if label not in active]
    assert max(off, default=-1.0) <= min(on, default=101.0)


def test_labels_of_n_percentages_make_n_plus_one_sets() -> None:
    overrides = percent(10, 20, 30, 40)

    seen = {overrides.active(request_of(str(n))) for n in range(5_000)}

    assert len(seen) == 5


def test_a_request_without_the_sticky_header_goes_by_itself() -> None:
    overrides = percent(50)
    requests = [
        structs.replace(request_context(), request_id=f"r{n}") for n in range(500)
    ]

    on = sum(bool(overrides.active(each)) for each in requests)

    assert 0 < on < 500


def test_the_policy_decides_about_other_labels() -> None:
    overrides = Overrides(
        ["for-ann", "for-ann-bob", "percent(100)"],
        OverridePolicy(key=USER, labels=Cohort()),
    )

    assert overrides.active(request_of("ann")) == {
        "for-ann",
        "for-ann-bob",
        "percent(100)",
    }
    assert overrides.active(request_of("bob")) == {"for-ann-bob", "percent(100)"}
    assert overrides.active(request_of("cid")) == {"percent(100)"}


def test_no_label_is_active_without_a_policy() -> None:
    assert Overrides(["rollout"], OverridePolicy()).active(request_of("ann")) == set()


LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"]
)
"""
OLD = """
type Query { t: T }
type T @key(fields: "id") { id: ID! x: Int y: Int z: Int }
"""
NEW = """
type T @key(fields: "id") {
  id: ID!
  x: Int @override(from: "old", label: "percent(100)")
  y: Int @override(from: "old", label: "rollout")
  z: Int @override(from: "old")
}
"""


class Everything:
    """Every label is active."""

    def active(self, label: str, request: RequestContext) -> bool:
        del label, request
        return True


def test_labels_of_a_graph_are_those_of_its_fields() -> None:
    composed = compose(
        [Subgraph(name="old", sdl=LINK + OLD), Subgraph(name="new", sdl=LINK + NEW)]
    )
    assert isinstance(composed, Composed), composed
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))

    overrides = Overrides.of(graph, OverridePolicy(labels=Everything()))

    assert overrides.active(request_context()) == {"percent(100)", "rollout"}
