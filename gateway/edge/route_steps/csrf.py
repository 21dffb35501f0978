"""The guard against cross-site request forgery.

A browser sends a "simple" request without a preflight: a GET, HEAD or POST with the
content type of a form, or with none. So a write has to be a request of another kind.
https://fetch.spec.whatwg.org/#cors-safelisted-request-header

A browser with a defect sent reads with other content types without a preflight
(GHSA-hff2-gcpx-8f4p). A GET has no content, so that those types are rejected.
"""

from functools import lru_cache
from typing import Final

from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Steps
from weir.gateway.errors import UnsupportedMediaType

PREFLIGHT_FIELDS: Final = (
    b"x-requested-with",
    b"apollo-require-preflight",
    b"x-apollo-operation-name",
)
"""Fields that a page of another site cannot send without a preflight."""
MULTIPART: Final = b"multipart/form-data"
NO_UPLOADS: Final = "Uploads as multipart/form-data are not supported."
_SIMPLE_TYPES: Final = frozenset(
    {
        b"",
        b"application/x-www-form-urlencoded",
        MULTIPART,
        b"text/plain",
    }
)
_JSON: Final = b"application/json"
_KNOWN_TYPES: Final = 256


def require_preflight(head: RequestHead, origin: Origin) -> Response | None:
    """Raise UnsupportedMediaType for a POST that needs no preflight.

    It does not matter whether there is a body, or a cookie.
    """
    del origin
    fields = head.headers
    content_type = fields.get(b"content-type", b"")
    if (
        head.method == "POST"
        and _is_simple(content_type)
        and not any(name in fields for name in PREFLIGHT_FIELDS)
    ):
        detail = (
            "Send the request as application/json. A request without a body may have"
            f" the header field {PREFLIGHT_FIELDS[0].decode()} instead."
        )
        if content_type.lower().startswith(MULTIPART):
            detail = f"{NO_UPLOADS} {detail}"
        raise UnsupportedMediaType(detail)
    return None


def reject_content_type(head: RequestHead, origin: Origin) -> Response | None:
    """Raise UnsupportedMediaType for a content type other than JSON; for GET."""
    del origin
    content_type = head.headers.get(b"content-type")
    if content_type and content_type.partition(b";")[0].strip().lower() != _JSON:
        detail = "A GET has no content. Leave out Content-Type."
        raise UnsupportedMediaType(detail)
    return None


@lru_cache(_KNOWN_TYPES)
def _is_simple(content_type: bytes) -> bool:
    """Return whether a page may send this type, or one that browsers take for it."""
    media_type = content_type.partition(b";")[0].strip().lower()
    return media_type in _SIMPLE_TYPES or b"/" not in media_type or b"," in content_type


CSRF_STEPS: Final = Steps(guards=(require_preflight,))
READ_STEPS: Final = Steps(guards=(reject_content_type,))
