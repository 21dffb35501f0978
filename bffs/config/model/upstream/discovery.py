"""The sections on the discovery of a service's instances, one for each source."""

from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Port, Share
from weir.bffs.config.model.values.texts import FileName, HostName, Secret
from weir.bffs.config.model.values.urls import HttpUrl
from weir.gateway.discovery.policy import (
    ConsulPolicy,
    DiscoveryPolicy,
    DnsPolicy,
    DnsRecords,
    DockerPolicy,
    EtcdPolicy,
    FilePolicy,
    KubernetesPolicy,
    Scheme,
)

# The defaults are those of the policies.
_DNS = DnsPolicy(name="")
_CONSUL = ConsulPolicy(url="", service="")
_ETCD = EtcdPolicy(url="", prefix="")
_KUBERNETES = KubernetesPolicy(service="")
_DOCKER = DockerPolicy(labels=(), port=0)
_DISCOVERY = DiscoveryPolicy(FilePolicy(path=""))

ServiceName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{1,128}$",
        json_schema_extra={"kind": "name", "expected": "a name of letters, digits"},
    ),
]
KubernetesName = Annotated[
    str,
    Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$",
        json_schema_extra={
            "kind": "name",
            "expected": "a name of lower-case letters, digits and -",
        },
    ),
]
ShortText = Annotated[str, Field(min_length=1, max_length=1024)]


class DnsSection(Section):
    """Discovery of instances by DNS, repeated as records expire."""

    name: Annotated[HostName, Field(min_length=1)]
    """Full host name to look up."""
    records: DnsRecords = _DNS.records
    """Address records on `port`, or SRV records with ports and weights."""
    port: Port = _DNS.port
    """Port of instances that are found by address records."""
    scheme: Scheme = _DNS.scheme
    """Scheme of the instances' URLs."""

    @model_validator(mode="after")
    def _check_port(self) -> Self:
        if self.records == "srv" and "port" in self.model_fields_set:
            message = "`port` has no effect with `records: srv`, which have the ports"
            raise ValueError(message)
        return self


class ConsulSection(Section):
    """Discovery of the instances that pass their checks in Consul."""

    url: HttpUrl
    """Consul agent or server, such as `http://127.0.0.1:8500`."""
    service: ServiceName
    """Name of the service in Consul."""
    tags: list[ShortText] = []
    """Tags that an instance has to have, all of them."""
    datacenter: ServiceName | None = None
    """Datacenter; by default that of the agent."""
    stale: bool = _CONSUL.stale
    """Accept the response of any server, and not only that of the leader."""
    token: Secret | None = None
    """ACL token, which needs `service:read` and `node:read`."""
    scheme: Scheme = _CONSUL.scheme
    """Scheme of the instances' URLs."""
    ca: FileName = _CONSUL.ca_file
    """File with the authorities of the certificate of `url`; by default those of the
    system."""

    @model_validator(mode="after")
    def _check_ca(self) -> Self:
        _require_tls(self.url, self.ca)
        return self


class EtcdSection(Section):
    """Discovery of the instances below a prefix in etcd."""

    url: HttpUrl
    """Client URL of etcd, such as `http://10.0.0.5:2379`."""
    prefix: ShortText
    """Prefix of the keys; the value of each is a URL, or JSON with `url` and
    `weight`."""
    username: ShortText | None = None
    """User of etcd; needs `password`."""
    password: Secret | None = None
    """Password of the user."""
    ca: FileName = _ETCD.ca_file
    """File with the authorities of the certificate of `url`; by default those of the
    system."""

    @model_validator(mode="after")
    def _check_ca(self) -> Self:
        _require_tls(self.url, self.ca)
        return self

    @model_validator(mode="after")
    def _check_user(self) -> Self:
        if (self.username is None) != (self.password is None):
            message = "expected `username` and `password`, or neither"
            raise ValueError(message)
        return self


def _require_tls(url: str, ca: str) -> None:
    if ca and not url.lower().startswith("https:"):
        message = "`ca` is only used with `https` in `url`"
        raise ValueError(message)


class KubernetesSection(Section):
    """Discovery of the ready endpoints of a service in Kubernetes."""

    service: Annotated[KubernetesName, Field(min_length=1)]
    """Name of the service."""
    namespace: KubernetesName = _KUBERNETES.namespace
    """Namespace of the service; by default that of the gateway."""
    port: KubernetesName = _KUBERNETES.port
    """Name of the port, needed if the service has several."""
    scheme: Scheme = _KUBERNETES.scheme
    """Scheme of the instances' URLs."""
    zone: str = _KUBERNETES.zone
    """Zone of the gateway; endpoints with hints for it are preferred."""
    api: HttpUrl = _KUBERNETES.api
    """API server."""
    account: FileName = _KUBERNETES.account
    """Folder of the service account: `token`, `ca.crt` and `namespace`."""


class DockerSection(Section):
    """Discovery of the running containers with some labels in Docker."""

    labels: Annotated[dict[ShortText, ShortText], Field(min_length=1)]
    """Labels that a container has to have, all of them, such as
    `{com.docker.compose.service: users}`."""
    port: Port
    """Port of the service in its containers."""
    network: str = _DOCKER.network
    """Network of the addresses, needed if the containers are in several."""
    scheme: Scheme = _DOCKER.scheme
    """Scheme of the instances' URLs."""
    socket: FileName = _DOCKER.socket
    """Socket of the API of Docker."""


class FileSection(Section):
    """Discovery of the instances in a file, which is read every second."""

    path: Annotated[FileName, Field(min_length=1)]
    """File with a list in JSON, of URLs or of objects with `url` and `weight`."""


SourceSection: TypeAlias = (
    DnsSection
    | ConsulSection
    | EtcdSection
    | KubernetesSection
    | DockerSection
    | FileSection
)


class DiscoverySection(Section):
    """A source of instances, which is followed while the gateway runs."""

    dns: DnsSection | None = None
    consul: ConsulSection | None = None
    etcd: EtcdSection | None = None
    kubernetes: KubernetesSection | None = None
    docker: DockerSection | None = None
    file: FileSection | None = None
    max_removed: Share = _DISCOVERY.max_removed
    """Share of the instances by which their number shrinks within 30 s at most."""

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if sum(each is not None for each in self.sources) != 1:
            message = (
                "expected one of `dns`, `consul`, `etcd`, `kubernetes`, `docker` and"
                " `file`"
            )
            raise ValueError(message)
        return self

    @property
    def scheme(self) -> Scheme | None:
        """The scheme of all instances; None for sources that list URLs."""
        found = self.dns or self.consul or self.kubernetes or self.docker
        return found.scheme if found is not None else None

    @property
    def sources(self) -> tuple[SourceSection | None, ...]:
        """All sources, of which one is configured."""
        return (
            self.dns,
            self.consul,
            self.etcd,
            self.kubernetes,
            self.docker,
            self.file,
        )
