"""A configuration whose upstreams have one instance each, for services in memory."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.upstream.instances import InstanceSection
from weir.bffs.config.model.upstream.upstream import UpstreamSection

_NO_EJECTION: Final = 1_000_000


def single_instances(loaded: LoadedConfig) -> tuple[LoadedConfig, Mapping[str, str]]:
    """Return the configuration with one instance for each upstream, and their names.

    The names are by URL. The instance is never ejected, and is not checked.
    """
    urls = {f"http://{name}.test": name for name in loaded.config.upstreams}
    upstreams = {
        name: _with_instance(loaded.config.upstreams[name], url)
        for url, name in urls.items()
    }
    config = loaded.config.model_copy(update={"upstreams": upstreams})
    return replace(loaded, config=config), urls


def _with_instance(upstream: UpstreamSection, url: str) -> UpstreamSection:
    health = upstream.health.model_copy(
        update={"active": False, "passive_failures": _NO_EJECTION}
    )
    update = {
        "instances": [InstanceSection(url=url)],
        "discovery": None,
        "health": health,
    }
    return upstream.model_copy(update=update)
