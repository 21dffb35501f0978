"""The rules of a façade for its fields, checked against its schema and its caches."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import GraphQLSchema

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.degraded import DegradedRule, DegradedSection
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.facades.key_fields import selects, type_with_key
from weir.resolvers.execute.response.field_rules import (
    NO_RULES,
    Fails,
    FieldRule,
    FieldRules,
    StandIn,
    merged,
    windows,
)
from weir.resolvers.execute.response.read_field_rules import read_field_rules
from weir.schema.graph.graph import Graph

_DEGRADED: Final = ("degraded",)
_LISTS: Final = ("device", "lists")
_TEXTS: Final = ("device", "texts")


def field_rules(
    loaded: LoadedConfig, graph: Graph, schema: GraphQLSchema, facade: str
) -> FieldRules:
    """Return the rules for fields of a façade; raises ConfigError."""
    section = loaded.config.facades[facade]
    device = section.device
    if not (section.degraded or device.lists or device.texts):
        return NO_RULES
    problems: list[Problem] = []

    def read(key: tuple[str, ...], rules: FieldRules) -> FieldRules:
        valid, found = read_field_rules(rules, schema)
        problems.extend(
            _problem(loaded, facade, key, each.coordinate, each.message)
            for each in found
        )
        return valid

    degraded = {each: _rule(rule) for each, rule in section.degraded.items()}
    lists = {each: FieldRule(most_items=most) for each, most in device.lists.items()}
    texts = {
        each: FieldRule(most_graphemes=most) for each, most in device.texts.items()
    }
    failing = read(_DEGRADED, degraded)
    problems += _uncached(loaded, graph, facade, failing)
    of_lists, of_texts = read(_LISTS, lists), read(_TEXTS, texts)
    limits = {**of_lists, **of_texts}
    for key, written in ((_LISTS, lists), (_TEXTS, texts)):
        for each in written:
            if each in limits and (reason := _needed_by(graph, each)):
                message = f"it cannot be cut, because {reason}."
                problems.append(_problem(loaded, facade, key, each, message))
    if both := sorted(of_lists.keys() & of_texts.keys()):
        message = "a list of texts has either a limit of items or of characters."
        problems.append(_problem(loaded, facade, _LISTS, both[0], message))
    if problems:
        raise ConfigError(*problems)
    return merged(failing, limits)


def _needed_by(graph: Graph, coordinate: str) -> str:
    """Return why the value of a field is needed as it is, or the empty text."""
    type_name, _, field = coordinate.partition(".")
    if keyed := type_with_key(graph, type_name, field):
        return f"it is in a @key of {keyed}"
    for name in {type_name, *graph.object_types(type_name)}:
        for other in graph.types[name].fields.values():
            for uses in other.joins.values():
                if uses.requires is not None and selects(uses.requires, field):
                    return f"{name}.{other.name} requires it"
    return ""


def _rule(written: DegradedRule) -> FieldRule:
    if isinstance(written, DegradedSection):
        if written.stale is not None:
            return FieldRule(stale_s=written.stale)
        return FieldRule(degraded=StandIn(written.value))
    degraded = StandIn([]) if written == "empty" else Fails.FAILS
    return FieldRule(degraded=degraded)


def _problem(
    loaded: LoadedConfig,
    facade: str,
    key: tuple[str, ...],
    coordinate: str,
    message: str,
) -> Problem:
    path: DataPath = ("facades", facade, *key, coordinate)
    text = f"facades.{facade}.{'.'.join(key)}: {coordinate}: {message}"
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
                yield _problem(loaded, facade, _DEGRADED, at, message)


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
