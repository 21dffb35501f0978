"""The view of a contract: the API schema of the elements it does not hide."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLSchema,
    SchemaDefinitionNode,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    parse,
)

from weir.schema.contracts.contract import Contract
from weir.schema.contracts.marking import marked
from weir.schema.contracts.reachability import reachable
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.link.links import SPECS, Links
from weir.schema.link.parse_links import parse_links
from weir.schema.model.definitions import Applied, TypeDefinition
from weir.schema.subgraphs.building import Builder
from weir.schema.subgraphs.constants import constants_of
from weir.schema.supergraph.api_schema import api_schema, is_of_a_spec
from weir.schema.supergraph.printing import print_type
from weir.schema.supergraph.visibility import Visibility

ViewResult: TypeAlias = "View | tuple[CompositionError, ...]"

_JOIN = (
    "join__type",
    "join__field",
    "join__implements",
    "join__unionMember",
    "join__enumValue",
)


@dataclass(frozen=True, slots=True)
class View:
    """The schema for the clients of a contract.

    `visible` has coordinates: `Type`, `Type.child` and `Type.field(argument:)`.
    """

    api_schema: GraphQLSchema
    visible: frozenset[str]


def view(supergraph: str | DocumentNode, contract: Contract) -> ViewResult:
    """Apply a contract to a composed supergraph, or return the errors of its result."""
    document = parse(supergraph) if isinstance(supergraph, str) else supergraph
    links = parse_links(document)
    builder = Builder(_specs(links), {}, constants_of(document))
    types = {
        name: each
        for name, each in builder.types(document).items()
        if not is_of_a_spec(name, links)
    }
    mark = Applied(name=_name(links, "inaccessible"), spec="inaccessible")
    types = marked(types, contract, mark)
    directives = tuple(
        each
        for each in builder.directives(document).values()
        if not each.spec and links.owner(each.name) is None
    )
    errors = tuple(
        CompositionError(code=each.code, message=each.message, fix=_fix(contract))
        for each in Visibility(types, directives).problems()
    )
    if errors:
        return errors
    if contract.hide_unreachable:
        visible = reachable(types, directives)
        types = {
            name: each if name in visible else _hidden(each, mark)
            for name, each in types.items()
        }
    schema = api_schema(_document(document, types))
    return View(schema, frozenset(_coordinates(schema)))


def _specs(links: Links) -> dict[str, str]:
    specs = {_name(links, spec): spec for spec in ("tag", "inaccessible")}
    return specs | {name: name for name in _JOIN}


def _name(links: Links, spec: str) -> str:
    link = links.feature(f"{SPECS}/{spec}")
    return link.directive(spec) if link else spec


def _fix(contract: Contract) -> str:
    tags = ", ".join(sorted(contract.include | contract.exclude))
    return f"Give related elements the same tags; this contract filters by {tags}."


def _hidden(definition: TypeDefinition, mark: Applied) -> TypeDefinition:
    return replace(definition, directives=(*definition.directives, mark))


def _document(
    supergraph: DocumentNode, types: dict[str, TypeDefinition]
) -> DocumentNode:
    """Return the supergraph with other types, and without the specs' own types."""
    nodes = tuple(
        node
        for node in supergraph.definitions
        if isinstance(node, SchemaDefinitionNode | DirectiveDefinitionNode)
    )
    text = "\n".join(print_type(each) for each in types.values())
    return DocumentNode(
        definitions=(*nodes, *parse(text, no_location=True).definitions)
    )


def _coordinates(schema: GraphQLSchema) -> "set[str]":
    found: set[str] = set()
    for name, each in schema.type_map.items():
        if name.startswith("__"):
            continue
        found.add(name)
        if is_object_type(each) or is_interface_type(each):
            for field_name, field in each.fields.items():
                found.add(f"{name}.{field_name}")
                found.update(
                    f"{name}.{field_name}({argument}:)" for argument in field.args
                )
        elif is_input_object_type(each):
            found.update(f"{name}.{field_name}" for field_name in each.fields)
        elif is_enum_type(each):
            found.update(f"{name}.{value}" for value in each.values)
    return found
