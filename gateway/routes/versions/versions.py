"""The versions of an API behind one route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.responses.lifecycle import CURRENT, Lifecycle
from weir.gateway.headers import Headers
from weir.gateway.routes.errors import UnknownApiVersion
from weir.gateway.routes.versions.source import VersionSource

_SHOWN: Final = 64
"""The number of characters of a client's text that an error shows."""


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version of an API; `aliases` are further names that requests may use."""

    name: str
    aliases: tuple[str, ...] = ()
    lifecycle: Lifecycle = CURRENT
    fields: Headers = field(init=False, repr=False, compare=False)
    """The header fields of each response of the version."""

    def __post_init__(self) -> None:
        named = (b"api-version", self.name.encode())
        object.__setattr__(self, "fields", (named, *self.lifecycle.fields))


class ApiVersions:
    """The versions of a route, and the places in a request that name one.

    A request that names no version gets `default`, or an error if it is "". `varies`
    are the header fields that the version depends on.
    """

    __slots__ = ("_by_name", "_default", "_sources", "names", "varies")

    def __init__(
        self,
        versions: Sequence[ApiVersion],
        sources: Sequence[VersionSource],
        default: str = "",
    ) -> None:
        self._by_name: Mapping[str, ApiVersion] = {
            name: each for each in versions for name in (each.name, *each.aliases)
        }
        self._sources = tuple(sources)
        self._default = self._by_name.get(default)
        self.names = tuple(each.name for each in versions)
        self.varies = frozenset(each.field for each in sources if each.field)

    def of(self, head: RequestHead) -> ApiVersion:
        """Return the version of a request; raise UnknownApiVersion.

        Two places may name the version, if both name the same one.
        """
        found: ApiVersion | None = None
        for source in self._sources:
            for text in source.stated(head):
                version = self._by_name.get(text)
                if version is None:
                    message = f"There is no version {text[:_SHOWN]!r} ({source.text})."
                    raise UnknownApiVersion(message, self.names)
                if found is not None and found is not version:
                    message = (
                        f"The request names two versions, {found.name} and"
                        f" {version.name} ({source.text})."
                    )
                    raise UnknownApiVersion(message, self.names)
                found = version
        version = found or self._default
        if version is None:
            places = " or ".join(each.text for each in self._sources)
            message = f"The request names no version; send it as {places}."
            raise UnknownApiVersion(message, self.names)
        return version
