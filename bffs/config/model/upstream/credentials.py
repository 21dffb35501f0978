"""The gateway's own credentials for a service."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration
from weir.bffs.config.model.values.texts import Secret
from weir.bffs.config.model.values.urls import SecureUrl


def _without_colon(value: str) -> str:
    if ":" in value or not value.isprintable():
        message = "expected a name without a colon (RFC 7617 §2)"
        raise ValueError(message)
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        message = "the password has control characters (RFC 7617 §2)"
        raise ValueError(message)
    return value


def _scope_tokens(value: str | list[str]) -> list[str]:
    return value.split() if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1, max_length=1024)]
Scope = Annotated[
    str,
    Field(
        pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$",
        json_schema_extra={"expected": "a scope without spaces (RFC 6749 §3.3)"},
    ),
]


class BasicSection(Section):
    """HTTP Basic (RFC 7617)."""

    username: Annotated[Text, AfterValidator(_without_colon)]
    """Name of the gateway."""
    password: Annotated[Secret, AfterValidator(_printable)]
    """Password, such as `${file:/run/secrets/orders}`."""


class ClientCredentialsSection(Section):
    """Tokens by the OAuth 2 grant "client credentials" (RFC 6749 §4.4)."""

    token_url: SecureUrl
    """Token endpoint of the authorization server."""
    client_id: Text
    """The gateway, as the server knows it."""
    client_secret: Secret
    """Secret of the gateway, sent as HTTP Basic."""
    scopes: Annotated[
        list[Scope],
        BeforeValidator(_scope_tokens, json_schema_input_type=str | list[Scope]),
    ] = []
    """Scopes to request; by default those that the server grants by itself."""
    audience: Text | None = None
    """Parameter `audience` of the request, which some servers need."""
    timeout: Annotated[Duration, Field(le=10)] = 2.0
    """Time limit of a request for a token."""


class CredentialsSection(Section):
    """How the gateway proves its own identity to the service, in `Authorization`."""

    basic: BasicSection | None = None
    oauth: ClientCredentialsSection | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.basic is None) == (self.oauth is None):
            message = "expected either `basic` or `oauth`"
            raise ValueError(message)
        return self
