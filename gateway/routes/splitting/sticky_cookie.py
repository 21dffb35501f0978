"""The cookie by which a client stays on one side of a split.

It is a random number with its HMAC-SHA-256. It has no data about the client or the
side, and clients cannot make one themselves.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from hmac import compare_digest, digest
from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import cookies

_ID_BYTES: Final = 15
_MAC_BYTES: Final = 15
_ENCODED_BYTES: Final = (_ID_BYTES + _MAC_BYTES) * 4 // 3
"""The length in Base64, without padding."""


class StickyCookie:
    """The cookie of this name; `random` returns so many random bytes."""

    __slots__ = ("_attributes", "_name", "_random", "_secret")

    def __init__(
        self, name: str, secret: bytes, max_age_s: int, random: Callable[[int], bytes]
    ) -> None:
        self._name = name.encode()
        self._secret = secret
        self._random = random
        attributes = f"; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax"
        self._attributes = attributes.encode()

    def of(self, head: RequestHead) -> bytes | None:
        """Return the number of the first valid cookie of a request, if it has one."""
        for name, value in cookies(head.headers.get(b"cookie", b"")):
            if name == self._name and (number := self._verified(value)) is not None:
                return number
        return None

    def issued(self, *, secure: bool) -> tuple[bytes, tuple[bytes, bytes]]:
        """Return a new number, and the field that sets its cookie."""
        number = self._random(_ID_BYTES)
        value = urlsafe_b64encode(number + self._mac(number))
        attributes = self._attributes + (b"; Secure" if secure else b"")
        return number, (b"set-cookie", self._name + b"=" + value + attributes)

    def _verified(self, value: bytes) -> bytes | None:
        if len(value) != _ENCODED_BYTES:
            return None
        try:
            decoded = urlsafe_b64decode(value)
        except Error:
            return None
        number, mac = decoded[:_ID_BYTES], decoded[_ID_BYTES:]
        return number if compare_digest(mac, self._mac(number)) else None

    def _mac(self, number: bytes) -> bytes:
        # The name is a part of it, so that one secret can be used for several cookies.
        return digest(self._secret, self._name + b"=" + number, "sha256")[:_MAC_BYTES]
