"""Keys of rate limits as expressions in the Common Expression Language (CEL).

They are for keys that no list of parts can name, such as the first part of a claim. The
form of an expression and the size of its inputs bound its cost (`gateway.cel_source`).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from weir.gateway.cel_inputs import IDENTITY, MAX_CLAIM_ITEMS, limited
from weir.gateway.cel_source import InvalidExpression, Roots, read_expression
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.limits.caller import LONGEST_CACHED, Caller

_BYTES: Final = "latin-1"
_REQUEST: Final[Mapping[str, Callable[[Caller], object]]] = {
    "client_address": lambda caller: caller.address,
    "headers": lambda caller: {
        name.decode(_BYTES): value.decode(_BYTES)
        for name, value in caller.headers.items()
    },
}
_ROOTS: Final[Roots] = {"identity": tuple(IDENTITY), "request": tuple(_REQUEST)}
_CALLERS: Final = 8192


class KeyExpression:
    """An expression whose result, a text, is the part of a key.

    An evaluation takes about 20 microseconds, so that the texts of the last callers are
    cached, unless they depend on header fields. Raise InvalidExpression.
    """

    __slots__ = ("_cached", "_reads_address", "_reads_identity", "_source")

    def __init__(self, text: str) -> None:
        self._source = read_expression(text, _ROOTS)
        if not self._source.reads:
            message = "it reads nothing of a request, so that all clients are the same"
            raise InvalidExpression(message)
        of_request = self._source.reads.get("request", ())
        self._reads_address = "client_address" in of_request
        self._reads_identity = "identity" in self._source.reads
        self._cached = (
            None if "headers" in of_request else lru_cache(_CALLERS)(self._text_of)
        )

    @property
    def needs_identity(self) -> bool:
        """Whether it depends on a verified credential."""
        return self._reads_identity

    def read(self, caller: Caller) -> str:
        """Return the text for a caller, or "" without one, as for a missing claim."""
        address, identity = caller.address, caller.identity
        if self._cached is None or len(address) > LONGEST_CACHED:
            return self._text(caller)
        return self._cached(
            address if self._reads_address else "",
            identity if self._reads_identity else ANONYMOUS,
        )

    def _text_of(self, address: str, identity: Identity) -> str:
        return self._text(Caller(address, {}, identity))

    def _text(self, caller: Caller) -> str:
        try:
            result = self._result(caller)
        except Exception:  # noqa: BLE001 - the library has no base for its errors
            return ""
        return result if isinstance(result, str) else ""

    def check(self, caller: Caller) -> None:
        """Raise InvalidExpression if the result for a caller is not a text."""
        try:
            result = self._result(caller)
        except Exception:  # noqa: BLE001 - this caller has not all that it reads
            return
        if not isinstance(result, str):
            message = f"the result is not a text, but {result!r}; use `string()`"
            raise InvalidExpression(message)

    def _result(self, caller: Caller) -> object:
        reads = self._source.reads
        identity = caller.identity
        return self._source.program.execute(
            {
                "identity": {
                    name: limited(IDENTITY[name](identity), MAX_CLAIM_ITEMS)
                    for name in reads.get("identity", ())
                },
                "request": {
                    name: _REQUEST[name](caller) for name in reads.get("request", ())
                },
            }
        )
