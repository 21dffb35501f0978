"""The fields of a fetch that may be stale, and for how long."""

from collections.abc import Mapping

import pytest
from graphql import OperationType

from tests.support.executing import entities, fetch, represent
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.stale import StaleFields, stale_fields

WINDOWS = {"Query.top": 60.0, "Title.rating": 5.0, "Title.badge": 30.0, "Show.badge": 9}


def of_root(document: str) -> Fetch:
    return fetch(1, "reviews", document)


def of_entities(selections: str) -> Fetch:
    return fetch(
        1,
        "reviews",
        f"{{ _entities {{ {selections} }} }}",
        entities("titles.@", represent("Title Show", "{ id }")),
    )


@pytest.mark.parametrize(
    ("sent", "root", "joined", "window_s"),
    [
        (of_root("{ top other }"), {"top"}, set(), 60.0),
        (of_root("{ first: top }"), {"first"}, set(), 60.0),
        (of_entities("... on Title { badge id }"), set(), {"badge"}, 30.0),
        (of_entities("... on Title { badge rating }"), set(), {"badge", "rating"}, 5.0),
        (
            of_entities("... on Title { badge } ... on Show { badge }"),
            set(),
            {"badge"},
            9,
        ),
    ],
)
def test_the_shortest_window_is_that_of_all_stale_fields(
    sent: Fetch, root: set[str], joined: set[str], window_s: float
) -> None:
    of_aliases = {"_entities": frozenset(joined)} if joined else {}

    assert stale_fields(sent, WINDOWS) == StaleFields(
        window_s, frozenset(root), of_aliases
    )


def test_a_field_that_another_type_has_without_a_rule_is_not_stale() -> None:
    sent = of_entities("... on Title { rating badge } ... on Show { rating badge }")

    found = stale_fields(sent, WINDOWS)

    assert found == StaleFields(9, frozenset(), {"_entities": frozenset({"badge"})}), (
        "the window of Title.rating does not count"
    )


@pytest.mark.parametrize(
    ("sent", "windows"),
    [
        (of_root("{ top }"), {}),
        (of_root("{ other }"), WINDOWS),
        (of_entities("... on Title { id }"), WINDOWS),
        (fetch(1, "a", "mutation { top }", kind=OperationType.MUTATION), WINDOWS),
    ],
)
def test_other_fetches_have_no_stale_fields(
    sent: Fetch, windows: Mapping[str, float]
) -> None:
    assert stale_fields(sent, windows) is None


def test_only_stale_fields_of_earlier_data_are_taken() -> None:
    fields = StaleFields(
        1.0, frozenset({"top", "gone"}), {"_entities": frozenset({"rating"})}
    )
    data = {"top": 1, "other": 2, "_entities": [{"rating": 4, "id": 1}, None]}

    assert fields.of(data) == {"top": 1, "_entities": [{"rating": 4}, None]}
