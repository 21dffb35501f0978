"""Subgraphs: their names, their upstreams, and a supergraph beside them."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.references.upstreams import unknown_upstream


def subgraph_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each wrong or superfluous subgraph."""
    for path, subgraph in config.all_subgraphs():
        yield from _subgraph(document, config, path, subgraph)
        if path[0] == "facades" and path[-1] in config.subgraphs:
            message = f'the graph already has a subgraph "{path[-1]}"'
            yield document.problem(path, message)
    if config.supergraph is not None:
        yield from _beside_supergraph(document, config)


def _subgraph(
    document: ConfigDocument, config: Config, path: DataPath, subgraph: SubgraphSection
) -> Iterator[Problem]:
    dotted = ".".join(map(str, path))
    if (subgraph.upstream is None) == (subgraph.python is None):
        message = f"{dotted}: expected either `upstream` or `python`"
        yield document.problem(path, message)
    elif subgraph.upstream:
        yield from unknown_upstream(document, config, path, subgraph.upstream)


def _beside_supergraph(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each subgraph that the supergraph replaces."""
    for name, subgraph in config.subgraphs.items():
        if subgraph.python is None:
            message = (
                f"subgraphs.{name}: `supergraph` has the subgraphs with their URLs;"
                f" remove it, or replace the URL by an upstream named {name}"
            )
            yield document.problem(("subgraphs", name), message)
