"""The instances of an upstream, or the source of their discovery."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

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

    kind: ClassVar[str] = "dns"
    name: str
    records: DnsRecords = "address"
    port: int = 80
    scheme: Scheme = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsulPolicy:
    """The instances of `service` that pass their checks and have all of the `tags`.

    With `stale` reads, any server responds, and not only the leader. The certificate of
    `url` is verified by the authorities in `ca_file`, or by the usual ones.
    """

    kind: ClassVar[str] = "consul"
    url: str
    service: str
    tags: tuple[str, ...] = ()
    datacenter: str = ""
    stale: bool = True
    token: str = field(default="", repr=False)
    scheme: Scheme = "http"
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdPolicy:
    """The instances that are the values of the keys below `prefix`.

    The certificate of `url` is verified by the authorities in `ca_file`, or by the
    usual ones.
    """

    kind: ClassVar[str] = "etcd"
    url: str
    prefix: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesPolicy:
    """The ready endpoints of `service`.

    `port` is the name of one of its ports, and empty if it has only one. Without a
    `namespace`, it is that of the service account, whose folder is `account`.
    """

    kind: ClassVar[str] = "kubernetes"
    service: str
    namespace: str = ""
    port: str = ""
    scheme: Scheme = "http"
    zone: str = ""
    api: str = "https://kubernetes.default.svc"
    account: str = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerPolicy:
    """The running containers that have all of the `labels`, and are not unhealthy.

    `network` is that of their addresses, and empty if they are in only one. `socket` is
    that of the API of Docker.
    """

    kind: ClassVar[str] = "docker"
    labels: tuple[tuple[str, str], ...]
    port: int
    network: str = ""
    scheme: Scheme = "http"
    socket: str = "/var/run/docker.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePolicy:
    """The instances in the file at `path`."""

    kind: ClassVar[str] = "file"
    path: str


DiscoverySource: TypeAlias = (
    DnsPolicy | ConsulPolicy | EtcdPolicy | KubernetesPolicy | DockerPolicy | FilePolicy
)


@dataclass(frozen=True, slots=True)
class DiscoveryPolicy:
    """A source of instances, whose number shrinks by `max_removed` at once at most."""

    source: DiscoverySource
    max_removed: float = 0.5
