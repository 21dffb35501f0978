"""The methods of requests that the gateway knows; others get 501 (RFC 9110 §9.1)."""

from typing import Final

KNOWN_METHODS: Final = frozenset(
    {
        *("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"),
        # WebDAV: RFC 4918, 3253, 3744, 4791 and 5323.
        *("ACL", "COPY", "LOCK", "MKCALENDAR", "MKCOL", "MOVE", "PROPFIND"),
        *("PROPPATCH", "REPORT", "SEARCH", "UNLOCK"),
        # Of caches.
        "PURGE",
    }
)
