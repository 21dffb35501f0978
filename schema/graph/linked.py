"""The specifications that a supergraph links, and the names they own in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import DocumentNode, SchemaDefinitionNode, SchemaExtensionNode

from schema.graph.reading import Arguments, directives_named

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


@dataclass(frozen=True, slots=True)
class Link:
    """One `@link` of the schema definition."""

    url: str
    namespace: str
    purpose: str | None

    @property
    def is_understood(self) -> bool:
        """Say whether the gateway does what the specification asks of it."""
        name, _, version = self.url.removeprefix(_BASE).partition("/")
        if not self.url.startswith(_BASE) or name not in _KNOWN:
            return False
        return name != "join" or version in _JOIN_VERSIONS

    @property
    def is_federation_s(self) -> bool:
        """Say whether it belongs to the machinery that clients do not see."""
        return self.url.startswith(_BASE)


@dataclass(frozen=True, slots=True)
class LinkedSpecs:
    """All links of a supergraph."""

    links: tuple[Link, ...]

    @property
    def not_understood(self) -> tuple[str, ...]:
        """The links with a purpose that must be understood and are not."""
        return tuple(
            link.url for link in self.links if link.purpose and not link.is_understood
        )

    def owns_type(self, name: str) -> bool:
        """Say whether a type is machinery (`join__Graph`, `link__Import`)."""
        return any(name.startswith(f"{link.namespace}__") for link in self.links)

    def owns_directive(self, name: str) -> bool:
        """Say whether a directive is machinery (`@tag`, `@join__type`)."""
        return self.owns_type(name) or any(
            name == link.namespace for link in self.links
        )


def read_links(document: DocumentNode) -> LinkedSpecs:
    """Read the `@link`s of a supergraph."""
    return LinkedSpecs(tuple(_links(document)))


def _links(document: DocumentNode) -> Iterator[Link]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            for arguments in directives_named(node.directives, "link"):
                yield _link(arguments)


def _link(arguments: Arguments) -> Link:
    url = str(arguments.get("url", ""))
    segments = url.rstrip("/").split("/")
    name = segments[-2] if len(segments) > 1 else url
    return Link(url, arguments.get("as") or name, arguments.get("for"))
