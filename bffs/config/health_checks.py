"""A configuration without health checks, for a gateway that does not serve."""

from dataclasses import replace

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.upstream.upstream import UpstreamSection


def without_health_checks(loaded: LoadedConfig) -> LoadedConfig:
    """Return the configuration with `health.active: false` in all upstreams."""
    upstreams = {
        name: _unchecked(each) for name, each in loaded.config.upstreams.items()
    }
    config = loaded.config.model_copy(update={"upstreams": upstreams})
    return replace(loaded, config=config)


def _unchecked(upstream: UpstreamSection) -> UpstreamSection:
    health = upstream.health.model_copy(update={"active": False})
    return upstream.model_copy(update={"health": health})
