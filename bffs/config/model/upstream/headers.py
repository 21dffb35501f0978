"""The model of the header rules of an upstream."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue
from weir.gateway.headers import cgi_name
from weir.gateway.upstreams.model.header_rules import (
    OF_THE_GATEWAY,
    may_be_forwarded,
    may_be_returned,
    may_be_set,
    may_name_caller,
)
from weir.gateway.upstreams.model.identity_field import SOURCES, is_source


def _checked(allowed: Callable[[bytes], bool], message: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not allowed(value.lower().encode()):
            raise ValueError(message)
        return value

    return check


def _known_source(value: str) -> str:
    if not is_source(value):
        message = f"expected one of {', '.join(SOURCES)}"
        raise ValueError(message)
    return value


_AUTHORIZATION = b"authorization"
_REMOVABLE = ", ".join(name.decode() for name in OF_THE_GATEWAY)
_Forwarded = Annotated[
    HeaderName,
    AfterValidator(
        _checked(may_be_forwarded, "this header field cannot be forwarded from clients")
    ),
]
_Set = Annotated[
    HeaderName,
    AfterValidator(_checked(may_be_set, "this header field cannot be set")),
]
_Identity = Annotated[
    HeaderName,
    AfterValidator(
        _checked(may_name_caller, "this header field cannot name the caller")
    ),
]
_Source = Annotated[str, AfterValidator(_known_source)]
_Removed = Annotated[
    HeaderName,
    AfterValidator(
        _checked(OF_THE_GATEWAY.__contains__, f"expected one of {_REMOVABLE}")
    ),
]
_Returned = Annotated[
    HeaderName,
    AfterValidator(
        _checked(
            may_be_returned, "the gateway writes this header field of responses itself"
        )
    ),
]


class TokenSection(Section):
    """A token that the gateway signs by `identity.signing`."""

    audience: Annotated[str, Field(min_length=1, max_length=255)]
    """The service, as the claim `aud` names it."""


class HeadersSection(Section):
    """Header fields that are sent to the service, and that clients get from it."""

    forward: list[_Forwarded] = []
    """Fields of the client's request that are sent to the service; no others are."""
    set: dict[_Set, HeaderValue] = {}
    """Fields with fixed values, which replace all others of the same name."""
    identity: dict[_Identity, _Source] = {}
    """Fields that name the caller: `subject`, `issuer`, `client_id`, `method`,
    `scopes`, `roles` or a claim such as `claims.tenant`."""
    token: TokenSection | None = None
    """Send a token of the gateway that names the caller, in `Authorization`."""
    remove: list[_Removed] = []
    """Fields of the gateway, such as `x-forwarded-for`, that are not sent."""
    response: list[_Returned] = []
    """Fields of responses that clients get, such as `set-cookie`; no others are."""

    def sends(self, name: bytes) -> bool:
        """Return whether a rule sends the field of this `cgi_name`."""
        names = (*self.forward, *self.set, *self.identity)
        is_token = self.token is not None and name == _AUTHORIZATION
        return is_token or name in map(_as_of_cgi, names)

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        lists = {
            "forward": self.forward,
            "set": list(self.set),
            "identity": list(self.identity),
            "remove": self.remove,
            "response": self.response,
        }
        for key, names in lists.items():
            counts = Counter(name.lower() for name in names)
            if twice := next((name for name in counts if counts[name] > 1), ""):
                message = f'`{key}` has "{twice}" twice'
                raise ValueError(message)
        fixed = {_as_of_cgi(name) for name in self.set}
        for key, names in (("forward", self.forward), ("remove", self.remove)):
            if both := next((each for each in names if _as_of_cgi(each) in fixed), ""):
                message = f'"{both}" of `{key}` has no effect, because `set` has it too'
                raise ValueError(message)
        self._check_identity()
        return self

    def _check_identity(self) -> None:
        """Reject other rules for the fields that name the caller."""
        of_caller = {_as_of_cgi(each): "identity" for each in self.identity}
        if self.token is not None:
            of_caller[_AUTHORIZATION] = "token"
        for key, others in (("forward", self.forward), ("set", self.set)):
            for name in others:
                if own := of_caller.get(_as_of_cgi(name)):
                    message = f'"{name}" of `{key}` is a field of `{own}` too'
                    raise ValueError(message)


def _as_of_cgi(name: str) -> bytes:
    return cgi_name(name.encode())
