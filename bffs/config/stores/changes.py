"""The changes of the configuration that the control API and commands make.

A change has literal values, never references to environment variables. Each store
applies it to its own tree of the configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never
from urllib.parse import urlsplit

from weir.bffs.config.errors import UnknownBackend, UnknownUpstream
from weir.bffs.config.model.root import Config
from weir.bffs.config.stores.tree import ConfigTree

ConfigChange: TypeAlias = """(
    PutUpstream | RemoveUpstream | PutInstance | RemoveInstance | PutFacade | PutWeights
)"""


@dataclass(frozen=True, slots=True)
class PutUpstream:
    """Register an upstream, or replace the one of this name."""

    name: str
    definition: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RemoveUpstream:
    """Remove an upstream."""

    name: str


@dataclass(frozen=True, slots=True)
class PutInstance:
    """Change the instance at `address` (host:port), or add it.

    A key that `settings` does not have keeps its value.
    """

    upstream: str
    address: str
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RemoveInstance:
    """Remove the instance at `address` (host:port)."""

    upstream: str
    address: str


@dataclass(frozen=True, slots=True)
class PutFacade:
    """Add a façade, or replace the one of this name."""

    name: str
    definition: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PutWeights:
    """Change the weights of some backends of a plain route, by their names.

    They are those of a `version` of the route, and of a `cohort`, if these are not "".
    """

    route: str
    weights: Mapping[str, int]
    version: str = ""
    cohort: str = ""


def apply(change: ConfigChange, tree: ConfigTree, config: Config) -> None:
    """Make `change` in the tree that `config` was decoded from.

    Raises UnknownUpstream, UnknownBackend.
    """
    match change:
        case PutUpstream(name, definition):
            tree.put(dict(definition), "upstreams", name)
        case RemoveUpstream(name):
            _require(name, config)
            tree.remove("upstreams", name)
        case PutFacade(name, definition):
            tree.put(dict(definition), "facades", name)
        case PutWeights():
            _put_weights(change, tree, config)
        case PutInstance():
            _put_instance(change, tree, config)
        case RemoveInstance(upstream, address):
            index = _index(upstream, address, config)
            if index is None:
                message = f'the service "{upstream}" has no instance at {address}'
                raise UnknownUpstream(message)
            tree.remove("upstreams", upstream, "instances", index)
        case _:
            assert_never(change)


def _put_instance(change: PutInstance, tree: ConfigTree, config: Config) -> None:
    instances = ("upstreams", change.upstream, "instances")
    index = _index(change.upstream, change.address, config)
    if index is None:
        added = {"url": f"http://{change.address}", **change.settings}
        tree.append(added, *instances)
        return
    if isinstance(tree.get(*instances, index), str):
        tree.wrap("url", *instances, index)
    for key, value in change.settings.items():
        tree.put(value, *instances, index, key)


def _put_weights(change: PutWeights, tree: ConfigTree, config: Config) -> None:
    place: tuple[str, ...] = ("routes", change.route)
    route = config.routes.get(change.route)
    proxy = route.proxy if route is not None else None
    named = f'route "{change.route}"'
    if change.version:
        version = route.versions.get(change.version) if route is not None else None
        proxy = version.proxy if version is not None else None
        named += f' and version "{change.version}"'
        place = (*place, "versions", change.version)
    if proxy is None or not proxy.backends:
        message = f"there is no {named} with backends"
        raise UnknownBackend(message)
    for name, weight in change.weights.items():
        if name not in proxy.backends:
            there_are = ", ".join(proxy.backends)
            message = f'the {named} has no backend "{name}"; there are: {there_are}'
            raise UnknownBackend(message)
        if not change.cohort:
            tree.put(weight, *place, "proxy", "backends", name, "weight")
        elif change.cohort in proxy.cohorts:
            tree.put(weight, *place, "proxy", "cohorts", change.cohort, "weights", name)
        else:
            there_are = ", ".join(proxy.cohorts) or "none"
            message = (
                f'the {named} has no cohort "{change.cohort}"; there are: {there_are}'
            )
            raise UnknownBackend(message)


def _index(upstream: str, address: str, config: Config) -> int | None:
    """Return the index of an instance, found by its decoded URL."""
    _require(upstream, config)
    for index, instance in enumerate(config.upstreams[upstream].instances):
        if urlsplit(instance.url).netloc == address:
            return index
    return None


def _require(name: str, config: Config) -> None:
    if name not in config.upstreams:
        message = f'no service is registered as "{name}"'
        raise UnknownUpstream(message)
