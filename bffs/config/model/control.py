"""The model of the control port: its clients, and what they may do."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, model_validator

from weir.bffs.config.model.addresses import AddressesSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import AllowedHost, Name, NetworkText, Secret
from weir.gateway.clients.network import parse_address

_MIN_TOKEN_LENGTH = 16


def _long_enough(value: str) -> str:
    if len(value) < _MIN_TOKEN_LENGTH:
        message = f"the token has less than {_MIN_TOKEN_LENGTH} characters"
        raise ValueError(message)
    if not value.isascii() or not value.isprintable() or " " in value:
        message = "expected ASCII characters without spaces"
        raise ValueError(message)
    return value


def _needs_permission(value: str) -> str:
    if value.lower() == "localhost" or parse_address(value) is not None:
        message = "localhost and addresses are always allowed"
        raise ValueError(message)
    return value


def _as_allowed(value: Any) -> Any:
    is_list = isinstance(value, list)
    return {"allow": cast("list[object]", value)} if is_list else value


_Addresses = Annotated[
    AddressesSection,
    BeforeValidator(
        _as_allowed, json_schema_input_type=list[NetworkText] | AddressesSection
    ),
]


class ControlTokenSection(Section):
    """A token for clients of the control port, as `Authorization: Bearer`."""

    token: Annotated[Secret, AfterValidator(_long_enough)]
    """The secret, of 16 characters or more, such as `${DEPLOY_TOKEN}`."""
    role: Literal["read", "operate"] = "read"
    """`read` for requests that change nothing, `operate` for all."""


class ControlSection(Section):
    """Access to the control port; changes apply without a restart."""

    tokens: dict[Name, ControlTokenSection] = {}
    """Tokens, by the name that the log shows; required if the port is not on
    loopback. Without tokens, each client may do everything."""
    allowed_hosts: list[Annotated[AllowedHost, AfterValidator(_needs_permission)]] = []
    """Names in `Host`, besides `localhost` and addresses, such as that of a Kubernetes
    service."""
    addresses: _Addresses | None = None
    """Networks of its clients: a list of those that are allowed, or `allow` and `deny`.
    The address is that of the connection."""

    @model_validator(mode="after")
    def _check_tokens(self) -> Self:
        names: dict[str, str] = {}
        for name, each in self.tokens.items():
            other = names.setdefault(each.token, name)
            if other != name:
                message = f"the tokens {other!r} and {name!r} are the same"
                raise ValueError(message)
        return self
