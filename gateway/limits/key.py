"""The key of a rate limit: the parts of a request whose values are counted apart."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, TypeAlias

from weir.gateway.claim_path import claim_at
from weir.gateway.clients.network import client_network
from weir.gateway.json_types import JSONValue
from weir.gateway.limits.caller import LONGEST_CACHED, Caller

if TYPE_CHECKING:
    from weir.gateway.limits.key_expression import KeyExpression

API_KEY: Final = "api_key"
PLAN: Final = "plan"
OPERATION: Final = "operation"
_OF_CREDENTIAL: Final = frozenset({"subject", "client_id", API_KEY})
_NOT_STORED: Final = "*"
"""The value of all operations that are not stored, as no name begins with it."""
_EXPRESSION: Final = "cel:"
_DIGEST_BYTES: Final = 16
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

ReadPart: TypeAlias = Callable[[Caller], str]
Digest: TypeAlias = Callable[[Caller], bytes]


class UnknownKeyPart(ValueError):
    """A part of a key that names nothing a request has."""


@dataclass(frozen=True, slots=True)
class LimitKey:
    """One or several parts, such as `address` or `claim:tenant`; none is one for all.

    A caller without the identity or field that a part names is counted by address, so
    that a limit cannot be avoided by leaving a credential out. Raise UnknownKeyPart.
    """

    parts: tuple[str, ...] = ()
    digest: Digest = field(init=False, repr=False, compare=False)
    """Return the key of a caller: 16 bytes, however long its parts are, or none if all
    callers share the limit."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _compiled(self.parts))

    def __reduce__(self) -> tuple[type["LimitKey"], tuple[tuple[str, ...]]]:
        return LimitKey, (self.parts,)  # a function is not sent to another process

    @property
    def fields(self) -> frozenset[bytes]:
        """The header fields, in lower case, that are parts of the key."""
        parts = (part.partition(":") for part in self.parts)
        names = (name for kind, _, name in parts if kind == "header")
        return frozenset(name.lower().encode("latin-1") for name in names)

    @property
    def needs_identity(self) -> bool:
        """Whether the key depends on a verified credential."""
        return not all(map(_is_of_the_head, self.parts))

    @property
    def needs_operation(self) -> bool:
        """Whether the key depends on the operation of a request."""
        return OPERATION in self.parts

    @property
    def is_common(self) -> bool:
        """Whether clients share the values of the key, if it has several at all."""
        return {PLAN, OPERATION}.issuperset(self.parts)

    @property
    def needs_plan(self) -> bool:
        """Whether the key depends on the plan of the caller."""
        return PLAN in self.parts


def is_of_credential(part: str) -> bool:
    """Return whether only a caller with a verified credential has a part."""
    return part in _OF_CREDENTIAL or part.startswith("claim:")


def _is_of_the_head(part: str) -> bool:
    if part.startswith(_EXPRESSION):
        return not _expression(part).needs_identity
    return part == "address" or part.startswith("header:")


def _expression(part: str) -> "KeyExpression":
    """Return the expression of a part; raise UnknownKeyPart."""
    # A heavy import, for those who configure it.
    from weir.gateway.cel_source import InvalidExpression  # noqa: PLC0415
    from weir.gateway.limits.key_expression import KeyExpression  # noqa: PLC0415

    try:
        return KeyExpression(part.removeprefix(_EXPRESSION))
    except InvalidExpression as error:
        message = f"the expression of {part!r} cannot be used: {error}"
        raise UnknownKeyPart(message) from error


def _compiled(parts: tuple[str, ...]) -> Digest:
    """Return the function of a key, which reads a caller for each request."""
    if not parts:
        return lambda _: b""
    if parts == ("address",):
        return _digest_of_address
    readers = tuple(map(_reader, parts))

    def digest(caller: Caller) -> bytes:
        values = tuple([read(caller) for read in readers])
        if "" not in values and sum(map(len, values)) <= LONGEST_CACHED:
            return _cached_digest(parts, values)
        named = [
            (part, value) if value else ("address", caller.network)
            for part, value in zip(parts, values, strict=True)
        ]
        return _digest(*zip(*named, strict=True))

    return digest


def _digest_of_address(caller: Caller) -> bytes:
    address = caller.address
    if len(address) > LONGEST_CACHED:
        return _network_digest(address)
    return _cached_network_digest(address)


def _network_digest(address: str) -> bytes:
    return _digest(("address",), (client_network(address),))


def _digest(parts: tuple[str, ...], values: tuple[str, ...]) -> bytes:
    named = list(zip(parts, values, strict=True))
    text = repr(named).encode("utf-8", "backslashreplace")
    return blake2b(text, digest_size=_DIGEST_BYTES).digest()


_cached_digest = lru_cache(maxsize=8192)(_digest)
_cached_network_digest = lru_cache(maxsize=8192)(_network_digest)


def _reader(part: str) -> ReadPart:
    """Return the function that reads a part; raise UnknownKeyPart."""
    plain = _PLAIN.get(part)
    if plain is not None:
        return plain
    if part.startswith(_EXPRESSION):
        return _expression(part).read
    kind, _, name = part.partition(":")
    if kind == "header" and _FIELD_NAME.fullmatch(name):
        field = name.lower().encode("latin-1")
        return lambda caller: caller.headers.get(field, b"").decode("latin-1")
    if name and kind == "claim":
        return lambda caller: _text(claim_at(caller.identity.claims, name))
    message = (
        f"unknown part {part!r}; expected address, subject, client_id, api_key, "
        "plan, operation, claim:<path>, header:<name> or cel:<expression>"
    )
    raise UnknownKeyPart(message)


def _text(claim: JSONValue) -> str:
    return str(claim) if isinstance(claim, str | int | float) else ""


def _api_key(caller: Caller) -> str:
    identity = caller.identity
    return identity.client_id if identity.method == "api_key" else ""


_PLAIN: Final[Mapping[str, ReadPart]] = {
    "address": lambda caller: caller.network,
    API_KEY: _api_key,
    PLAN: lambda caller: caller.plan,
    OPERATION: lambda caller: caller.operation or _NOT_STORED,
    "subject": lambda caller: caller.subject,
    "client_id": lambda caller: caller.identity.client_id,
}
