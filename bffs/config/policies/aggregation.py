"""The configured parts of an aggregation, and what is wrong with them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import orjson

from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.aggregate import (
    WARNINGS,
    AggregateSection,
    JoinSection,
    PartSection,
)
from weir.bffs.config.model.route.json_rules import JsonRulesSection
from weir.bffs.config.model.route.route import RouteSection
from weir.gateway.routes.aggregation.part import Join, Part
from weir.gateway.routes.aggregation.target import OfPart, Target, parse_target
from weir.gateway.routes.json_rules.path import parse_path
from weir.gateway.routes.json_rules.rules import JsonRules
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.request_values import KINDS


class InvalidPart(ValueError):
    """A part that cannot be built; `path` is the place below its section."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


def json_rules(section: JsonRulesSection) -> JsonRules:
    """Return the rules of a section."""
    return JsonRules(
        allow=tuple(map(parse_path, section.allow)),
        deny=tuple(map(parse_path, section.deny)),
        moves=section.moves,
        flatten=tuple(map(parse_path, section.flatten)),
    )


def aggregation_parts(
    aggregate: AggregateSection, pattern: PathPattern
) -> tuple[Part, ...]:
    """Return the parts of a route whose path has `pattern`; raises InvalidPart."""
    targets = _targets(aggregate, pattern)
    references = [each for target in targets for each in target.of_parts]
    return tuple(
        _part(name, section, target, references, list(aggregate.parts)[:index])
        for index, ((name, section), target) in enumerate(
            zip(aggregate.parts.items(), targets, strict=True)
        )
    )


def aggregation_problems(
    route: RouteSection,
) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of each problem of an aggregation."""
    if route.aggregate is None:
        return
    place: DataPath = ("aggregate", "parts")
    try:
        parts = aggregation_parts(route.aggregate, parse_pattern(route.path))
    except InvalidPart as error:
        yield (*place, *error.path), str(error)
        return
    for one, other in combinations((each for each in parts if not each.join), 2):
        if conflict := _conflict(one, other):
            yield (*place, other.name), conflict
            yield (*place, one.name), f"the other part is {one.name}"


def _conflict(one: Part, other: Part) -> str:
    """Return why two parts cannot be in one object, or ""."""
    for each in (one, other):
        if each.is_merged and each.keys is None:
            return (
                f"{each.name} is merged, and its keys are not known; name them by"
                " `allow`, without * and without flattening at the top"
            )
    if both := sorted(_keys(one) & _keys(other)):
        return f"{one.name} and {other.name} both have the key {both[0]!r}"
    return ""


def _keys(part: Part) -> frozenset[str]:
    return frozenset({part.group}) if part.group else part.keys or frozenset()


def _targets(aggregate: AggregateSection, pattern: PathPattern) -> tuple[Target, ...]:
    names = list(aggregate.parts)
    targets: list[Target] = []
    for index, (name, section) in enumerate(aggregate.parts.items()):
        if name in KINDS:
            message = f"{{{name}.x}} is a value of the request; use another name"
            raise InvalidPart(message, name)
        try:
            targets.append(parse_target(section.path, pattern, names[:index]))
        except ValueError as error:
            raise InvalidPart(
                _hinted(str(error), section, names), name, "path"
            ) from error
    return tuple(targets)


def _hinted(message: str, section: PartSection, names: Sequence[str]) -> str:
    later = [each for each in names if f"{{{each}." in section.path]
    return f"{message}; a part refers to parts above it" if later else message


def _part(
    name: str,
    section: PartSection,
    target: Target,
    references: Sequence[OfPart],
    earlier: Sequence[str],
) -> Part:
    _check_batches(name, section, target)
    rules = json_rules(section)
    placed = section.merge or section.join is not None
    keys = rules.top_keys() if section.merge else None
    if keys is not None and WARNINGS in keys:
        message = f"{WARNINGS} is the key of the warnings"
        raise InvalidPart(message, name, "allow")
    return Part(
        name=name,
        service=section.upstream,
        target=target,
        rules=rules.compiled(),
        required=section.required,
        timeout_s=section.timeout,
        at=parse_path(section.target) if section.target is not None else None,
        group="" if placed else section.group or name,
        keys=keys,
        fallback=orjson.dumps(section.fallback),
        batch=section.batch,
        max_calls=section.max_calls,
        join=_join(name, section.join, earlier) if section.join else None,
        read=tuple(dict.fromkeys(each for each in references if each.part == name)),
    )


def _check_batches(name: str, section: PartSection, target: Target) -> None:
    given = section.model_fields_set
    for key in ("batch", "max_calls"):
        if key in given and target.many is None:
            message = (
                f"{key} is only used with a reference to many values, such as"
                " {a.*.id}"
            )
            raise InvalidPart(message, name, key)
    if "batch" in given and target.many_in_path:
        message = "each value of a reference in the path needs a request of its own"
        raise InvalidPart(message, name, "batch")
    if section.merge and target.many is not None:
        message = "a list cannot be merged; use `group` or `join`"
        raise InvalidPart(message, name, "merge")


def _join(name: str, section: JoinSection, earlier: Sequence[str]) -> Join:
    part, _, path = section.to.partition(".")
    if part not in earlier or not path:
        message = (
            'expected a part above and the path of its items, such as "a.*", got'
            f" {section.to!r}"
        )
        raise InvalidPart(message, name, "join", "to")
    try:
        to = parse_path(path)
    except ValueError as error:
        raise InvalidPart(str(error), name, "join", "to") from error
    return Join(
        part=part,
        to=to,
        by=parse_path(section.by),
        key=parse_path(section.key),
        name=section.name,
        many=section.many,
    )
