"""Instants and durations as HTTP fields state them, each within a fixed range."""

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from typing import Final

from weir.gateway.headers import Headers, header

MAX_DELTA_S: Final = 2**31
"""RFC 9111 §1.2.2: a cache considers a greater number to be this one."""

_MAX_DIGITS: Final = 11
"""A number of so many digits is greater than `MAX_DELTA_S`."""
_MAX_DATE_BYTES: Final = 64
"""The longest form, "Wednesday, 09-Nov-94 08:49:37 GMT", takes 33."""


def delta_seconds(value: bytes) -> int | None:
    """Return delta-seconds, at most `MAX_DELTA_S`; None if `value` is not a number."""
    if not value.isdigit():
        return None
    significant = value.lstrip(b"0")[:_MAX_DIGITS]
    return min(int(significant or b"0"), MAX_DELTA_S)


def age_s(headers: Headers) -> int:
    """Return the Age of a response (RFC 9111 §5.1), 0 if it has no valid one.

    Of a list, the first member counts.
    """
    value = header(headers, b"age") or b""
    return delta_seconds(value.split(b",", 1)[0].strip()) or 0


def retry_after_s(value: bytes, now_epoch_s: float) -> float:
    """Return the seconds of a Retry-After (RFC 9110 §10.2.3).

    It is a number or a date. An invalid one, and one in the past, is 0.
    """
    seconds = delta_seconds(value)
    if seconds is None:
        seconds_left = (http_date_s(value) or now_epoch_s) - now_epoch_s
        return min(max(0.0, seconds_left), MAX_DELTA_S)
    return seconds


def http_date_s(value: bytes | None) -> float | None:
    """Return the instant of an HTTP-date (RFC 9110 §5.6.7) as epoch seconds.

    None if the field is absent or is not a date between the years 1 and 9999.
    """
    if value is None or len(value) > _MAX_DATE_BYTES:
        return None
    try:
        moment = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def http_date(epoch_s: float) -> bytes:
    """Return the HTTP-date of an instant."""
    return formatdate(epoch_s, usegmt=True).encode()
