"""The inputs of CEL expressions that are the same for all uses, and their bounds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from weir.gateway.context import Identity
from weir.gateway.json_types import JSONValue, is_mapping, is_sequence

MAX_CLAIM_ITEMS: Final = 64

IDENTITY: Final[Mapping[str, Callable[[Identity], JSONValue]]] = {
    "authenticated": lambda identity: identity.authenticated,
    "claims": lambda identity: identity.claims,
    "client_id": lambda identity: identity.client_id,
    "issuer": lambda identity: identity.issuer,
    "method": lambda identity: identity.method,
    "roles": lambda identity: sorted(identity.roles),
    "scopes": lambda identity: sorted(identity.scopes),
    "subject": lambda identity: identity.subject,
}
"""The fields of `identity`."""


class ListTooLong(ValueError):
    """A list that would make an evaluation too expensive."""


def limited(value: JSONValue, items: int) -> JSONValue:
    """Return a value whose lists are short enough; raise ListTooLong."""
    pending: list[JSONValue] = [value]
    while pending:
        each = pending.pop()
        below: Iterable[JSONValue] = ()
        if is_mapping(each):
            below = each.values()
        elif is_sequence(each):
            below = each
            if len(each) > items:
                message = f"a list has more than {items} items"
                raise ListTooLong(message)
        pending.extend(below)
    return value
