"""Compares compositions with those of the reference."""

from collections import Counter
from collections.abc import Sequence

from graphql import build_schema, lexicographic_sort_schema, print_schema

from tests.support.apollo_composer import THROWN, Case, Reference, outcomes
from weir.schema import Rejected, Subgraph, compose
from weir.schema.supergraph.api_schema import api_schema


def compare(
    reference: Sequence[str], graphs: Sequence[Sequence[Subgraph]]
) -> Counter[frozenset[str]]:
    """Assert that all graphs get the reference's codes, or its API schema.

    Returns how many got which codes, those aside that the reference itself fails with.
    """
    verdicts = Counter[frozenset[str]]()
    expected = outcomes(reference, map(Case, graphs))
    for graph, wanted in zip(graphs, expected, strict=True):
        if wanted.codes == {THROWN}:
            continue
        verdicts[wanted.codes] += 1
        _assert_alike(graph, wanted)
    return verdicts


def _assert_alike(graph: Sequence[Subgraph], wanted: Reference) -> None:
    sdl = "\n\n".join(f"# {each.name}\n{each.sdl}" for each in graph)
    composition = compose(graph)
    if isinstance(composition, Rejected):
        found = {each.code.value for each in composition.errors}
        assert found == wanted.codes, f"{sdl}\n{wanted.messages}"
        return
    assert not wanted.codes, f"{sdl}\n{wanted.messages}"
    ours = lexicographic_sort_schema(api_schema(composition.supergraph_sdl))
    theirs = lexicographic_sort_schema(build_schema(wanted.api))
    assert print_schema(ours) == print_schema(theirs), sdl
