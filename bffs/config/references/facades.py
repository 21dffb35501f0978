"""Paths and hosts that two façades have, or a façade and a route."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config


def facade_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each path and host that is used twice."""
    yield from _same_paths(document, config)
    yield from _same_hosts(document, config)


def _same_paths(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, facade in config.facades.items():
        if facade.path in seen:
            message = (
                f'facades.{name}.path: façade "{seen[facade.path]}" already has the'
                f" path {facade.path!r}"
            )
            yield document.problem(("facades", name, "path"), message)
            first = seen[facade.path]
            message = f"facades.{first}.path: {facade.path!r} is used here"
            yield document.problem(("facades", first, "path"), message)
        seen.setdefault(facade.path, name)


def _same_hosts(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each host of a façade that another façade or a route has."""
    owners: dict[str, str] = {
        host: f'route "{name}"'
        for name, route in config.routes.items()
        for host in route.hosts
    }
    for name, facade in config.facades.items():
        if facade.hosts and (reason := _serves_others(name, config)):
            message = f"facades.{name}.hosts: {reason}"
            yield document.problem(("facades", name, "hosts"), message)
        for index, host in enumerate(facade.hosts):
            if host in owners:
                message = f"facades.{name}.hosts: {owners[host]} already has {host!r}"
                path = ("facades", name, "hosts", index)
                yield document.problem(path, message)
            owners.setdefault(host, f'façade "{name}"')


def _serves_others(name: str, config: Config) -> str:
    """Return why the hosts of a façade would not serve it alone, or the empty text."""
    path = config.facades[name].path
    if not path:
        return "the façade is served at the root of all hosts; give it a `path`"
    for other, facade in config.facades.items():
        if facade.path.startswith(f"{path}/"):
            return f'façade "{other}" is below its path, and would be served there too'
    return ""
