"""The model of header fields by which browsers protect the users of an API."""

from typing import Annotated, Literal

from pydantic import Field

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration
from weir.gateway.edge.route_steps.security_headers import SecurityHeaders

_DEFAULTS = SecurityHeaders()
_FieldText = Annotated[
    str,
    Field(
        pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
        json_schema_extra={"expected": "printable ASCII without spaces at its ends"},
    ),
]
_ReferrerPolicy = Literal[
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
]


class SecurityHeadersSection(Section):
    """Header fields of all responses of façades, for browsers; `null` removes one."""

    content_type_options: bool = _DEFAULTS.content_type_options
    """`X-Content-Type-Options: nosniff`: browsers use the media type as it is sent."""
    referrer_policy: _ReferrerPolicy | None = "no-referrer"
    """`Referrer-Policy`: the address that browsers send to pages they go on to."""
    cross_origin_resource_policy: (
        Literal["same-origin", "same-site", "cross-origin"] | None
    ) = "same-origin"
    """`Cross-Origin-Resource-Policy`: the pages that may embed responses."""
    permissions_policy: _FieldText | None = None
    """`Permissions-Policy`."""
    strict_transport: Duration | None = _DEFAULTS.strict_transport_s
    """`Strict-Transport-Security`: time for which browsers use TLS only for this host.
    It is sent over TLS only, directly or by a trusted proxy."""
