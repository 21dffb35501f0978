"""Thousands of random tables of routes, against the rules read literally."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rule_oracle import (
    found_name,
    heads,
    index_of,
    literal_winner,
    rule_lists,
)
from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.rule import Rule


@settings(max_examples=3000, deadline=None)
@given(rule_lists(most=30), st.lists(heads(), min_size=20, max_size=20))
def test_the_index_agrees_with_the_rules_read_literally(
    rules: list[Rule], requests: list[RequestHead]
) -> None:
    index = index_of(rules)
    for head in requests:
        assert found_name(index, head) == literal_winner(rules, head)
