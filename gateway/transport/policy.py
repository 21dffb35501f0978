"""The policies of a transport to an instance."""

from dataclasses import dataclass, field
from typing import Literal

TransportName = Literal["http1", "http2", "httpx"]
ContentCoding = Literal["gzip", "br", "zstd", "deflate"]
TlsVersion = Literal["1.2", "1.3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPolicy:
    """The pool of connections to one instance.

    `idle_s` is below the five seconds after which uvicorn and Node.js close an idle
    connection, so that requests are rarely sent on a connection that is being closed.
    """

    max_open: int = 128
    max_waiting: int = 256
    idle_s: float = 4.0
    lifetime_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPolicy:
    """TLS to instances with https URLs; files are PEM and are reloaded on a change.

    Certificates are verified with `ca_file` (default: the authorities of the system)
    for `server_name` (default: the host of the URL). `cert_file` and `key_file` are the
    gateway's client certificate (mTLS). With `pins`, the public key of the certificate
    needs one of these SHA-256s (see `transport.pins`).
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    minimum: TlsVersion = "1.2"
    pins: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportPolicy:
    """The configuration of a transport to an instance.

    `connect_s` limits the time to open a connection, and `idle_s` the time without data
    on a stream. A `proxy` (a URL) needs the kind httpx. `max_response_bytes` limits
    both the body that is sent and the decoded body. `accept_encoding` has the content
    codings that calls request. All that can be decoded are decoded, requested or not.
    """

    kind: TransportName = "http1"
    proxy: str = ""
    connect_s: float = 1.0
    idle_s: float = 60.0
    connections: ConnectionPolicy = field(default_factory=ConnectionPolicy)
    tls: TlsPolicy = field(default_factory=TlsPolicy)
    max_header_bytes: int = 64 * 1024
    max_response_bytes: int = 4 * 1024 * 1024
    accept_encoding: tuple[ContentCoding, ...] = ("gzip", "br", "zstd")
