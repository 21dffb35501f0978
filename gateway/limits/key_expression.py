"""Keys of rate limits as expressions in the Common Expression Language (CEL).

They are for keys that no list of parts can name, such as the first part of a claim. The
form of an expression and the size of its inputs bound its cost (`gateway.cel_source`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Final

from weir.gateway.cel_inputs import IDENTITY, MAX_CLAIM_ITEMS, limited
from weir.gateway.cel_source import (
    InvalidExpression,
    Roots,
    read_expression,
    words_of,
)
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.json_types import JSONValue
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
_SAMPLE_ADDRESS: Final = "192.0.2.1"
_SAMPLE: Final = Identity(
    method="jwt",
    subject="text",
    issuer="text",
    client_id="text",
    scopes=frozenset({"text"}),
    roles=frozenset({"text"}),
)
_SAMPLE_CLAIMS: Final[tuple[JSONValue, ...]] = ("text", 1, True, ["text"])
_SAMPLE_DEPTH: Final = 3
_MOST_CLAIMS: Final = 10_000


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
        self._require_text(frozenset(words_of(text, _ROOTS)))

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

    def _require_text(self, words: frozenset[str]) -> None:
        """Raise InvalidExpression if callers with all that it reads have no text."""
        results = list(self._results(_samples(words)))
        if results and not any(isinstance(each, str) for each in results):
            message = f"the result is not a text, but {results[0]!r}; use `string()`"
            raise InvalidExpression(message)

    def _results(self, callers: Iterable[Caller]) -> Iterator[object]:
        for caller in callers:
            with suppress(Exception):  # as in `_text`
                yield self._result(caller)

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


def _samples(words: frozenset[str]) -> Iterator[Caller]:
    """Yield callers without and with claims and header fields of all these names.

    The claims have each type, and are objects of claims to a small depth.
    """
    yield Caller(_SAMPLE_ADDRESS, {}, ANONYMOUS)
    for value in _SAMPLE_CLAIMS:
        fields = {word.encode(_BYTES, "replace"): str(value).encode() for word in words}
        claims: JSONValue = value
        for depth in range(1, _SAMPLE_DEPTH + 1):
            if len(words) ** depth > _MOST_CLAIMS:
                break
            claims = dict.fromkeys(words, claims)
            yield Caller(_SAMPLE_ADDRESS, fields, replace(_SAMPLE, claims=claims))
