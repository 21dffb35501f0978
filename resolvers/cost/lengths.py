"""The assumed lengths of lists."""

from dataclasses import dataclass

from graphql import Undefined, ValueNode, value_from_ast_untyped

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_mapping
from weir.resolvers.cost.arguments import has_variables


@dataclass(frozen=True, slots=True)
class SlicingArgument:
    """An argument that limits the length of a list, or a field of its input object.

    `node` is its value in the operation. `default` is that of the argument in the
    schema, `Undefined` without one, and `path` has the fields with their defaults. Of
    `items`, the number counts.
    """

    node: ValueNode | None
    default: JSONValue
    path: tuple[tuple[str, JSONValue], ...]
    items: bool = False

    @property
    def varies(self) -> bool:
        """Return whether it depends on variables."""
        return self.node is not None and has_variables(self.node)

    def length(self, variables: JSONObject) -> int | None:
        """Return the number, or the number of items; None without a limit.

        A negative number limits nothing: services read it in different ways.
        """
        value = self._value(variables)
        if is_list(value):
            return len(value)
        if value is not None and self.items:
            return 1  # GraphQL §3.11: a single value stands for a list of it
        if isinstance(value, int) and not isinstance(value, bool):
            return value if value >= 0 else None
        return None

    def is_set(self, variables: JSONObject) -> bool:
        """Return whether there is a value."""
        return self._value(variables) is not None

    def _value(self, variables: JSONObject) -> JSONValue:
        value: JSONValue = Undefined
        if self.node is not None:
            value = value_from_ast_untyped(self.node, variables)
        if value is Undefined:
            value = self.default
        for name, default in self.path:
            value = value.get(name, Undefined) if is_mapping(value) else None
            if value is Undefined:
                value = default
        return None if value is Undefined else value


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
        return sum(each.is_set(variables) for each in self.slicing)
