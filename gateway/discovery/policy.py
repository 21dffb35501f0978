"""Where the instances of an upstream are, or how they are found."""

from dataclasses import dataclass
from typing import Literal

DnsRecords = Literal["address", "srv"]
Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One place that serves an upstream: an origin such as http://10.0.0.1:5101."""

    url: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsPolicy:
    """Instances found by DNS under the full name `name`, followed as it changes.

    By address records they all listen on `port`, and their certificates are for
    `name`; by SRV records each says its own port and weight, and `tls.server_name`
    says whom the certificates are for.
    """

    name: str
    records: DnsRecords = "address"
    port: int = 80
    scheme: Scheme = "http"
