"""The instances of an upstream, or the method of their discovery."""

from dataclasses import dataclass
from typing import Literal

DnsRecords = Literal["address", "srv"]
Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One instance of an upstream: an origin such as http://10.0.0.1:5101."""

    url: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsPolicy:
    """Instances under the DNS name `name`, which is fully qualified and re-resolved.

    With address records, all instances listen on `port`, and their certificates are for
    `name`. With SRV records, each record has a port and a weight, and the certificates
    are for `tls.server_name`.
    """

    name: str
    records: DnsRecords = "address"
    port: int = 80
    scheme: Scheme = "http"
