"""The expected fields of a fetch are the selection set of its document."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.expected_fields import read_expected
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.errors import PlanningError
from weir.resolvers.plan.model.expected import ExpectedFields
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/*/operation.graphql"))


def planned(operation: Path) -> Iterator[tuple[str, ExpectedFields]]:
    sdl = (operation.parent / "supergraph.graphql").read_text()
    graph = Graph.of(read_supergraph(sdl))
    prepared = prepare(operation.read_text(), None, graph.supergraph.api_schema)
    try:
        for fetch in plan(prepared, graph).fetches:
            yield fetch.document, fetch.expected
    except PlanningError:
        return


def without_types(selection: ExpectedFields) -> ExpectedFields:
    return ExpectedFields(
        fields=tuple(
            replace(
                each,
                type="",
                selection=each.selection and without_types(each.selection),
            )
            for each in selection.fields
        ),
        fragments=tuple(
            replace(
                each,
                types=(each.type_name,),
                selection=without_types(each.selection),
            )
            for each in selection.fragments
        ),
    )


@pytest.mark.parametrize("operation", CASES, ids=lambda p: "/".join(p.parts[-3:-1]))
def test_the_expected_fields_are_the_documents(operation: Path) -> None:
    for document, expected in planned(operation):
        assert without_types(expected) == read_expected(document)
