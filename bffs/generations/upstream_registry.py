"""The registry of the upstreams that a configuration has."""

from collections.abc import Mapping

from weir.bffs.config.errors import ConfigError, Problem
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.registry import Registry


def new_registry(
    policies: Mapping[str, UpstreamPolicy],
    dependencies: Dependencies,
    previous: Registry | None = None,
    transports: TransportFactory = new_transport,
) -> Registry:
    """Return a registry that shares with `previous` what is the same.

    Raises ConfigError.
    """
    try:
        if previous is not None:
            return previous.next(policies)
        return Registry(policies, dependencies, transports)
    except OSError as error:
        # Certificates and keys are parsed when an upstream is made.
        message = f"upstreams: a TLS file cannot be used: {error}"
        raise ConfigError(Problem(message=message)) from error
