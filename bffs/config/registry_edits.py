"""Changes of the registered services, as they are written into weir.yaml."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bffs.config.decode import LoadedConfig
from bffs.config.store import ConfigEdit
from bffs.config.yaml_text import YamlEdit


class UnknownUpstream(Exception):
    """There is no such service, or no such instance of it."""


def put_upstream(name: str, definition: Mapping[str, object]) -> ConfigEdit:
    """Register a service, in place of one of that name."""
    return lambda text: text.put(dict(definition), "upstreams", name)


def remove_upstream(name: str, loaded: LoadedConfig) -> ConfigEdit:
    """Take a service out; raises UnknownUpstream."""
    _require(name, loaded)
    return lambda text: text.remove("upstreams", name)


def put_instance(
    upstream: str,
    endpoint: str,
    change: Mapping[str, object],
    loaded: LoadedConfig,
) -> ConfigEdit:
    """Change the instance at `endpoint` (host:port), or add it.

    What `change` does not name stays as it was. Raises UnknownUpstream.
    """
    _require(upstream, loaded)
    index = _index(upstream, endpoint, loaded)

    def edit(text: YamlEdit) -> None:
        path = ("upstreams", upstream, "instances")
        if index is None:
            added = {"url": f"http://{endpoint}", **change}
            text.put(added, *path, len(text.get(*path) or ()))
            return
        before = text.get(*path, index)
        kept = {"url": before} if isinstance(before, str) else dict(before)
        text.put({**kept, **change}, *path, index)

    return edit


def remove_instance(upstream: str, endpoint: str, loaded: LoadedConfig) -> ConfigEdit:
    """Take the instance at `endpoint` (host:port) out; raises UnknownUpstream."""
    _require(upstream, loaded)
    index = _index(upstream, endpoint, loaded)
    if index is None:
        message = f'the service "{upstream}" has no instance at {endpoint}'
        raise UnknownUpstream(message)
    return lambda text: text.remove("upstreams", upstream, "instances", index)


def _require(name: str, loaded: LoadedConfig) -> None:
    if name not in loaded.config.upstreams:
        message = f'no service is registered as "{name}"'
        raise UnknownUpstream(message)


def _index(upstream: str, endpoint: str, loaded: LoadedConfig) -> int | None:
    """Find an instance by where it is: its url may come from the environment."""
    for index, instance in enumerate(loaded.config.upstreams[upstream].instances):
        if urlsplit(instance.url).netloc == endpoint:
            return index
    return None
