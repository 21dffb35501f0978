"""The sections on connections to instances: their pool, and TLS."""

from typing import Final, Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, CountOrZero, Duration
from weir.bffs.config.model.values.texts import FileName, HostName, KeyPin
from weir.gateway.transport.policy import TlsVersion, TransportPolicy

# The defaults are those of the policy.
_CONNECTIONS = TransportPolicy().connections
_TLS = TransportPolicy().tls
_FEWEST_PINS: Final = 2


class ConnectionsSection(Section):
    """The pool of connections to one instance."""

    max_open: Count = _CONNECTIONS.max_open
    """Maximum number of open connections."""
    max_waiting: CountOrZero = _CONNECTIONS.max_waiting
    """Maximum number of calls that wait for a connection."""
    idle: Duration = _CONNECTIONS.idle_s
    """Longest time that a connection is idle; less than the service allows."""
    lifetime: Duration = _CONNECTIONS.lifetime_s
    """Time after which a connection is replaced."""


class TlsSection(Section):
    """TLS to instances with https URLs; PEM files, loaded again when they change."""

    ca: FileName = _TLS.ca_file
    """File of trusted authorities, in place of the system's."""
    certificate: FileName = _TLS.cert_file
    """File of the client certificate (mTLS)."""
    key: FileName = _TLS.key_file
    """File of the client certificate's key."""
    server_name: HostName = _TLS.server_name
    """Name in the service's certificate, if it differs from the URL's host."""
    minimum: TlsVersion = _TLS.minimum
    """Oldest TLS version."""
    pins: list[KeyPin] = []
    """SHA-256s of public keys, in base64, of which the service's certificate needs one.
    There are at least two: that of the key, and a spare one for the next key."""

    @model_validator(mode="after")
    def _check_pins(self) -> Self:
        if self.pins and len(set(self.pins)) < _FEWEST_PINS:
            message = "pins: a second, different pin is missing: that of a spare key"
            raise ValueError(message)
        return self
