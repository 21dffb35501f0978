"""The configured sources of instances."""

from pathlib import Path
from typing import assert_never

from weir.bffs.config.model.upstream.discovery import (
    ConsulSection,
    DiscoverySection,
    DnsSection,
    DockerSection,
    EtcdSection,
    FileSection,
    KubernetesSection,
)
from weir.bffs.config.policies.mapping import to_policy
from weir.gateway.discovery.policy import (
    ConsulPolicy,
    DiscoveryPolicy,
    DiscoverySource,
    DnsPolicy,
    DockerPolicy,
    EtcdPolicy,
    FilePolicy,
    KubernetesPolicy,
)


def discovery_policy(
    section: DiscoverySection | None, folder: Path
) -> DiscoveryPolicy | None:
    """Return the policy of a discovery; its files are relative to `folder`."""
    if section is None:
        return None
    return DiscoveryPolicy(_source(section, folder), section.max_removed)


def _source(section: DiscoverySection, folder: Path) -> DiscoverySource:
    source = next(each for each in section.sources if each is not None)
    match source:
        case DnsSection():
            return to_policy(source, DnsPolicy)
        case ConsulSection(token=token, datacenter=datacenter, ca=ca):
            return to_policy(
                source,
                ConsulPolicy,
                token=token or "",
                datacenter=datacenter or "",
                ca_file=str(folder / ca) if ca else "",
            )
        case EtcdSection(username=username, password=password, ca=ca):
            return to_policy(
                source,
                EtcdPolicy,
                username=username or "",
                password=password or "",
                ca_file=str(folder / ca) if ca else "",
            )
        case KubernetesSection(account=account):
            return to_policy(source, KubernetesPolicy, account=str(folder / account))
        case DockerSection(labels=labels, socket=socket):
            return to_policy(
                source,
                DockerPolicy,
                labels=tuple(labels.items()),
                socket=str(folder / socket),
            )
        case FileSection(path=path):
            return FilePolicy(path=str(folder / path))
        case _:
            assert_never(source)
