"""The operations of façades with the elements that they use, and their clients."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphql import parse

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.persisted_queries import document_hash
from weir.bffs.generations.generation import Generation
from weir.bffs.usage.table import OperationUse
from weir.gateway.control.errors import UnknownElement
from weir.gateway.control.target import ClientUse, OperationUsage
from weir.resolvers.operation.used_elements import (
    find_element,
    is_deprecated,
    used_elements,
)


@dataclass(frozen=True, slots=True)
class _Operation:
    """An operation of a façade, and its uses."""

    name: str
    stored: bool
    uses: list[OperationUse] = field(default_factory=list[OperationUse])


def operations_usage(
    generation: Generation, uses: Iterable[OperationUse], element: str = ""
) -> tuple[OperationUsage, ...]:
    """Return the operations, or those that use an element, with their clients.

    A stored operation is in use even if no client has run it. Raises UnknownElement.
    """
    graphs = generation.graphs.values()
    schemas = (each.graph.supergraph.api_schema for each in graphs)
    if element and all(find_element(element, each) is None for each in schemas):
        detail = f"There is no {element!r}; expected a coordinate such as Title.name."
        raise UnknownElement(detail)
    by_facade: dict[str, list[OperationUse]] = {}
    for use in uses:
        by_facade.setdefault(use.facade, []).append(use)
    return tuple(
        usage
        for facade in generation.facades
        for usage in _of_facade(facade, by_facade.get(facade.name, ()), element)
    )


def _of_facade(
    facade: Facade, uses: Iterable[OperationUse], element: str
) -> Iterator[OperationUsage]:
    schema = facade.engine.schema
    for document, operation in _operations(facade, uses).items():
        elements = used_elements(parse(document, no_location=True), schema)
        if element and element not in elements:
            continue
        yield OperationUsage(
            facade=facade.name,
            operation=operation.name,
            stored=operation.stored,
            sha256=document_hash(document),
            deprecated=tuple(
                sorted(each for each in elements if is_deprecated(each, schema))
            ),
            clients=tuple(_clients(operation.uses)),
        )


def _operations(
    facade: Facade, uses: Iterable[OperationUse]
) -> Mapping[str, _Operation]:
    """Return the operations of a façade by their documents."""
    found = {
        each.text: _Operation(each.qualified_name, stored=True)
        for each, _ in facade.stored
    }
    for use in uses:
        known = found.setdefault(use.document, _Operation(use.operation, stored=False))
        known.uses.append(use)
    return found


def _clients(uses: Iterable[OperationUse]) -> Iterator[ClientUse]:
    """Yield the clients, the one that has used it last first."""
    found: dict[tuple[str, str], ClientUse] = {}
    for use in uses:
        key = use.client_name, use.client_version
        before = found.get(key)
        found[key] = ClientUse(
            name=use.client_name,
            version=use.client_version,
            requests=use.count + (before.requests if before else 0),
            first_s=min(use.first_s, before.first_s if before else use.first_s),
            last_s=max(use.last_s, before.last_s if before else use.last_s),
        )
    yield from sorted(found.values(), key=lambda each: -each.last_s)
