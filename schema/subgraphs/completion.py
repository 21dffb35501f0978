"""The completion of a subgraph's document with federation's definitions.

A subgraph does not have to define the federation directives it uses. Its own
definitions of them are checked against the tables of `schema.federation.specs`, but
differences that a gateway can handle are accepted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InputValueDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    print_ast,
)

from weir.schema.federation.specs import (
    FEATURES,
    FED1,
    FED1_FEATURE,
    UPGRADED_LINK,
    Feature,
    directive_definition,
    row_for,
    type_definition,
)
from weir.schema.link.links import FEDERATION_IDENTITY, LINK_IDENTITY, Link, Links
from weir.schema.link.url import FeatureUrl, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of specified elements in a schema: `specs` maps directives to specs."""

    specs: Mapping[str, str] = field(default_factory=dict[str, str])
    types: frozenset[str] = frozenset()

    def visible(self, spec: str) -> str:
        """Return the visible name of a specified directive, without `@`."""
        return next((name for name, of in self.specs.items() if of == spec), spec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A feature's definition, under its visible names."""

    spec: str
    node: DefinitionNode


def expected_definitions(links: Links) -> Iterator[Expected]:
    """Yield the definitions that a schema with these links does not have to repeat."""
    if links.federation is None:
        yield from _of_feature(FED1_FEATURE, FED1, _plain)
    for link in (*links, *_implied_link(links)):
        feature = FEATURES.get(link.url.identity)
        if feature is not None:
            yield from _of_feature(feature, link.url.version, link.visible)


def checked(
    expected: Iterable[Expected], links: Links, document: DocumentNode
) -> tuple[Expected, ...]:
    """Return the definitions that a schema's own definitions must match.

    If a schema links the link spec and defines an `@link` that can link features, the
    rest of that definition, and the types of its arguments, are not checked.
    """
    link = links.feature(LINK_IDENTITY)
    if link is None or not any(
        _links_features(node, link.visible("@link")) for node in document.definitions
    ):
        return tuple(expected)
    names = {link.visible(each) for each in ("@link", "Import", "Purpose")}
    return tuple(each for each in expected if _key(each.node)[1] not in names)


def _links_features(node: DefinitionNode, name: str) -> bool:
    if not isinstance(node, DirectiveDefinitionNode) or node.name.value != name:
        return False
    types = {each.name.value: print_ast(each.type) for each in node.arguments or ()}
    return (
        node.repeatable
        and [each.value for each in node.locations] == ["SCHEMA"]
        and types.get("url") in {"String", "String!"}
        and types.get("as", "String") == "String"
    )


def added_by_upgrade() -> tuple[Expected, ...]:
    """Return the definitions that only an upgraded federation 1 schema imports."""
    feature, link = FEATURES[FEDERATION_IDENTITY], UPGRADED_LINK
    return tuple(
        each
        for each in _of_feature(feature, link.url.version, link.visible)
        if each.spec not in FED1_FEATURE.directives
    )


def _implied_link(links: Links) -> Iterator[Link]:
    """Yield the link of the link spec, if the schema uses it without a link."""
    if links.features and links.feature(LINK_IDENTITY) is None:
        url = FeatureUrl.parse(f"{LINK_IDENTITY}/v1.0")
        yield Link(url=url, namespace=links.name, imports={})


def _plain(name: str) -> str:
    return name.removeprefix("@")


def _of_feature(
    feature: Feature, version: Version, visible: Callable[[str], str]
) -> Iterator[Expected]:
    types = {
        name: visible(name)
        for name, row in feature.types.items()
        if row.since <= version
    }
    for name, alias in types.items():
        of_type = type_definition(feature.types[name].sdl)
        yield Expected(spec=name, node=_renamed_type(of_type, alias))
    for name, rows in feature.directives.items():
        row = row_for(rows, version)
        if row is not None:
            node = directive_definition(name, row.sdl)
            alias = visible(f"@{name}")
            yield Expected(spec=name, node=_renamed_directive(node, alias, types))


def _renamed_type(
    node: ScalarTypeDefinitionNode | EnumTypeDefinitionNode, name: str
) -> DefinitionNode:
    if isinstance(node, EnumTypeDefinitionNode):
        return EnumTypeDefinitionNode(name=NameNode(value=name), values=node.values)
    return ScalarTypeDefinitionNode(name=NameNode(value=name))


def _renamed_directive(
    node: DirectiveDefinitionNode, name: str, types: Mapping[str, str]
) -> DirectiveDefinitionNode:
    return DirectiveDefinitionNode(
        name=NameNode(value=name),
        arguments=tuple(
            InputValueDefinitionNode(
                name=item.name,
                type=_renamed_ref(item.type, types),
                default_value=item.default_value,
                directives=(),
            )
            for item in node.arguments or ()
        ),
        repeatable=node.repeatable,
        locations=node.locations,
    )


def _renamed_ref(node: TypeNode, types: Mapping[str, str]) -> TypeNode:
    match node:
        case NonNullTypeNode():
            inner = _renamed_ref(node.type, types)
            assert isinstance(inner, NamedTypeNode | ListTypeNode)
            return NonNullTypeNode(type=inner)
        case ListTypeNode():
            return ListTypeNode(type=_renamed_ref(node.type, types))
        case NamedTypeNode():
            name = types.get(node.name.value, node.name.value)
            return NamedTypeNode(name=NameNode(value=name))
        case _:
            return node


def complete(
    document: DocumentNode, expected: tuple[Expected, ...]
) -> tuple[DocumentNode, Names]:
    """Add the definitions that the document lacks, and return the specified names."""
    defined = {
        _key(node)
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode | TypeDefinitionNode)
    }
    missing = [item.node for item in expected if _key(item.node) not in defined]
    completed = DocumentNode(definitions=(*document.definitions, *missing))
    return completed, _names(expected)


def _key(node: DefinitionNode) -> tuple[bool, str]:
    assert isinstance(node, DirectiveDefinitionNode | TypeDefinitionNode)
    return isinstance(node, DirectiveDefinitionNode), node.name.value


def _names(expected: tuple[Expected, ...]) -> Names:
    specs: dict[str, str] = {}
    types: set[str] = set()
    for item in expected:
        is_directive, name = _key(item.node)
        if is_directive:
            specs[name] = item.spec
        else:
            types.add(name)
    return Names(specs=specs, types=frozenset(types))
