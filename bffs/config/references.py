"""Checks between sections: each name that a section uses exists in another."""

from collections.abc import Iterator
from difflib import get_close_matches

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.loopback import is_loopback
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.identity import AccessSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config


def reference_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each unknown name and each contradiction."""
    for path, subgraph in config.all_subgraphs():
        yield from _subgraph(document, config, path, subgraph)
        if path[0] == "facades" and path[-1] in config.subgraphs:
            message = f'the graph already has a subgraph "{path[-1]}"'
            yield document.problem(path, message)
    yield from _open_control_port(document, config)
    yield from _same_paths(document, config)
    yield from _unused_hash_keys(document, config)
    yield from _unreachable_facades(document, config)
    if config.supergraph is not None and config.subgraphs:
        message = "supergraph: it has its own subgraphs; remove `subgraphs`"
        yield document.problem(("supergraph",), message)


def _subgraph(
    document: ConfigDocument, config: Config, path: DataPath, subgraph: SubgraphSection
) -> Iterator[Problem]:
    dotted = ".".join(map(str, path))
    if (subgraph.upstream is None) == (subgraph.python is None):
        message = f"{dotted}: expected either `upstream` or `python`"
        yield document.problem(path, message)
    elif subgraph.upstream and subgraph.upstream not in config.upstreams:
        close = get_close_matches(subgraph.upstream, config.upstreams, n=1)
        known = ", ".join(sorted(config.upstreams)) or "none"
        way_out = f'did you mean "{close[0]}"?' if close else f"there are: {known}"
        message = (
            f'{dotted}.upstream: unknown upstream "{subgraph.upstream}"; {way_out}'
        )
        yield document.problem((*path, "upstream"), message)


def _unused_hash_keys(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each `hash_on` that the balancing does not use."""
    for name, upstream in config.upstreams.items():
        if upstream.hash_on and upstream.balancing != "consistent_hash":
            message = (
                f"upstreams.{name}.hash_on: only used with"
                " `balancing: consistent_hash`, which is not set"
            )
            yield document.problem(("upstreams", name, "hash_on"), message)


def _unreachable_facades(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each access rule that no credential can satisfy."""
    if config.identity is not None and config.identity.accepts_credentials:
        return
    for name, facade in config.facades.items():
        if facade.access != AccessSection():
            message = f"facades.{name}.access: needs credentials; configure `identity`"
            yield document.problem(("facades", name, "access"), message)


def _open_control_port(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem if other machines could change services without a token."""
    host = config.server.control.rpartition(":")[0].strip("[]")
    if not config.control.tokens and not is_loopback(host):
        message = (
            "server.control: other machines can reach this address; configure"
            " `control.tokens`, or use 127.0.0.1"
        )
        yield document.problem(("server", "control"), message)


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
