"""The origin at which an instance listens."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a host and a port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The value of the Host field, without the default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return host
        return f"{host}:{self.port}"


def parse_origin(url: str) -> Origin:
    """Parse `http://host:port`; raise ValueError if `url` is anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        message = f"{url!r}: expected http://host:port or https://host:port"
        raise ValueError(message)
    if not parts.hostname or not parts.hostname.isascii():
        message = f"{url!r}: expected an ASCII host name or address"
        raise ValueError(message)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        message = f"{url!r}: expected an origin without path, query or user"
        raise ValueError(message)
    return Origin(
        parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]
    )
