"""The strategies of merging different arguments of a non-repeatable directive."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from graphql import BooleanValueNode, IntValueNode, ListValueNode, ValueNode

from weir.schema.model.access import ALWAYS, Alternatives, alternatives, conjunction
from weir.schema.model.definitions import Applied
from weir.schema.model.values import (
    bool_node,
    int_node,
    list_node,
    string_node,
    strings,
)

Strategy: TypeAlias = Callable[[Sequence[ValueNode]], ValueNode | None]


def merged_arguments(
    spec: str, applications: Sequence[Applied]
) -> Mapping[str, ValueNode] | None:
    """Merge the arguments of applications; None if the directive has no strategy."""
    strategies = _STRATEGIES.get(spec)
    if strategies is None:
        return None
    merged: dict[str, ValueNode] = {}
    for name, strategy in strategies.items():
        given = [{**_DEFAULTS.get(spec, {}), **each.arguments} for each in applications]
        values = [arguments[name] for arguments in given if name in arguments]
        value = strategy(values) if values else None
        if value is not None:
            merged[name] = value
    return merged


def alternatives_node(value: Alternatives) -> ValueNode:
    ordered = sorted(
        (sorted(each) for each in value), key=lambda each: (len(each), each)
    )
    return list_node(list_node(string_node(item) for item in each) for each in ordered)


def _conjunction(values: Sequence[ValueNode]) -> ValueNode:
    result = ALWAYS
    for value in values:
        result = conjunction(result, alternatives(value))
    return alternatives_node(result)


def _maximum(values: Sequence[ValueNode]) -> ValueNode | None:
    numbers = [int(each.value) for each in values if isinstance(each, IntValueNode)]
    return int_node(max(numbers)) if numbers else None


def _union(values: Sequence[ValueNode]) -> ValueNode | None:
    names = dict.fromkeys(name for each in values for name in strings(each))
    lists = any(isinstance(each, ListValueNode) for each in values)
    return list_node(string_node(name) for name in names) if lists else None


def _all_true(values: Sequence[ValueNode]) -> ValueNode | None:
    flags = [each.value for each in values if isinstance(each, BooleanValueNode)]
    return bool_node(all(flags)) if flags else None


_DEFAULTS: Mapping[str, Mapping[str, ValueNode]] = {
    "listSize": {"requireOneSlicingArgument": BooleanValueNode(value=True)}
}
_STRATEGIES: Mapping[str, Mapping[str, Strategy]] = {
    "cost": {"weight": _maximum},
    "listSize": {
        "assumedSize": _maximum,
        "slicingArguments": _union,
        "sizedFields": _union,
        "requireOneSlicingArgument": _all_true,
    },
    "requiresScopes": {"scopes": _conjunction},
    "policy": {"policies": _conjunction},
}
