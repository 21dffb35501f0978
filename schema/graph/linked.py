"""Which linked specifications a reader of a supergraph has to understand."""

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
_RESTRICTING = frozenset({"authenticated", "requiresScopes", "policy"})


def not_understood(document: DocumentNode) -> Iterator[str]:
    """Yield the urls of links that have a purpose, and that Weir does not know."""
    for link in _links(document):
        url = str(link.get("url", ""))
        if link.get("for") and not _is_understood(url):
            yield url


def not_enforced(document: DocumentNode) -> Iterator[str]:
    """Yield the names of linked specifications that restrict who may read what.

    They are read and planned with, and nothing checks an identity against them yet:
    whoever serves the graph has to refuse it, or protected fields would be public.
    """
    for link in _links(document):
        name = _name(str(link.get("url", "")))
        if name in _RESTRICTING:
            yield name


def _links(document: DocumentNode) -> Iterator[Arguments]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from directives_named(node.directives, "link")


def _name(url: str) -> str:
    return url.removeprefix(_BASE).partition("/")[0]


def _is_understood(url: str) -> bool:
    name, _, version = url.removeprefix(_BASE).partition("/")
    if not url.startswith(_BASE) or name not in _KNOWN:
        return False
    return name != "join" or version in _JOIN_VERSIONS
