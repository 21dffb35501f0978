"""The features that a schema links, and the visible names of their elements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import Node

from weir.schema.link.url import FeatureUrl

SPECS = "https://specs.apollo.dev"
LINK_IDENTITY = f"{SPECS}/link"
CORE_IDENTITY = f"{SPECS}/core"
FEDERATION_IDENTITY = f"{SPECS}/federation"
JOIN_IDENTITY = f"{SPECS}/join"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One `@link`; `imports` maps elements (`@key`, `FieldSet`) to visible names.

    `purpose` is why a reader of the schema must understand the feature, if it must.
    """

    url: FeatureUrl
    namespace: str
    imports: Mapping[str, str]
    purpose: str | None = None
    node: Node | None = field(default=None, compare=False)

    def directive(self, name: str) -> str:
        """Return the visible name of the feature's directive, without `@`."""
        imported = self.imports.get(f"@{name}")
        if imported is not None:
            return imported.removeprefix("@")
        return self.namespace if name == self.url.name else f"{self.namespace}__{name}"

    def type(self, name: str) -> str:
        """Return the visible name of the feature's type."""
        return self.imports.get(name) or f"{self.namespace}__{name}"

    def visible(self, element: str) -> str:
        """Return the visible name of a directive (`@key`) or a type, without `@`."""
        if element.startswith("@"):
            return self.directive(element.removeprefix("@"))
        return self.type(element)

    def element(self, visible: str) -> str | None:
        """Return the feature's own name of a visible directive, or None."""
        for element, alias in self.imports.items():
            if alias == f"@{visible}":
                return element.removeprefix("@")
        if visible == self.namespace and f"@{self.url.name}" not in self.imports:
            return self.url.name
        prefix = f"{self.namespace}__"
        name = visible.removeprefix(prefix)
        known = visible.startswith(prefix) and f"@{name}" not in self.imports
        return name if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The features of a schema by identity; `name` is the name of `@link` itself."""

    name: str = "link"
    features: Mapping[str, Link] = field(default_factory=dict[str, Link])

    def __iter__(self) -> Iterator[Link]:
        return iter(self.features.values())

    def feature(self, identity: str) -> Link | None:
        return self.features.get(identity)

    @property
    def federation(self) -> Link | None:
        return self.features.get(FEDERATION_IDENTITY)

    def owner(self, directive: str) -> tuple[Link, str] | None:
        """Return the feature of a visible directive, and its name in the feature."""
        for link in self.features.values():
            element = link.element(directive)
            if element is not None:
                return link, element
        return None
