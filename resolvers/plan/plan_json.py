"""Plans as values of JSON, and back.

A tuple is an array. A dataclass is an object with one member: the name of the class,
and an object with the fields. So the classes of a union are distinguished.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

from graphql import OperationType

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.resolvers.plan.model.expected import (
    ExpectedField,
    ExpectedFields,
    ExpectedFragment,
)
from weir.resolvers.plan.model.nodes import (
    ContextValue,
    Each,
    EntityFetch,
    Fetch,
    Key,
    OnTypes,
    Plan,
    Rename,
    Representation,
    RequiredField,
    RequiredFragment,
)

_CLASSES: Final[Mapping[str, type[Any]]] = {
    each.__name__: each
    for each in (
        ContextValue,
        Each,
        EntityFetch,
        ExpectedField,
        ExpectedFields,
        ExpectedFragment,
        Fetch,
        Key,
        OnTypes,
        Plan,
        Rename,
        Representation,
        RequiredField,
        RequiredFragment,
    )
}
_FIELDS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    each: tuple(field.name for field in fields(each)) for each in _CLASSES.values()
}
_KIND: Final = OperationType.__name__


class NotAPlan(Exception):
    """A value of JSON that is not a plan."""


def plan_to_json(plan: Plan) -> JSONValue:
    """Return a plan as a value of JSON; equal plans give equal values."""
    return _written(plan)


def plan_from_json(value: JSONValue) -> Plan:
    """Return the plan that `plan_to_json` has written; raises NotAPlan."""
    try:
        plan = _read(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotAPlan from error
    if not isinstance(plan, Plan):
        raise NotAPlan
    return plan


def _written(value: object) -> JSONValue:
    if isinstance(value, tuple):
        return [_written(each) for each in cast("tuple[object, ...]", value)]
    if isinstance(value, OperationType):
        return {_KIND: value.value}
    if value is None or isinstance(value, str | int):
        return value
    kind = type(value)
    return {
        kind.__name__: {name: _written(getattr(value, name)) for name in _FIELDS[kind]}
    }


def _read(value: JSONValue) -> Any:
    if is_list(value):
        return tuple([_read(each) for each in value])
    if not is_object(value):
        return value
    ((name, members),) = value.items()
    if name == _KIND:
        return OperationType(members)
    return _CLASSES[name](**{key: _read(each) for key, each in members.items()})
