"""The linked specifications that a reader of a supergraph must understand."""

from collections.abc import Iterator

from graphql import DocumentNode, SchemaDefinitionNode, SchemaExtensionNode

from weir.schema.graph.read_supergraph import Arguments, directives_named

_BASE = "https://specs.apollo.dev/"
_JOIN_VERSIONS = frozenset({"v0.3", "v0.4", "v0.5"})
_KNOWN = frozenset(
    {
        "link",
        "join",
        "tag",
        "inaccessible",
        "authenticated",
        "requiresScopes",
        "policy",
        "cost",
        "context",
        "cacheTag",
    }
)


def not_understood(document: DocumentNode) -> Iterator[str]:
    """Yield the URLs of links with a purpose whose specification is not supported."""
    for link in _links(document):
        url = str(link.get("url", ""))
        if link.get("for") and not _is_understood(url):
            yield url


def _links(document: DocumentNode) -> Iterator[Arguments]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from directives_named(node.directives, "link")


def _is_understood(url: str) -> bool:
    name, _, version = url.removeprefix(_BASE).partition("/")
    if not url.startswith(_BASE) or name not in _KNOWN:
        return False
    return name != "join" or version in _JOIN_VERSIONS
