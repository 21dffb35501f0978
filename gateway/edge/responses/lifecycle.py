"""The end of an endpoint's life, as its responses announce it.

Deprecation (RFC 9745), Sunset (RFC 8594), and Link fields to a page about both.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from urllib.parse import urlsplit

from weir.gateway.headers import Headers
from weir.gateway.http_time import http_date

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_LAST_SECOND: Final = time(23, 59, 59)
# RFC 3986 §2: other characters of a URI are percent-encoded.
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


class InvalidLifecycle(ValueError):
    """Days or a URL that no field can state; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The announced end of an endpoint; times are in seconds of the epoch.

    `deprecated_s` is since when it should not be used, `sunset_s` from when it may not
    respond any more, and `notice` the URL of a page for its users.
    """

    deprecated_s: int | None = None
    sunset_s: int | None = None
    notice: str = ""

    @property
    def fields(self) -> Headers:
        """The header fields of each response of the endpoint."""
        fields: list[tuple[bytes, bytes]] = []
        if self.deprecated_s is not None:
            fields.append((b"deprecation", b"@%d" % self.deprecated_s))
            fields += self._links("deprecation")
        if self.sunset_s is not None:
            fields.append((b"sunset", http_date(self.sunset_s)))
            fields += self._links("sunset")
        return tuple(fields)

    def _links(self, relation: str) -> Headers:
        if not self.notice:
            return ()
        link = f'<{self.notice}>; rel="{relation}"; type="text/html"'
        return ((b"link", link.encode()),)


CURRENT: Final = Lifecycle()
"""The lifecycle of an endpoint without an announced end."""


def read_lifecycle(deprecated: str, sunset: str, notice: str) -> Lifecycle:
    """Return the lifecycle of days such as `2026-12-31`; "" is not stated.

    An endpoint is deprecated from the beginning of a day, and available until the end
    of one, in UTC. Raises InvalidLifecycle.
    """
    since = _day("deprecated", deprecated)
    until = _day("sunset", sunset)
    if since and until and until < since:
        # RFC 9745 §4
        message = "`sunset` is before `deprecated`"
        raise InvalidLifecycle(message)
    if notice:
        _check_notice(notice)
        if not (since or until):
            message = "`notice` is only used with `deprecated` or `sunset`"
            raise InvalidLifecycle(message)
    return Lifecycle(
        None if since is None else _epoch_s(since, time()),
        None if until is None else _epoch_s(until, _LAST_SECOND),
        notice,
    )


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    message = f'`{name}` must be a day such as "2026-12-31", got "{text}"'
    raise InvalidLifecycle(message)


def _epoch_s(day: date, at: time) -> int:
    return int(datetime.combine(day, at, UTC).timestamp())


def _check_notice(notice: str) -> None:
    try:
        parts = urlsplit(notice)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or not _URI.fullmatch(notice):
        message = f'`notice` must be a URL with http or https, got "{notice}"'
        raise InvalidLifecycle(message)
