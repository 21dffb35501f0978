"""The clients of the control port, and the changes that they may make."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.edge.route_steps.addresses import AddressPolicy
from weir.gateway.errors import Forbidden, Unauthenticated

_SCHEME = b"bearer"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_reading(method: str) -> bool:
    """Return whether requests with this method change nothing."""
    return method in _READING


def token_digest(token: str) -> bytes:
    """Return the form in which tokens are stored and compared."""
    return sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlToken:
    """A token of the control port; without `operates`, its clients only read."""

    name: str
    digest: bytes = field(repr=False)
    operates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAccess:
    """The rules of the control port; without `tokens`, each client may do everything.

    `host_names` are allowed in Host besides localhost and address literals.
    """

    host_names: frozenset[str] = frozenset()
    addresses: AddressPolicy = field(default_factory=AddressPolicy)
    tokens: tuple[ControlToken, ...] = ()


def authorize(access: ControlAccess, token: ControlToken | None, method: str) -> None:
    """Raise Unauthenticated or Forbidden unless a request with `token` is allowed."""
    if not access.tokens:
        return
    if token is None:
        detail = "The control port needs a token: Authorization: Bearer <token>"
        raise Unauthenticated(detail)
    if not token.operates and not is_reading(method):
        detail = f"The token {token.name!r} may read, not make changes."
        raise Forbidden(detail)


def token_of(tokens: Sequence[ControlToken], fields: HeaderMap) -> ControlToken | None:
    """Return the token of a request, if it has a valid one.

    It is compared with all tokens, in the same time whichever of them matches.
    """
    authorization = fields.get(b"authorization", b"")
    scheme, _, credential = authorization.partition(b" ")
    if scheme.lower() != _SCHEME:
        return None
    digest = sha256(credential.strip()).digest()
    found = [each for each in tokens if compare_digest(each.digest, digest)]
    return found[0] if found else None
