"""The parser of the `@link` applications of a document."""

import re
from collections.abc import Iterator

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    ValueNode,
    print_ast,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.link.links import CORE_IDENTITY, LINK_IDENTITY, Link, Links
from weir.schema.link.url import FeatureUrl, InvalidFeatureUrl, Version
from weir.schema.model.values import text

_IMPORTED = re.compile(r"@?[_A-Za-z][_0-9A-Za-z]*")
_LINK_VERSIONS = frozenset(
    {
        (LINK_IDENTITY, Version(1, 0)),
        (CORE_IDENTITY, Version(0, 1)),
        (CORE_IDENTITY, Version(0, 2)),
    }
)


class InvalidLink(ValueError):
    """An invalid application of `@link`."""

    def __init__(self, code: Code, message: str, node: Node | None) -> None:
        self.code = code
        self.node = node
        super().__init__(message)


def parse_links(document: DocumentNode) -> Links:
    """Collect the features of a document. Raises InvalidLink at the first invalid one.

    `schema.link.names` checks that their names do not conflict.
    """
    if _defines_unrelated_link(document):
        return Links()
    applications = tuple(_schema_directives(document))
    name = _name_of_link(applications)
    links = Links(name=name, features={})
    features: dict[str, Link] = {}
    for node in applications:
        if node.name.value != name:
            continue
        link = _parse_link(node)
        if link.url.identity in features:
            message = f'Duplicate inclusion of feature "{link.url.identity}"'
            raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
        features[link.url.identity] = link
    return Links(name=links.name, features=features)


def _defines_unrelated_link(document: DocumentNode) -> bool:
    return any(
        isinstance(node, DirectiveDefinitionNode)
        and node.name.value == "link"
        and not any(item.name.value == "url" for item in node.arguments or ())
        for node in document.definitions
    )


def _schema_directives(document: DocumentNode) -> Iterator[DirectiveNode]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from node.directives or ()


def _name_of_link(applications: tuple[DirectiveNode, ...]) -> str:
    """Return the name of `@link`: of the application that links the link spec."""
    for node in applications:
        arguments = _arguments(node)
        url = text(arguments.get("url")) or text(arguments.get("feature")) or ""
        if url.startswith((f"{LINK_IDENTITY}/", f"{CORE_IDENTITY}/")):
            default = "core" if url.startswith(CORE_IDENTITY) else "link"
            if (text(arguments.get("as")) or default) == node.name.value:
                return node.name.value
    return "link"


def _arguments(node: DirectiveNode) -> dict[str, ValueNode]:
    return {item.name.value: item.value for item in node.arguments or ()}


def _parse_link(node: DirectiveNode) -> Link:
    arguments = _arguments(node)
    raw = text(arguments.get("url")) or text(arguments.get("feature"))
    if raw is None:
        message = 'Missing the url of a feature in @link: @link(url: "...")'
        raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
    try:
        url = FeatureUrl.parse(raw)
    except InvalidFeatureUrl as error:
        raise InvalidLink(Code.INVALID_LINK_IDENTIFIER, str(error), node) from error
    _check_link_version(url, node)
    return Link(
        url=url,
        namespace=_namespace(url, arguments.get("as"), node),
        imports=_unique_imports(arguments.get("import"), node),
        purpose=_purpose(arguments.get("for")),
        node=node,
    )


def _check_link_version(url: FeatureUrl, node: DirectiveNode) -> None:
    is_link = url.identity in {LINK_IDENTITY, CORE_IDENTITY}
    if is_link and (url.identity, url.version) not in _LINK_VERSIONS:
        message = (
            f"Schema uses unknown version {url.version} of the {url.name} spec"
            " (known version: v1.0)"
        )
        raise InvalidLink(Code.UNKNOWN_LINK_VERSION, message, node)


def _namespace(url: FeatureUrl, alias: ValueNode | None, node: DirectiveNode) -> str:
    if alias is None:
        return url.name
    name = text(alias)
    if name is None:
        message = f'Invalid namespace for "{url}": `as` must be a string'
        raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
    return name


def _purpose(value: ValueNode | None) -> str | None:
    if value is None or isinstance(value, NullValueNode):
        return None
    return value.value if isinstance(value, EnumValueNode) else print_ast(value)


def _unique_imports(value: ValueNode | None, node: DirectiveNode) -> dict[str, str]:
    imports: dict[str, str] = {}
    for element, alias in _imports(value, node):
        if imports.setdefault(element, alias) != alias:
            message = (
                f'"{element}" is imported both as "{imports[element]}" and as "{alias}"'
            )
            raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
    return imports


def _imports(value: ValueNode | None, node: DirectiveNode) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not isinstance(value, ListValueNode):
        message = 'Invalid "import" of @link: it must be a list'
        raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
    for item in value.values:
        element, alias = _import(item, node)
        if element.startswith("@") != alias.startswith("@"):
            message = (
                f'Invalid import of "{element}" as "{alias}": directives are imported'
                ' under names that start with "@", types under names that do not'
            )
            raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
        yield element, alias


def _import(item: ValueNode, node: DirectiveNode) -> tuple[str, str]:
    if isinstance(item, StringValueNode):
        return item.value, item.value
    if isinstance(item, ObjectValueNode):
        fields = {field.name.value: text(field.value) for field in item.fields}
        name = fields.pop("name", None)
        alias = fields.pop("as", name)
        if name is not None and alias is not None and not fields:
            if _IMPORTED.fullmatch(name) and _IMPORTED.fullmatch(alias):
                return name, alias
            message = f'"{name}" or "{alias}" is not a name, and cannot be imported'
            raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
    message = (
        "Invalid import of @link: each must be a name or an object with the fields"
        ' "name" and "as"'
    )
    raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)
