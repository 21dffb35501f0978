"""The assumed lengths of lists."""

from dataclasses import dataclass

from graphql import Undefined, ValueNode, value_from_ast_untyped

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_mapping
from weir.resolvers.cost.arguments import has_variables


@dataclass(frozen=True, slots=True)
class SlicingArgument:
    """An argument that limits the length of a list, or a field of its input object.

    `node` is its value in the operation. `default` is that of the argument in the
    schema, `Undefined` without one, and `path` has the fields with their defaults.
    """

    node: ValueNode | None
    default: JSONValue
    path: tuple[tuple[str, JSONValue], ...]

    @property
    def varies(self) -> bool:
        """Return whether it depends on variables."""
        return self.node is not None and has_variables(self.node)

    def length(self, variables: JSONObject) -> int | None:
        """Return the number, or the number of items; None without a value."""
        value: JSONValue = Undefined
        if self.node is not None:
            value = value_from_ast_untyped(self.node, variables)
        if value is Undefined:
            value = self.default
        for name, default in self.path:
            value = value.get(name, Undefined) if is_mapping(value) else None
            if value is Undefined:
                value = default
        if is_list(value):
            return len(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(value, 0)
        return None


@dataclass(frozen=True, slots=True)
class ListLength:
    """The length of a list: the largest of its slicing arguments, or `assumed`."""

    slicing: tuple[SlicingArgument, ...]
    assumed: int

    @property
    def varies(self) -> bool:
        """Return whether it depends on variables."""
        return any(each.varies for each in self.slicing)

    def of(self, variables: JSONObject) -> int:
        """Return the length for these variables."""
        given = (each.length(variables) for each in self.slicing)
        known = [each for each in given if each is not None]
        return max(known) if known else self.assumed


@dataclass(frozen=True, slots=True)
class RequiredSlice:
    """The arguments of a field of which an operation has to set exactly one."""

    field: str
    names: tuple[str, ...]
    slicing: tuple[SlicingArgument, ...]

    def given(self, variables: JSONObject) -> int:
        """Return the number of arguments that are set."""
        return sum(each.length(variables) is not None for each in self.slicing)
