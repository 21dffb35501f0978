"""The values that device rules give to the arguments of a plan."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graphql import VariableNode, print_ast

from weir.resolvers.operation.variables.device_arguments import (
    ArgumentRule,
    Coordinate,
    HiddenVariable,
)

_UNSET: Final = "the service's default"


def device_values(
    hidden: Iterable[HiddenVariable], rules: Mapping[Coordinate, ArgumentRule]
) -> Iterator[str]:
    """Yield a line for each variable of the plan that a device rule decides."""
    for index, each in enumerate(hidden):
        if not index:
            yield "\ndevice rules\n"
        yield f"  ${each.name}: {_value(each, rules)}\n"


def _value(hidden: HiddenVariable, rules: Mapping[Coordinate, ArgumentRule]) -> str:
    coordinate = next((each for each in hidden.coordinates if each in rules), None)
    if coordinate is None:
        return f"{_unruled(hidden)}, {hidden.coordinates[0]} has no rule here"
    rule = rules[coordinate]
    if isinstance(hidden.written, VariableNode):
        return f"{_unruled(hidden)}{_bounds(rule)}, by the rule for {coordinate}"
    has_value, value, _ = hidden.value(rules, {})
    return f"{value if has_value else _UNSET}, by the rule for {coordinate}"


def _unruled(hidden: HiddenVariable) -> str:
    return print_ast(hidden.written) if hidden.written else _UNSET


def _bounds(rule: ArgumentRule) -> str:
    default = f", {rule.default} by default" if rule.default is not None else ""
    return f"{default}, at most {rule.maximum}" if rule.maximum is not None else default
