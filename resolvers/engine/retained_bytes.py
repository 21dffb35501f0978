"""The memory that a prepared operation retains, without what others share with it."""

import gc
import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final

from graphql import GraphQLNamedType, GraphQLSchema

from weir.schema.graph.graph import Graph

_SHARED_TYPES: Final = (
    *(GraphQLSchema, GraphQLNamedType, Graph),
    *(FunctionType, BuiltinFunctionType, ModuleType, type),
)


def retained_bytes(values: Iterable[object], shared: Iterable[object]) -> int:
    """Return the bytes of all objects that are reached from `values` alone.

    Objects in `shared` are not entered, and neither are schemas and code.
    """
    seen = {id(each) for each in shared}
    pending = list(values)
    total = 0
    while pending:
        value = pending.pop()
        if id(value) in seen or isinstance(value, _SHARED_TYPES):
            continue
        seen.add(id(value))
        total += sys.getsizeof(value)
        pending.extend(gc.get_referents(value))
    return total
