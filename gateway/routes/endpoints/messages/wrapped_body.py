"""The body of a request around that of the client."""

from weir.gateway.edge.request import RequestBody
from weir.gateway.headers import Headers


class WrappedBody:
    """The base of a body that changes how another one is read."""

    __slots__ = ("_body",)

    def __init__(self, body: RequestBody) -> None:
        self._body = body

    @property
    def received(self) -> int:
        return self._body.received

    @property
    def complete(self) -> bool:
        return self._body.complete

    @property
    def trailers(self) -> Headers:
        return self._body.trailers

    def hold(self, size: int) -> None:
        self._body.hold(size)
