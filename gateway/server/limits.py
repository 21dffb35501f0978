"""The limits of one connection before a handler gets its requests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Bytes, seconds and counts; each has a precedent in the servers of the field.

    `head_s` is from the first byte of a head (or the connection) to its end, `body_s`
    from there to the end of a body (or between two pieces of a body that is streamed),
    `idle_s` between requests, `write_s` for a client that has stopped reading.
    """

    # nginx: 4 x 8 KiB; Node.js 16 KiB; Go 1 MiB. Also the limit of trailers, and of
    # what chunks add to a body beyond its own length.
    head_bytes: int = 16 * 1024
    # RFC 9112 §3 recommends "at a minimum, request-line lengths of 8000 octets".
    target_bytes: int = 8 * 1024
    # nginx 60 s, Apache 20 s, Node.js 60 s.
    head_s: float = 10.0
    body_s: float = 30.0
    # Longer than the usual 60 s of load balancers, so that they close first.
    idle_s: float = 75.0
    write_s: float = 30.0
    connections: int = 10_000
    # Behind a proxy all clients share its address: no limit of its own by default.
    connections_per_address: int = 10_000
    # Bodies, and requests sent ahead, of all connections together.
    received_bytes: int = 64 * 1024 * 1024
