"""`@override`: the migration of a field between subgraphs, at once or by label.

The source's copy is dropped, unless it is *used* there by a key, a requirement or an
interface: then it remains declared, but is not resolvable. With a label both copies
remain, and the gateway decides for each request which one resolves the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context, is_interface_object
from weir.schema.merging.sources import Source
from weir.schema.model.definitions import Applied, Field, Kind

_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*\Z")
_PERCENT = re.compile(r"percent\((?:\d{1,2}(?:\.\d{1,8})?|100)\)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The results of a field's overrides, by subgraph name."""

    used: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])

    def is_overridden(self, subgraph: str) -> bool:
        return subgraph in self.used or subgraph in self.dropped

    @property
    def any(self) -> bool:
        return bool(self.used or self.dropped)


NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True)
class _Override:
    """One application of `@override` to a subgraph's field."""

    source: Source[Field]
    applied: Applied
    coordinate: str

    @property
    def origin(self) -> str:
        return self.applied.text("from") or ""

    @property
    def where(self) -> str:
        return f'"{self.coordinate}" on subgraph "{self.source.name}"'


def field_overrides(
    context: Context,
    type_name: str,
    sources: Sequence[Source[Field]],
    abstracted: Mapping[str, Sequence[Field]],
) -> Overrides:
    """Validate a field's overrides; `abstracted` has its interface object fields."""
    overriding = {
        each.name: applied
        for each in sources
        if (applied := each.element.first("override")) is not None
    }
    if not overriding:
        return NO_OVERRIDES
    by_name = {each.name: each for each in sources}
    used: set[str] = set()
    dropped: set[str] = set()
    labels: dict[str, str] = {}
    for name, applied in overriding.items():
        coordinate = f"{type_name}.{by_name[name].element.name}"
        override = _Override(by_name[name], applied, coordinate)
        if _is_refused(context, type_name, override, set(overriding), abstracted):
            continue
        origin = by_name.get(override.origin)
        if origin is None:
            _hint_needless(context, override, "it is not defined there")
            continue
        if _collides(context, override, origin):
            continue
        _take_over(context, override, origin, used, dropped)
        label = applied.text("label")
        if label:
            _check_label(context, override, label)
            labels[name] = labels[origin.name] = label
    return Overrides(used=frozenset(used), dropped=frozenset(dropped), labels=labels)


def _is_refused(
    context: Context,
    type_name: str,
    override: _Override,
    overriding: set[str],
    abstracted: Mapping[str, Sequence[Field]],
) -> bool:
    """Return whether an override is invalid or without effect, and report it."""
    definition = override.source.subgraph.types[type_name]
    refusals = (
        (definition.kind is Kind.INTERFACE, _on_interface),
        (is_interface_object(definition), _on_interface_object),
        (override.origin == override.source.name, _from_self),
        (override.origin in overriding, _from_overriding),
        (bool(abstracted.get(override.origin)), _from_interface_object),
    )
    for applies, refusal in refusals:
        if applies:
            code, message = refusal(override)
            context.report.error(code, message, [override.source])
            return True
    return _has_no_effect(context, override)


def _on_interface(override: _Override) -> tuple[Code, str]:
    return Code.OVERRIDE_ON_INTERFACE, (
        f"@override cannot be used on field {override.where}: @override is not"
        " supported on interface type fields."
    )


def _on_interface_object(override: _Override) -> tuple[Code, str]:
    return Code.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE, (
        "@override is not yet supported on fields of @interfaceObject types: cannot be"
        f" used on field {override.where}."
    )


def _from_self(override: _Override) -> tuple[Code, str]:
    return Code.OVERRIDE_FROM_SELF_ERROR, (
        f'Source and destination subgraphs "{override.origin}" are the same for'
        f' overridden field "{override.coordinate}"'
    )


def _from_overriding(override: _Override) -> tuple[Code, str]:
    return Code.OVERRIDE_SOURCE_HAS_OVERRIDE, (
        f"Field {override.where} is also marked with directive @override in subgraph"
        f' "{override.origin}". Only one @override directive is allowed per field.'
    )


def _from_interface_object(override: _Override) -> tuple[Code, str]:
    return Code.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE, (
        f"Invalid @override on field {override.where}: the field is provided by an"
        f' @interfaceObject type in "{override.origin}", which cannot be overridden.'
    )


def _has_no_effect(context: Context, override: _Override) -> bool:
    names = [each.name for each in context.subgraphs]
    if override.origin in names:
        return False
    close = get_close_matches(override.origin, names, n=1)
    extra = f' Did you mean "{close[0]}"?' if close else ""
    context.report.hint(
        "FROM_SUBGRAPH_DOES_NOT_EXIST",
        override.coordinate,
        f'Source subgraph "{override.origin}" for field "{override.coordinate}" on'
        f' subgraph "{override.source.name}" does not exist.{extra}',
    )
    return True


def _collides(context: Context, override: _Override, origin: Source[Field]) -> bool:
    """Report an override whose source or target has a conflicting directive."""
    for each, specs in (
        (origin, ("requires", "provides")),
        (override.source, ("external",)),
    ):
        for spec in specs:
            if each.element.has(spec):
                context.report.error(
                    Code.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
                    f'@override cannot be used on field "{override.coordinate}" on'
                    f' subgraph "{override.source.name}" since'
                    f' "{override.coordinate}" on "{each.name}" is marked with'
                    f' directive "@{spec}"',
                    [override.source, each],
                )
                return True
    return False


def _hint_needless(context: Context, override: _Override, reason: str) -> None:
    context.report.hint(
        "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
        override.coordinate,
        f'Field "{override.coordinate}" on subgraph "{override.source.name}" is not'
        f' resolved any more by subgraph "{override.origin}": {reason}. The @override'
        " directive can be removed.",
    )


def _take_over(
    context: Context,
    override: _Override,
    origin: Source[Field],
    used: set[str],
    dropped: set[str],
) -> None:
    facts = origin.subgraph.facts
    coordinate = override.coordinate
    if facts.is_external(coordinate):
        _hint_needless(context, override, "it is marked @external there")
        return
    (used if coordinate in facts.used else dropped).add(origin.name)
    still = (
        "It is still used there, but consider" if origin.name in used else "Consider"
    )
    if override.applied.text("label"):
        context.report.hint(
            "OVERRIDE_MIGRATION_IN_PROGRESS",
            coordinate,
            f'Field "{coordinate}" is currently being migrated with progressive'
            " @override.",
        )
    else:
        context.report.hint(
            "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
            coordinate,
            f'Field "{coordinate}" on subgraph "{origin.name}" is overridden.'
            f" {still} removing it.",
        )


def _check_label(context: Context, override: _Override, label: str) -> None:
    if _LABEL.match(label) or _PERCENT.match(label):
        return
    context.report.error(
        Code.OVERRIDE_LABEL_INVALID,
        f'Invalid @override label "{label}" on field "{override.coordinate}" on'
        f' subgraph "{override.source.name}": labels must start with a letter and after'
        " that may contain alphanumerics, underscores, minuses, colons, periods, or"
        ' slashes; alternatively, labels may be of the form "percent(x)" where x is a'
        " float between 0-100 inclusive",
        [override.source],
        fix='Use a label like "rollout-2" or "percent(12.5)".',
    )
