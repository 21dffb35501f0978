"""The sections on connections to instances: their pool, and TLS."""

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, CountOrZero, Duration
from weir.bffs.config.model.values.texts import FileName, HostName
from weir.gateway.transport.policy import TlsVersion, TransportPolicy

# The defaults are those of the policy.
_CONNECTIONS = TransportPolicy().connections
_TLS = TransportPolicy().tls


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
