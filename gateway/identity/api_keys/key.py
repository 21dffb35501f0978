"""The text of an API key: a prefix, 256 random bits, and a checksum.

    weir_ + 43 characters + 6 characters

Secret scanners recognise the prefix, and the checksum excludes similar texts without a
lookup.
"""

import re
import secrets
import string
from hashlib import sha256
from typing import Final
from zlib import crc32

PREFIX: Final = "weir_"
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BITS: Final = 256
_SECRET: Final = 43
_CHECKSUM: Final = 6
_FORM: Final = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{6}})")


def new_key() -> str:
    """Return a new key."""
    secret = _base62(secrets.randbits(_BITS), _SECRET)
    return f"{PREFIX}{secret}{_checksum(secret)}"


def is_key(text: str) -> bool:
    """Return whether a text has the form and the checksum of a key."""
    match = _FORM.fullmatch(text)
    return match is not None and _checksum(match[1]) == match[2]


def key_digest(text: str) -> bytes:
    """Return the SHA-256 of a key, which is all that is stored of it."""
    return sha256(text.encode()).digest()


def _checksum(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECKSUM)


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
