"""Conversion of a section to the policy that has the same fields."""

from dataclasses import fields, is_dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from weir.bffs.config.model.section import Section
from weir.gateway.json_types import JSONValue, is_list

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PolicyT = TypeVar("PolicyT", bound="DataclassInstance")

_UNITS: Final = ("", "_s", "_bytes", "_per_s")


def to_policy(section: Section, policy: type[PolicyT], **given: object) -> PolicyT:
    """Return the policy with the values of `section` and the `given` values.

    The field `max_wait_s` of a policy is `max_wait` of its section. A nested section
    becomes the type of its field in the policy; a list becomes a tuple or a set.
    """
    types = get_type_hints(policy)
    values = {
        name: _converted(getattr(section, key), types[name])
        for name, key in matches(type(section), policy).items()
        if name not in given
    }
    return policy(**values, **given)


def matches(section: type[Section], policy: type[PolicyT]) -> dict[str, str]:
    """Return the fields of `policy` that `section` has, each with its key there."""
    found: dict[str, str] = {}
    for field in fields(policy):
        for unit in _UNITS:
            key = field.name.removesuffix(unit)
            if field.name.endswith(unit) and key in section.model_fields:
                found[field.name] = key
    return found


def _converted(value: JSONValue, type_: Any) -> Any:
    if isinstance(value, Section):
        return to_policy(value, _policy_in(type_))
    if is_list(value):
        return frozenset(value) if get_origin(type_) is frozenset else tuple(value)
    return value


def _policy_in(type_: Any) -> "type[DataclassInstance]":
    """Return the policy type of a field, without None."""
    for each in (type_, *get_args(type_)):
        if isinstance(each, type) and is_dataclass(each):
            return each
    message = f"{type_} is not the type of a policy"
    raise TypeError(message)
