"""The changes of the requests and responses of one route."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from weir.gateway.routes.transformation.body_change import BodyChange
from weir.gateway.routes.transformation.fields import HeaderChanges, QueryChanges
from weir.gateway.routes.transformation.template_values import TemplateValues


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestChanges:
    """The changes of a request, None for a part that is not changed."""

    headers: HeaderChanges | None = None
    query: QueryChanges | None = None
    body: BodyChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseChanges:
    """The changes of a response.

    `statuses` are new ones by those of the service. With `problems`, the body of an
    error is replaced. `varies` are the fields of the client that the changes depend on,
    and they are `personal` if they depend on the caller.
    """

    headers: HeaderChanges | None = None
    statuses: Mapping[int, int] = field(default_factory=dict[int, int])
    body: BodyChange | None = None
    problems: bool = False
    varies: tuple[bytes, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """The changes of a route, and the largest body that is changed."""

    request: RequestChanges
    response: ResponseChanges
    values: TemplateValues
    max_bytes: int
