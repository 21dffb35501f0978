"""The collection and representation of the entities of a plan as source text.

For each entity fetch, a function walks the path to its entities in nested loops:

    def collect_of_1_0(root):
        found = []
        v1 = root.get("products")
        if v1.__class__ is not list:
            return found
        for v2 in v1:
            if v2.__class__ is not dict:
                if v2.__class__ is list: unexpected()
                continue
            found.append(v2)
        return found

Another one represents them. Entity fetches with the same key and required fields share
it. Both do the same as `collect` and `Representer.batch`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from weir.resolvers.execute.compiled.source import (
    CodeSource,
    Functions,
    Lines,
    Names,
    NotCompilable,
    Reason,
    literal,
)
from weir.resolvers.plan.model.nodes import (
    Each,
    EntityFetch,
    Fetch,
    Key,
    OnTypes,
    Representation,
    RequiredField,
    RequiredSelection,
    ResponsePath,
)

_MAX_LOOPS: Final = 15
"""Python has a limit of 20 nested blocks."""
_UNEXPECTED_LIST: Final = "if {}.__class__ is list: unexpected()"
"""A list of lists has more levels than the path."""


@dataclass(frozen=True, slots=True)
class EntitiesSource:
    """The functions for the entity fetches of a plan.

    `names` are those of the functions that collect and represent entities, for each
    entity fetch of each fetch, or None if it is interpreted for a `reason`.
    """

    source: CodeSource
    names: tuple[tuple[tuple[str, str] | None, ...], ...]
    reason: Reason | None


def entities_source(fetches: Sequence[Fetch]) -> EntitiesSource:
    """Return the source for the entity fetches of a plan."""
    functions, reason = Functions(Names()), None
    names: list[tuple[tuple[str, str] | None, ...]] = []
    for fetch in fetches:
        named: list[tuple[str, str] | None] = []
        for number, entities in enumerate(fetch.entities):
            try:
                named.append(_added(functions, entities, f"{fetch.id}_{number}"))
            except NotCompilable as error:
                named.append(None)
                reason = error.reason
        names.append(tuple(named))
    every = functions.all()
    source = CodeSource(tuple(each.name for each in every), every)
    return EntitiesSource(source, tuple(names), reason)


def _added(functions: Functions, fetch: EntityFetch, place: str) -> tuple[str, str]:
    if fetch.contexts:
        raise NotCompilable(Reason.CONTEXT)
    represent = _representing(fetch.representations)
    collect = _collecting(fetch.path)
    return (
        functions.add("collect_of", place, collect),
        functions.add("represent_of", place, represent),
    )


def _collecting(path: ResponsePath) -> Lines:
    if sum(isinstance(each, Each) for each in path) > _MAX_LOOPS:
        raise NotCompilable(Reason.LISTS)
    lines = Lines("root")
    lines.add("found = []")
    value = _Walk(lines).to_objects(path)
    lines.add(f"found.append({value})")
    lines.end_blocks()
    lines.add("return found")
    return lines


class _Walk:
    """The walk along a path, of which each round skips values of another shape."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._value = "root"
        self._is_object = True
        self._is_item = False
        self._skip_value = "return found"
        self._count = 0

    def to_objects(self, path: ResponsePath) -> str:
        """Write the walk; return the variable with an object at its end."""
        for segment in path:
            match segment:
                case Key(name):
                    self._skip_unless_object()
                    before, self._value = self._value, self._variable()
                    self._lines.add(f"{self._value} = {before}.get({literal(name)})")
                    self._is_object = False
                case Each():
                    if self._is_item:
                        self._lines.add(_UNEXPECTED_LIST.format(self._value))
                    self._skip(f"{self._value}.__class__ is not list")
                    self._begin_loop()
                case OnTypes(types):
                    self._skip_unless_object()
                    typename = f'{self._value}.get("__typename")'
                    self._skip(f"{typename} not in {_tuple(map(literal, types))}")
        self._skip_unless_object()
        return self._value

    def _begin_loop(self) -> None:
        before, self._value = self._value, self._variable()
        self._lines.add(f"for {self._value} in {before}:")
        self._lines.indent()
        self._skip_value = "continue"
        self._is_object = False
        self._is_item = True

    def _variable(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _skip_unless_object(self) -> None:
        if self._is_item:
            self._lines.add(f"if {self._value}.__class__ is not dict:")
            self._lines.add(f"    {_UNEXPECTED_LIST.format(self._value)}")
            self._lines.add(f"    {self._skip_value}")
        elif not self._is_object:
            self._skip(f"{self._value}.__class__ is not dict")
        self._is_object, self._is_item = True, False

    def _skip(self, test: str) -> None:
        self._lines.add(f"if {test}:", f"    {self._skip_value}")


def _representing(representations: Sequence[Representation]) -> Lines:
    lines = Lines("objects")
    lines.add(
        "representations, targets, gaps = [], [], []",
        *(f"index_of_{n} = {{}}" for n, _ in enumerate(representations)),
        "for found in objects:",
    )
    lines.indent()
    of_any = [n for n, each in enumerate(representations) if not each.types][:1]
    number_of = {
        name: n for n, each in enumerate(representations) for name in each.types
    }
    if number_of:
        lines.add('typename = found.get("__typename")')
    for index, number in enumerate(sorted(set(number_of.values()))):
        names = _tuple(literal(name) for name, n in number_of.items() if n == number)
        lines.add(f"{'elif' if index else 'if'} typename in {names}:")
        lines.indent()
        _represent(lines, representations[number], number)
        lines.dedent()
    for number in of_any:
        if number_of:
            lines.add("else:")
            lines.indent()
        _represent(lines, representations[number], number)
    lines.end_blocks()
    lines.add("return EntityBatch(representations, targets, gaps)")
    return lines


def _represent(lines: Lines, representation: Representation, number: int) -> None:
    """Represent `found`, or add it to the gaps."""
    key = [_leaf(each) for each in representation.key]
    leaves = [*key, *(_leaf(each) for each in representation.requires)]
    if not key:
        raise NotCompilable(Reason.KEY)
    values = [f"value_{n}" for n, _ in enumerate(leaves)]
    lines.add("try:")
    for value, leaf in zip(values, leaves, strict=True):
        lines.add(f"    {value} = found[{literal(leaf.key)}]")
    lines.add("except KeyError:", "    gaps.append(found)", "    continue")
    lines.add(f"if {' and '.join(f'{value} is None' for value in values[: len(key)])}:")
    lines.add("    gaps.append(found)", "    continue")
    identities = list(_identities(lines, values))
    typename = "typename"
    if representation.typename is None:
        identities.append(typename)
    else:
        typename = literal(representation.typename)
    (identity,) = identities[:1]
    if len(identities) > 1:
        identity = "identity"
        lines.add(f"identity = {_tuple(identities)}")
    lines.add(
        f"index = index_of_{number}.get({identity})",
        "if index is None:",
        f"    index_of_{number}[{identity}] = len(targets)",
        "    targets.append([found])",
        "    representations.append({",
        f'        "__typename": {typename},',
    )
    for value, leaf in zip(values, leaves, strict=True):
        lines.add(f"        {literal(leaf.name)}: {value},")
    lines.add("    })", "else:", "    targets[index].append(found)")


def _identities(lines: Lines, values: Sequence[str]) -> Iterator[str]:
    """Yield the variables with the identities of values; texts and ints are theirs."""
    for number, value in enumerate(values):
        identity = f"identity_{number}"
        other = " and ".join(
            [f"{value}.__class__ is not {kind}" for kind in ("str", "int")]
        )
        lines.add(
            f"{identity} = {value}",
            f"if {other} and {value} is not None:",
            f"    {identity} = leaf_identity({value})",
        )
        yield identity


def _leaf(selection: RequiredSelection) -> RequiredField:
    if not isinstance(selection, RequiredField) or selection.selections:
        raise NotCompilable(Reason.KEY)
    return selection


def _tuple(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items).rstrip(" ") + ")"
