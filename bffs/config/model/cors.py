"""The model of CORS."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Delay
from weir.bffs.config.model.values.texts import HeaderName
from weir.gateway.edge.route_steps.cors import (
    ANY_ORIGIN,
    CorsPolicy,
    InvalidOrigin,
    parse_origin,
)

# The defaults are those of the policy.
_CORS = CorsPolicy(origins=())


def _origin(value: str) -> str:
    if value != ANY_ORIGIN:
        try:
            parse_origin(value)
        except InvalidOrigin as error:
            raise ValueError(str(error)) from None
    return value


Method = Annotated[
    str,
    Field(pattern=r"^[A-Z]+$", json_schema_extra={"expected": "a method in capitals"}),
]


class CorsSection(Section):
    """Pages of other origins that may read responses in a browser."""

    origins: list[Annotated[str, AfterValidator(_origin)]]
    """Origins such as `https://shop.example`, patterns such as `https://*.shop.example`,
    or `*` for every origin."""
    credentials: bool = _CORS.credentials
    """Allow pages to send cookies; not with `*`."""
    methods: list[Method] = list(_CORS.methods)
    """Methods that pages may use."""
    headers: list[HeaderName] = list(_CORS.headers)
    """Header fields that pages may send; empty allows all."""
    expose: list[HeaderName] = list(_CORS.expose)
    """Header fields of responses that pages may read, besides the common ones."""
    max_age: Delay = _CORS.max_age_s
    """Time for which a browser may keep the outcome of a preflight."""
    private_network: bool = _CORS.private_network
    """Allow pages of public networks to reach a gateway in a private one."""

    @model_validator(mode="after")
    def _check_origins(self) -> Self:
        if not self.origins:
            message = "`origins` is empty; remove `cors` to allow no other origin"
            raise ValueError(message)
        if ANY_ORIGIN in self.origins and len(self.origins) > 1:
            message = '`origins` has "*" and others, which have no effect'
            raise ValueError(message)
        if ANY_ORIGIN in self.origins and self.credentials:
            message = '`credentials` is not allowed with the origin "*"'
            raise ValueError(message)
        return self
