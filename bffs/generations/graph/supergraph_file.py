"""A supergraph that was composed elsewhere, and where its subgraphs are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.upstreams.model.policy import HealthPolicy, UpstreamPolicy
from weir.schema.graph.supergraph import Supergraph, SupergraphError, read_supergraph
from weir.schema.graph.tables import SubgraphInfo


@dataclass(frozen=True, slots=True)
class SupergraphFile:
    """The configured file: its text, and the supergraph in it."""

    file: Path
    text: str
    supergraph: Supergraph


def read_supergraph_file(
    loaded: LoadedConfig, graphs: Mapping[MadeFrom, ViewedGraph]
) -> SupergraphFile:
    """Read the configured file, unless `graphs` has it already; raises ConfigError."""
    assert loaded.config.supergraph is not None
    file = loaded.folder / loaded.config.supergraph
    try:
        text = read_text(file)
    except UnreadableFile as error:
        message = f"supergraph: {file} cannot be read: {error}"
        raise loaded.error(("supergraph",), message) from error
    if known := graphs.get(text):
        return SupergraphFile(file, text, known.graph.supergraph)
    try:
        return SupergraphFile(file, text, read_supergraph(text))
    except SupergraphError as error:
        raise ConfigError(Problem(file=str(file), message=str(error))) from error


def remote_subgraphs(
    given: SupergraphFile, loaded: LoadedConfig
) -> Sequence[SubgraphInfo]:
    """Return the subgraphs that are not Python code of the configuration.

    Raises ConfigError for code of a subgraph that the supergraph does not have.
    """
    names = [each.name for each in given.supergraph.subgraphs]
    in_python = loaded.config.subgraphs
    for name in in_python:
        if name not in names:
            message = unknown("subgraph of the supergraph", name, names)
            raise loaded.error(("subgraphs", name), f"subgraphs.{name}: {message}")
    return [each for each in given.supergraph.subgraphs if each.name not in in_python]


def subgraph_policy(subgraph: SubgraphInfo, file: Path) -> UpstreamPolicy:
    """Return the policy of a subgraph with the URL that the supergraph has.

    A health endpoint is not known, so that instances are only watched in use. Raises
    ConfigError for an invalid URL.
    """
    parts = urlsplit(subgraph.url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        message = (
            f'the subgraph "{subgraph.name}" has the url {subgraph.url!r}; expected'
            ' one such as "http://10.0.0.1:4001/graphql", or the Python schema as'
            f" `subgraphs.{subgraph.name}.python` of a configuration"
        )
        raise ConfigError(Problem(file=str(file), message=message))
    return UpstreamPolicy(
        name=subgraph.name,
        instances=(InstanceSpec(f"{parts.scheme}://{parts.netloc}"),),
        health=HealthPolicy(active=False),
    )


def subgraph_path(subgraph: SubgraphInfo) -> str:
    """Return the request target of a subgraph's GraphQL endpoint."""
    parts = urlsplit(subgraph.url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
