"""Composes mutants, and says what must hold of any answer."""

import random
from collections.abc import Sequence
from dataclasses import replace

from graphql import validate_schema

from tests.support.mutants import mutated
from weir.schema import Code, Rejected, Subgraph, compose
from weir.schema.supergraph.api_schema import api_schema


def check_mutant(subgraphs: Sequence[Subgraph], rng: random.Random) -> bool:
    """Break one subgraph and compose: a valid supergraph, or errors with locations.

    Returns whether it composed.
    """
    broken = list(subgraphs)
    number = rng.randrange(len(broken))
    sdl = mutated(broken[number].sdl, rng, rng.choice((1, 1, 1, 2, 4)))
    broken[number] = replace(broken[number], sdl=sdl)
    composed = compose(broken)
    if isinstance(composed, Rejected):
        assert composed.errors
        for error in composed.errors:
            assert error.locations or error.code is Code.NO_QUERIES, error
        return False
    assert validate_schema(api_schema(composed.supergraph_sdl)) == []
    return True
