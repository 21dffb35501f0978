"""The routes that descriptions of services in OpenAPI make (`routes.{name}.openapi`).

Each operation is a route of its own, below the path of its section. All else is that of
the section.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from weir.bffs.config.document import ConfigDocument, folder_of
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.openapi_file import (
    UnreadableDescription,
    located,
    read_description,
    without_operations,
)
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.validation.paths import (
    OperationPath,
    checked_description,
    operation_paths,
)


@dataclass(frozen=True, slots=True)
class DescribedRoute:
    """The route of one operation, which is at `place` of its `description`."""

    name: str
    method: str
    path: PathPattern
    description: ConfigDocument
    place: DataPath

    def problem(self, message: str) -> Problem:
        """Return a problem at the operation."""
        return self.description.problem(self.place, message)


DescribedRoutes: TypeAlias = Mapping[str, Sequence[DescribedRoute]]
"""The routes of operations, by the name of the section that names their description."""


def described_routes(document: ConfigDocument, config: Config) -> DescribedRoutes:
    """Return the routes of all descriptions; raise ConfigError."""
    return {
        name: _routes(document, name, section, section.openapi)
        for name, section in config.routes.items()
        if section.openapi is not None
    }


def _routes(
    document: ConfigDocument, name: str, section: RouteSection, file: str
) -> list[DescribedRoute]:
    try:
        description = read_description(folder_of(document.file) / file)
    except UnreadableDescription as error:
        place = ("routes", name, "openapi")
        message = f"{'.'.join(place)}: {file}: {error}"
        raise ConfigError(document.problem(place, message)) from None
    with located(description):
        found = list(operation_paths(checked_description(description.data)))
    if not found:
        raise without_operations(description)
    routes = [_route(name, section, each, description) for each in found]
    if problems := list(_repeated(routes)):
        raise ConfigError(*problems)
    return routes


def _route(
    name: str,
    section: RouteSection,
    operation: OperationPath,
    description: ConfigDocument,
) -> DescribedRoute:
    """Return the route of an operation; raise ConfigError if it is not below."""
    place: DataPath = ("paths", operation.path, operation.method.lower())
    below, prefix = _service_prefix(section), parse_pattern(section.path)
    template = operation.template
    if template.shape[: below.depth] != below.shape:
        message = (
            f"routes.{name}: {operation.name} at {template.text} is not below"
            f" {below.text}, which the service gets"
        )
        raise ConfigError(description.problem(place, message))
    rest = template.text.split("/")[below.depth + 1 :]
    path = PathPattern(
        "/".join((prefix.text.removesuffix("/*"), *rest)),
        prefix.shape + template.shape[below.depth :],
        template.parameters,
        is_prefix=False,
    )
    return DescribedRoute(
        f"{name}.{operation.name}", operation.method, path, description, place
    )


def _service_prefix(section: RouteSection) -> PathPattern:
    """Return the prefix of the paths that the service gets."""
    proxy = section.proxy
    return parse_pattern((proxy and proxy.path) or section.path)


def _repeated(routes: Sequence[DescribedRoute]) -> Iterator[Problem]:
    """Yield two problems for each name that two operations have."""
    named: dict[str, DescribedRoute] = {}
    for each in routes:
        first = named.setdefault(each.name, each)
        if first is not each:
            message = f"{each.name}: this `operationId` is that of two operations"
            yield first.problem(message)
            yield each.problem(message)
