"""The header fields by which all responses of a version announce it.

They have API-Version, and the end of the version: Deprecation, Sunset and Link. Those
of the service about the same are replaced, except for its links.
"""

from typing import Final

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Steps
from weir.gateway.headers import list_members
from weir.gateway.routes.errors import UnknownApiVersion
from weir.gateway.routes.versions.versions import ApiVersions

_REPLACED: Final = frozenset({b"api-version", b"deprecation", b"sunset"})
_VARY: Final = b"vary"


def announcing_steps(versions: ApiVersions) -> Steps:
    """Return the finish that adds the fields of the version, errors included."""

    def announce(
        head: RequestHead,
        context: RequestContext,  # noqa: ARG001 - a finish
        response: Response,
    ) -> Response:
        try:
            fields = versions.of(head).fields
        except UnknownApiVersion:
            fields = ()
        own = [line for line in response.headers if line[0] not in _REPLACED]
        missing = versions.varies.difference(list_members(response.headers, _VARY))
        if missing:
            fields = (*fields, (_VARY, b", ".join(sorted(missing))))
        return replace(response, headers=(*own, *fields))

    return Steps(finishes=(announce,))
