"""The weights and list sizes of a supergraph (`@cost`, `@listSize`).

https://ibm.github.io/graphql-specs/cost-spec.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    ValueNode,
)

from weir.schema.link.links import SPECS, Links

Path = tuple[str, ...]

_COST: Final = "cost"
_LIST_SIZE: Final = "listSize"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSize:
    """One `@listSize`: the length of a field's list, or of its `sized_fields`.

    `slicing` are paths to arguments that limit the length, such as `first` or
    `input.first`. With `requires_one`, an operation has to set exactly one of them.
    `sized_fields` are paths below the field, of lists with this length.
    """

    assumed: int | None = None
    slicing: tuple[Path, ...] = ()
    sized_fields: tuple[Path, ...] = ()
    requires_one: bool = False


@dataclass(frozen=True, slots=True)
class CostTable:
    """Weights and list sizes by schema coordinate.

    Coordinates of weights are those of types (`Product`), fields and input fields
    (`Product.reviews`), and arguments (`Query.products(first:)`).
    """

    weights: Mapping[str, int] = field(default_factory=dict[str, int])
    list_sizes: Mapping[str, ListSize] = field(default_factory=dict[str, ListSize])

    def changed(
        self, weights: Mapping[str, int], assumed_sizes: Mapping[str, int]
    ) -> "CostTable":
        """Return the table with other weights, and other sizes that are assumed."""
        sizes = {
            coordinate: replace(
                self.list_sizes.get(coordinate, ListSize()), assumed=assumed
            )
            for coordinate, assumed in assumed_sizes.items()
        }
        return CostTable({**self.weights, **weights}, {**self.list_sizes, **sizes})


def read_costs(document: DocumentNode, links: Links) -> CostTable:
    """Return the table of a supergraph, whose links name the directives."""
    link = links.feature(f"{SPECS}/{_COST}")
    if link is None:
        return CostTable()
    cost, list_size = link.directive(_COST), link.directive(_LIST_SIZE)
    weights: dict[str, int] = {}
    sizes: dict[str, ListSize] = {}
    for coordinate, directives in _elements(document):
        for each in directives:
            if each.name.value == cost:
                weights[coordinate] = _integer(_arguments(each).get("weight")) or 0
            elif each.name.value == list_size:
                sizes[coordinate] = _list_size(_arguments(each))
    return CostTable(weights, sizes)


def _elements(
    document: DocumentNode,
) -> Iterator[tuple[str, Iterable[ConstDirectiveNode]]]:
    """Yield the elements that may have these directives, with their coordinates."""
    for node in document.definitions:
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                name = node.name.value
                yield name, node.directives or ()
                for each in node.fields or ():
                    yield from _field_elements(name, each)
            case InputObjectTypeDefinitionNode():
                for value in node.fields or ():
                    coordinate = f"{node.name.value}.{value.name.value}"
                    yield coordinate, value.directives or ()
            case ScalarTypeDefinitionNode() | EnumTypeDefinitionNode():
                yield node.name.value, node.directives or ()
            case _:
                continue


def _field_elements(
    type_name: str, node: FieldDefinitionNode
) -> Iterator[tuple[str, Iterable[ConstDirectiveNode]]]:
    coordinate = f"{type_name}.{node.name.value}"
    yield coordinate, node.directives or ()
    for each in node.arguments or ():
        yield f"{coordinate}({each.name.value}:)", each.directives or ()


def _arguments(node: ConstDirectiveNode) -> dict[str, ValueNode]:
    return {each.name.value: each.value for each in node.arguments or ()}


def _list_size(arguments: Mapping[str, ValueNode]) -> ListSize:
    slicing = tuple(
        tuple(each.split(".")) for each in _strings(arguments.get("slicingArguments"))
    )
    requires = arguments.get("requireOneSlicingArgument")
    optional = isinstance(requires, BooleanValueNode) and not requires.value
    return ListSize(
        assumed=_integer(arguments.get("assumedSize")),
        slicing=slicing,
        sized_fields=tuple(
            path
            for each in _strings(arguments.get("sizedFields"))
            if (path := tuple(each.replace("{", " ").replace("}", " ").split()))
        ),
        requires_one=bool(slicing) and not optional,
    )


def _integer(node: ValueNode | None) -> int | None:
    return int(node.value) if isinstance(node, IntValueNode) else None


def _strings(node: ValueNode | None) -> Iterator[str]:
    values = node.values if isinstance(node, ListValueNode) else (node,)
    yield from (each.value for each in values if isinstance(each, StringValueNode))
