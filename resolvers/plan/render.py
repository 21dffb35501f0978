"""The text form of a plan, for golden files and `weir plan`."""

from collections.abc import Iterable, Iterator
from textwrap import indent

from graphql import parse, print_ast

from weir.resolvers.operation.conditions import Condition
from weir.resolvers.plan.model.nodes import (
    EntityFetch,
    Fetch,
    Plan,
    Rename,
    Representation,
    RequiredField,
    RequiredSelection,
    show_path,
)


def render(plan: Plan) -> str:
    """Print a plan. Equal plans have equal texts."""
    depth = max(depths(plan).values(), default=0)
    fetches, stages = (
        _count(len(plan.fetches), "fetch", "es"),
        _count(depth, "stage", "s"),
    )
    head = f"{plan.kind.value}: {fetches} in {stages}"
    return "\n".join([head, *(_fetch(fetch) for fetch in plan.fetches)]) + "\n"


def depths(plan: Plan) -> dict[int, int]:
    """Return for each fetch the length of the longest chain that ends with it."""
    found: dict[int, int] = {}
    for fetch in plan.fetches:
        found[fetch.id] = 1 + max(
            (found[parent] for parent in fetch.parents), default=0
        )
    return found


def _count(number: int, of: str, plural: str) -> str:
    return f"{number} {of}{'' if number == 1 else plural}"


def _fetch(fetch: Fetch) -> str:
    after = f" after {', '.join(map(str, fetch.parents))}" if fetch.parents else ""
    at = f" at {show_path(fetch.path)}" if fetch.path else ""
    when = f" if {show_condition(fetch.condition)}" if fetch.condition else ""
    lines = [f"\n{fetch.id}: {fetch.subgraph}{at}{after}{when}"]
    lines += (f"  {line}" for line in _entities(fetch.entities))
    lines += (f"  {_rename(rename)}" for rename in fetch.renames)
    document = print_ast(parse(fetch.document, no_location=True))
    return "\n".join([*lines, indent(document, "  ")])


def _entities(entities: Iterable[EntityFetch]) -> Iterator[str]:
    for entity in entities:
        yield f"{entity.alias} at {show_path(entity.path)}"
        for representation in entity.representations:
            yield f"  {_representation(representation)}"
        for value in entity.contexts:
            at = show_path(entity.path[: value.level]) or "the root"
            yield f"  ${value.variable} from {at} {{ {_selections(value.selections)} }}"


def _representation(of: Representation) -> str:
    types = "|".join(of.types) or "any"
    sent = f" as {of.typename}" if of.typename and of.typename != types else ""
    requires = f" requires {{ {_selections(of.requires)} }}" if of.requires else ""
    return f"{types}{sent} by {{ {_selections(of.key)} }}{requires}"


def _selections(selections: Iterable[RequiredSelection]) -> str:
    return " ".join(_selection(selection) for selection in selections)


def _selection(selection: RequiredSelection) -> str:
    inner = _selections(selection.selections)
    if not isinstance(selection, RequiredField):
        return f"... on {'|'.join(selection.types)} {{ {inner} }}"
    key = "" if selection.key == selection.name else f"{selection.key} as "
    return f"{key}{selection.name}{f' {{ {inner} }}' if inner else ''}"


def _rename(rename: Rename) -> str:
    at = show_path(rename.path) or "the object"
    return f"{rename.sent} becomes {rename.key} of {'|'.join(rename.types)} at {at}"


def show_condition(condition: Condition) -> str:
    """Print a condition: `$a and not $b or $c`."""
    return " or ".join(
        " and ".join(
            f"${name}" if wanted else f"not ${name}" for name, wanted in all_of
        )
        for all_of in condition
    )
