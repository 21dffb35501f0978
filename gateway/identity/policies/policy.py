"""The request as a policy sees it, and the Protocol of policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from weir.gateway.context import Identity
from weir.gateway.json_types import JSONValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequest:
    """The request that a policy decides about.

    `path` is the template of its route, such as `/web/v1/titles/{id}`. `headers` are
    the fields that the policy lists, by lower-case name. `operation` is the name of a
    stored operation, and `variables` are its variables as coerced by the schema. Both
    are empty for other operations, as a client could name and use variables at will,
    and for a rule of a façade, which is checked before the body is read.
    """

    method: str
    path: str
    client_address: str
    headers: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(dict[str, str]())
    )
    operation: str = ""
    variables: Mapping[str, JSONValue] = field(
        default_factory=lambda: MappingProxyType(dict[str, JSONValue]())
    )


class PolicyUndecided(Exception):
    """A policy without a decision, which denies; the message gives the reason."""


class Policy(Protocol):
    """A condition on a caller and a request."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The lower-case names of the header fields that the policy sees."""
        ...

    async def allows(
        self, identity: Identity, request: PolicyRequest, client: str
    ) -> bool:
        """Return the decision; raise PolicyUndecided or any other exception.

        `client` is that of the context, for a fair share of threads.
        """
        ...
