"""The replacement of arguments by hidden variables."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
    visit,
)

from weir.resolvers.operation.descendants import descendants
from weir.resolvers.operation.variables.device_arguments import (
    Coordinate,
    HiddenVariable,
)
from weir.resolvers.operation.wrappers import argument_type
from weir.schema.model.node_text import value_text


@dataclass(frozen=True, slots=True)
class HiddenArguments:
    """A document with hidden variables, each declared and described."""

    document: DocumentNode
    hidden: tuple[HiddenVariable, ...]


def hide_arguments(
    document: DocumentNode, schema: GraphQLSchema, coordinates: Collection[Coordinate]
) -> HiddenArguments:
    """Replace the arguments at `coordinates` by hidden variables.

    `document` is valid against `schema`. A coordinate applies to fields selected on its
    type, and on an interface that its type implements.
    """
    applying = _applying(schema, coordinates)
    if not applying:
        return HiddenArguments(document, ())
    type_info = TypeInfo(schema)
    hiding = _Hiding(type_info, applying, _variables_of(document))
    rewritten: DocumentNode = visit(document, TypeInfoVisitor(type_info, hiding))
    if not hiding.hidden:
        return HiddenArguments(document, ())
    return HiddenArguments(
        _declaring(rewritten, hiding.declarations),
        tuple(hiding.hidden[name] for name in sorted(hiding.hidden)),
    )


class _Hiding(Visitor):
    """A visitor that replaces arguments. Equal values share a variable."""

    def __init__(
        self,
        type_info: TypeInfo,
        applying: Mapping[tuple[str, str], Mapping[str, tuple[Coordinate, ...]]],
        taken: frozenset[str],
    ) -> None:
        super().__init__()
        self._type_info = type_info
        self._applying = applying
        self._taken = taken
        self.hidden: dict[str, HiddenVariable] = {}
        self.declarations: list[VariableDefinitionNode] = []

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        parent = self._type_info.get_parent_type()
        definition = self._type_info.get_field_def()
        if parent is None or definition is None:
            return None
        coordinates = self._applying.get((parent.name, node.name.value))
        if coordinates is None:
            return None
        written = {each.name.value: each for each in node.arguments or ()}
        for name, owners in coordinates.items():
            if name not in definition.args:
                continue
            value = written[name].value if name in written else None
            variable = self._hide(owners, value, definition.args[name])
            written[name] = ArgumentNode(
                name=NameNode(value=name), value=_variable(variable)
            )
        return replace(node, arguments=tuple(written.values()))

    def _hide(
        self,
        owners: tuple[Coordinate, ...],
        value: ValueNode | None,
        argument: GraphQLArgument,
    ) -> str:
        type_ = argument_type(argument)
        default = argument.ast_node.default_value if argument.ast_node else None
        name = self._name(owners[0], (value, default), str(type_))
        if name not in self.hidden:
            self.hidden[name] = HiddenVariable(name, owners, value, default)
            declared = parse_type(str(type_), no_location=True)
            self.declarations.append(
                VariableDefinitionNode(
                    variable=_variable(name),
                    type=declared if default is None else _nullable(declared),
                    default_value=None,
                    directives=(),
                )
            )
        return name

    def _name(
        self, owner: Coordinate, values: Iterable[ValueNode | None], type_: str
    ) -> str:
        """Return a name for a variable that no variable of the client has."""
        printed = [value_text(value) if value else "" for value in values]
        digest = blake2s("\n".join((*printed, type_)).encode(), digest_size=4)
        name = f"weir_{owner.type}_{owner.field}_{owner.argument}_{digest.hexdigest()}"
        while name in self._taken:
            name += "_"
        return name


def _applying(
    schema: GraphQLSchema, coordinates: Iterable[Coordinate]
) -> dict[tuple[str, str], dict[str, tuple[Coordinate, ...]]]:
    """Return the coordinates of each argument, by parent type as written."""
    found: defaultdict[tuple[str, str], defaultdict[str, list[Coordinate]]]
    found = defaultdict(lambda: defaultdict(list))
    ordered = sorted(coordinates)
    for each in ordered:
        found[each.type, each.field][each.argument].append(each)
    for each in ordered:
        for interface in _interfaces(schema, each):
            found[interface, each.field][each.argument].append(each)
    return {
        field: {name: tuple(dict.fromkeys(owners)) for name, owners in by_name.items()}
        for field, by_name in found.items()
    }


def _interfaces(schema: GraphQLSchema, coordinate: Coordinate) -> Iterable[str]:
    """Return the interfaces whose field also has this argument."""
    type_ = schema.type_map.get(coordinate.type)
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return ()
    return [each.name for each in type_.interfaces if _has_argument(each, coordinate)]


def _has_argument(type_: GraphQLInterfaceType, coordinate: Coordinate) -> bool:
    field = type_.fields.get(coordinate.field)
    return field is not None and coordinate.argument in field.args


def _declaring(
    document: DocumentNode, declarations: Iterable[VariableDefinitionNode]
) -> DocumentNode:
    """Declare the hidden variables in each operation."""
    definitions = tuple(
        replace(
            each,
            variable_definitions=(*(each.variable_definitions or ()), *declarations),
        )
        if isinstance(each, OperationDefinitionNode)
        else each
        for each in document.definitions
    )
    return replace(document, definitions=definitions)


def _variables_of(document: DocumentNode) -> frozenset[str]:
    return frozenset(
        node.name.value
        for node in descendants(document)
        if isinstance(node, VariableNode)
    )


def _variable(name: str) -> VariableNode:
    return VariableNode(name=NameNode(value=name))


def _nullable(type_: TypeNode) -> TypeNode:
    return type_.type if isinstance(type_, NonNullTypeNode) else type_
