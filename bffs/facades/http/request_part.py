"""The parts of a request that a problem document can refer to."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

from weir.gateway.json_types import JSONObject

_SHOWN: Final = 64
"""The number of characters of a client's name that an error shows."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: a segment of the path, a query parameter, or a header field."""

    place: Literal["path", "query", "header"]
    name: str

    @property
    def reference(self) -> JSONObject:
        """The members of a problem document that refer to it."""
        return {"in": self.place, "parameter": self.name[:_SHOWN]}


@dataclass(frozen=True, slots=True)
class Member:
    """A value in a JSON body; `steps` are names and indexes that lead to it."""

    steps: tuple[str | int, ...] = ()

    @property
    def reference(self) -> JSONObject:
        """The members of a problem document that refer to it: an RFC 6901 pointer."""
        return {"in": "body", "pointer": "#" + "".join(map(_step, self.steps))}


RequestPart: TypeAlias = Parameter | Member


def _step(step: str | int) -> str:
    name = str(step)[:_SHOWN].replace("~", "~0").replace("/", "~1")
    # RFC 6901 §6: the fragment of a URI is percent-encoded. "$" is allowed in one.
    return "/" + quote(name, safe="~$")
