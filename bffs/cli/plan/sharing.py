"""The fetches of a plan whose responses callers share, and the rules about the others.

Calls to a service are shared and cached by everything that the service is sent. So a
fetch is private if the service is sent something that names the caller.
"""

from collections.abc import Iterable, Iterator, Mapping

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.bffs.config.policies.identity import access_rule
from weir.gateway.upstreams.model.call_key import CREDENTIALS
from weir.resolvers.operation.authorization import NeededRights
from weir.resolvers.plan.model.nodes import Fetch, Plan


def show_sharing(
    loaded: LoadedConfig, facade: str, plan: Plan, rights: NeededRights
) -> Iterator[str]:
    """Yield lines: for each fetch shared or private, and then for the response."""
    config = loaded.config
    own = config.facades[facade].subgraphs
    subgraphs: Mapping[str, SubgraphSection] = {**config.subgraphs, **own}
    yield "\nsharing\n"
    width = max((len(each.subgraph) for each in plan.fetches), default=0)
    for fetch in plan.fetches:
        found = [*_rules(loaded, subgraphs, fetch)]
        outcome = f"private: {'; '.join(found)}" if found else _shared(loaded, fetch)
        yield f"  {fetch.id}: {fetch.subgraph:<{width}}  {outcome}\n"
    coordinates = sorted({each.coordinate for each in rights.selections.values()})
    if access_rule(config.facades[facade].access).restricts:
        yield f"  response: private: facades.{facade}.access\n"
    elif coordinates:
        yield f"  response: private: rights for {', '.join(coordinates)}\n"


def _rules(
    loaded: LoadedConfig, subgraphs: Mapping[str, SubgraphSection], fetch: Fetch
) -> Iterator[str]:
    """Yield the rules by which a service is sent what names the caller."""
    if loaded.config.identity is not None:
        for name, subgraph in subgraphs.items():
            if subgraph.python is not None:
                yield f"subgraphs.{name}.python, whose resolvers may read the identity"
    upstream = _upstream(loaded, subgraphs, fetch)
    if upstream is None:
        return
    name, section = upstream
    headers, place = section.headers, f"upstreams.{name}.headers"
    if credentials := _names(headers.forward, credentials=True):
        yield f"{place}.forward has {credentials}"
    if headers.identity:
        yield f"{place}.identity has {', '.join(sorted(headers.identity))}"
    if headers.token is not None:
        yield f"{place}.token"


def _shared(loaded: LoadedConfig, fetch: Fetch) -> str:
    if not fetch.is_safe:
        return "not shared: it may change data"
    upstream = _upstream(loaded, loaded.config.subgraphs, fetch)
    others = _names(upstream[1].headers.forward, credentials=False) if upstream else ""
    return f"shared by callers with equal {others}" if others else "shared"


def _upstream(
    loaded: LoadedConfig, subgraphs: Mapping[str, SubgraphSection], fetch: Fetch
) -> tuple[str, UpstreamSection] | None:
    """Return the upstream of a fetch; None for Python, and for the URL of a graph."""
    subgraph = subgraphs.get(fetch.subgraph)
    name = subgraph.upstream if subgraph is not None else fetch.subgraph
    section = loaded.config.upstreams.get(name or "")
    return (name, section) if name and section else None


def _names(fields: Iterable[str], *, credentials: bool) -> str:
    chosen = (
        each for each in fields if (each.lower().encode() in CREDENTIALS) is credentials
    )
    return ", ".join(sorted(each.lower() for each in chosen))
