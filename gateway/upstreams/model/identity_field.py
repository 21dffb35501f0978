"""Header fields for a service that name the caller of a request."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from weir.gateway.claim_path import claim_at
from weir.gateway.context import Identity
from weir.gateway.json_types import JSONValue, is_mapping

CLAIM: Final = "claims."
_TEXT: Final = re.compile(r"[^\x00-\x20\x7f]+(?:[ \t]+[^\x00-\x20\x7f]+)*")
"""RFC 9110 §5.5: no line breaks, and no spaces at the ends."""


def joined(names: Iterable[str], separator: str) -> str:
    """Return the names in order, without those that could be read as others.

    A service may split the text at any white space, or strip each name.
    """
    return separator.join(sorted(each for each in names if _is_one(each, separator)))


def _is_one(name: str, separator: str) -> bool:
    if separator == " ":
        return name.split() == [name]
    return separator not in name and name.strip() == name


_ATTRIBUTES: Final[Mapping[str, Callable[[Identity], str]]] = {
    "subject": lambda identity: identity.subject,
    "issuer": lambda identity: identity.issuer,
    "client_id": lambda identity: identity.client_id,
    "method": lambda identity: identity.method,
    "scopes": lambda identity: joined(identity.scopes, " "),
    "roles": lambda identity: joined(identity.roles, ","),
}
SOURCES: Final = (*_ATTRIBUTES, f"{CLAIM}<path>")


@dataclass(frozen=True, slots=True)
class IdentityField:
    """A field, and the attribute of the identity or the claim that it has.

    `name` is in lower case. `source` is one of `SOURCES`.
    """

    name: bytes
    source: str

    def value(self, identity: Identity) -> bytes | None:
        """Return the value for a caller, or None if there is none that can be sent.

        Claims that are not texts are written as JSON.
        """
        text = self._text(identity)
        return text.encode() if _TEXT.fullmatch(text) else None

    def _text(self, identity: Identity) -> str:
        if (attribute := _ATTRIBUTES.get(self.source)) is not None:
            return attribute(identity)
        claim = claim_at(identity.claims, self.source.removeprefix(CLAIM))
        if claim is None or isinstance(claim, str):
            return claim or ""
        return orjson.dumps(claim, default=_plain).decode()


def is_source(text: str) -> bool:
    """Return whether a text names a part of an identity."""
    return text in _ATTRIBUTES or (text.startswith(CLAIM) and text != CLAIM)


def _plain(value: JSONValue) -> JSONValue:
    if is_mapping(value):
        return dict(value)
    raise TypeError
