"""What the reference composer does with the recorded cases, Weir does too."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, lexicographic_sort_schema, print_schema

from tests.schema.adapter import compose as compose_case
from tests.schema.adapter import contract as contract_case
from tests.schema.adapter import subgraphs_of
from tests.schema.equivalence import differences
from tests.support.recorded import conformance_suites, recorded_cases
from weir.schema import Composed, Rejected, Subgraph, compose


def normal(sdl: str) -> str:
    return print_schema(lexicographic_sort_schema(build_schema(sdl)))


@pytest.mark.parametrize("case", recorded_cases("composition.json"))
def test_subgraphs_compose_as_by_the_reference(case: dict[str, Any]) -> None:
    expected = case["expect"]

    result = compose_case(case["subgraphs"])

    assert set(result["error_codes"]) == set(expected["error_codes"])
    if expected["ok"]:
        assert normal(result["api_schema"]) == normal(expected["api_schema"])
        assert set(result["hint_codes"]) == set(expected["hint_codes"])


@pytest.mark.parametrize("case", recorded_cases("composition.json", ok=True))
def test_supergraphs_equal_those_of_the_reference(case: dict[str, Any]) -> None:
    composed = compose(subgraphs_of(case["subgraphs"]))

    assert isinstance(composed, Composed)
    reference = case["expect"]["apollo_supergraph"]
    assert differences(composed.supergraph_sdl, reference) == []


@pytest.mark.parametrize("case", recorded_cases("contracts.json"))
def test_contracts_filter_as_recorded(case: dict[str, Any]) -> None:
    expected = case["expect"]

    result = contract_case(
        case["subgraphs"],
        set(case["include_tags"]),
        set(case["exclude_tags"]),
        case["hide_unreachable_types"],
    )

    assert set(result["error_codes"]) == set(expected["error_codes"])
    if expected["ok"]:
        assert normal(result["api_schema"]) == normal(expected["api_schema"])


@pytest.mark.parametrize("suite", conformance_suites())
def test_conformance_suites_compose_to_the_recorded_supergraphs(suite: Path) -> None:
    files = sorted((suite / "subgraphs").glob("*.graphql"))

    composed = compose(
        [Subgraph(name=each.stem, sdl=each.read_text("utf-8")) for each in files]
    )

    assert not isinstance(composed, Rejected)
    reference = (suite / "supergraph.graphql").read_text("utf-8")
    assert differences(composed.supergraph_sdl, reference) == []
