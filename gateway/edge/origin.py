"""The source of a request: its address, scheme and host."""

import re

from msgspec import Struct

is_host = re.compile(
    rb"(?:\[[A-Za-z0-9.:%_~-]{2,63}\]|[A-Za-z0-9._~%-]{1,255})(?::[0-9]{0,5})?"
).fullmatch
"""Matches a Host value that is well-formed (RFC 9110 §7.2, without userinfo)."""


class Origin(Struct, frozen=True):
    """The source of a request, by the connection and the trusted proxies.

    `hops` is sent upstream as X-Forwarded-For: the client, then the proxies between.
    """

    address: str
    scheme: str
    host: bytes
    hops: bytes
