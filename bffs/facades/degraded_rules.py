"""The rules for failing fields of a façade, checked against its schema and caches."""

from collections.abc import Iterator, Mapping

from graphql import GraphQLSchema

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.degraded import DegradedRule, DegradedSection
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.position import DataPath
from weir.resolvers.execute.response.field_rules import (
    NO_RULES,
    Fails,
    FieldRule,
    FieldRules,
    StandIn,
    read_field_rules,
    windows,
)
from weir.schema.graph.graph import Graph


def degraded_rules(
    loaded: LoadedConfig, graph: Graph, schema: GraphQLSchema, facade: str
) -> FieldRules:
    """Return the rules for failing fields of a façade; raises ConfigError."""
    written = loaded.config.facades[facade].degraded
    if not written:
        return NO_RULES
    rules, found = read_field_rules(
        {coordinate: _rule(each) for coordinate, each in written.items()}, schema
    )
    problems = [
        _problem(loaded, facade, each.coordinate, each.message) for each in found
    ]
    problems += _uncached(loaded, graph, facade, rules)
    if problems:
        raise ConfigError(*problems)
    return rules


def _rule(written: DegradedRule) -> FieldRule:
    if isinstance(written, DegradedSection):
        if written.stale is not None:
            return FieldRule(stale_s=written.stale)
        return FieldRule(degraded=StandIn(written.value))
    degraded = StandIn([]) if written == "empty" else Fails.FAILS
    return FieldRule(degraded=degraded)


def _problem(
    loaded: LoadedConfig, facade: str, coordinate: str, message: str
) -> Problem:
    path: DataPath = ("facades", facade, "degraded", coordinate)
    text = f"facades.{facade}.degraded: {coordinate}: {message}"
    return loaded.document.problem(path, text)


def _uncached(
    loaded: LoadedConfig, graph: Graph, facade: str, rules: FieldRules
) -> Iterator[Problem]:
    """Yield the stale fields whose services have no cache."""
    written = loaded.config.facades[facade].degraded
    sections = subgraph_sections(loaded, facade)
    for coordinate in windows(rules):
        type_name, _, field = coordinate.partition(".")
        if type_name not in graph.object_types(type_name):
            continue
        for subgraph in graph.resolving(type_name, field):
            reason = _no_cache(loaded, subgraph, sections)
            if reason:
                at = (
                    coordinate
                    if coordinate in written
                    else _of_interface(written, field)
                )
                message = f"a stale value needs a cache; {reason}."
                yield _problem(loaded, facade, at, message)


def _of_interface(written: Mapping[str, DegradedRule], field: str) -> str:
    return next(each for each in written if each.endswith(f".{field}"))


def _no_cache(
    loaded: LoadedConfig, subgraph: str, sections: Mapping[str, SubgraphSection]
) -> str:
    """Return why replies of a subgraph are not cached, or the empty text."""
    section = sections.get(subgraph)
    if section is not None and section.python is not None:
        return f'subgraph "{subgraph}" is Python code'
    upstream = subgraph if section is None else section.upstream or ""
    found = loaded.config.upstreams.get(upstream)
    if found is None or found.cache is None:
        return f'upstream "{upstream}" of subgraph "{subgraph}" has none'
    return ""


def subgraph_sections(
    loaded: LoadedConfig, facade: str
) -> Mapping[str, SubgraphSection]:
    """Return the subgraphs of a façade: its own, and those of all façades."""
    config = loaded.config
    return {**config.subgraphs, **config.facades[facade].subgraphs}
