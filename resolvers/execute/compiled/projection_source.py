"""The projection of a response as source text.

There is one function for the objects of each selection, and one for each list. A
function for a list of objects of one type has the fields of these objects in its loop.

    def project_maker(source, projection):
        try:
            v_id = source["id"]
            v_name = source["name"]
        except KeyError:
            v_id, v_name = values_or_none(source, KEYS_maker)
        if v_id.__class__ is not str and v_id.__class__ is not int:
            v_id = coerced(v_id, coerce_text)
        if v_name.__class__ is not str and v_name is not None:
            v_name = coerced(v_name, coerce_text)
        return {
            "id": v_id,
            "name": v_name,
        }
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from weir.resolvers.execute.compiled.source import (
    CodeSource,
    Functions,
    Lines,
    Names,
    NotCompilable,
    Reason,
    literal,
)
from weir.resolvers.execute.response.positions import (
    AbstractOf,
    AnyJSON,
    Enum,
    FieldSelection,
    Leaf,
    ListOf,
    ObjectOf,
    ObjectSelection,
    Position,
    Selections,
)
from weir.resolvers.operation.work import WorkBudget

_STEPS_OF_A_FIELD: Final = 20
_PARAMETERS: Final = "source, projection"
_PREFIX: Final = "v_"
"""Before response keys, so that no variable is a word of Python."""
_UNEXPECTED: Final = "unexpected()"

_Table: TypeAlias = Mapping[str | None, str]


def projection_source(selection: ObjectSelection, work: WorkBudget) -> CodeSource:
    """Return the source of the projection of a root.

    Raises NotCompilable, and the errors of `work`.
    """
    return _Writer(work).whole(selection)


class _Writer:
    """The functions of one projection; equal selections share theirs."""

    def __init__(self, work: WorkBudget) -> None:
        self._work = work
        self._names = Names()
        self._functions = Functions(self._names)
        self._constants: dict[str, object] = {}
        self._tables: dict[str, _Table] = {}
        self._objects: dict[int, str] = {}
        self._lists: dict[int, str] = {}
        self._sizes: dict[int, int] = {}
        self._usual: dict[int, Mapping[str | None, ObjectSelection]] = {}

    def whole(self, selection: ObjectSelection) -> CodeSource:
        lines = Lines(_PARAMETERS)
        _count(lines, str(self._size(selection)))
        self._object_fields(lines, selection, "response")
        lines.add("return {")
        self._display(lines, selection, "}")
        entry = self._functions.add("project", "response", lines)
        functions = self._functions.all()
        return CodeSource((entry,), functions, self._constants, self._tables)

    def _object(self, selection: ObjectSelection, name: str) -> str:
        """Return the name of the function for objects of a selection."""
        known = self._objects.get(id(selection))
        if known is not None:
            return known
        lines = Lines(_PARAMETERS)
        self._object_fields(lines, selection, name)
        lines.add("return {")
        self._display(lines, selection, "}")
        made = self._objects[id(selection)] = self._functions.add(
            "project", name, lines
        )
        return made

    def _list(self, position: Position, kind: ListOf, name: str) -> str:
        """Return the name of the function for the lists of a position."""
        known = self._lists.get(id(position))
        if known is not None:
            return known
        item = kind.item
        lines = Lines("items, projection")
        if size := self._item_size(item):
            _count(lines, f"len(items) * {1 + size}")
        else:
            _count(lines, "len(items)")
        if isinstance(item.kind, Leaf):
            exact = (
                {*item.exact_types, type(None)} if item.nullable else item.exact_types
            )
            usual = self._constant("TYPES", name, frozenset(exact))
            lines.add(f"if {usual}.issuperset(map(type, items)):")
            lines.add("    return items.copy()")
        lines.add("shown = []")
        if isinstance(item.kind, ObjectOf):
            self._loop_of_objects(lines, item, item.kind.selection, name)
        else:
            lines.add("for item in items:")
            lines.indent()
            self._value(lines, "item", item, name)
            lines.add("shown.append(item)")
            lines.dedent()
        lines.add("return shown")
        made = self._lists[id(position)] = self._functions.add(
            "project_list", name, lines
        )
        return made

    def _loop_of_objects(
        self, lines: Lines, item: Position, selection: ObjectSelection, name: str
    ) -> None:
        lines.add("for source in items:")
        lines.indent()
        lines.add("if source.__class__ is not dict:")
        lines.indent()
        if item.nullable:
            lines.add("if source is None:")
            lines.add("    shown.append(None)")
            lines.add("    continue")
        lines.add(_UNEXPECTED)
        lines.dedent()
        self._object_fields(lines, selection, name)
        lines.add("shown.append({")
        self._display(lines, selection, "})")
        lines.dedent()

    def _object_fields(
        self, lines: Lines, selection: ObjectSelection, name: str
    ) -> None:
        """Read the fields of `source` into variables."""
        if selection.refused:
            raise NotCompilable(Reason.REFUSED)
        fields = selection.fields
        self._work.spend(_STEPS_OF_A_FIELD * (1 + len(fields)))
        variables = [_variable(each) for each in fields]
        if fields:
            lines.add("try:")
            for variable, each in zip(variables, fields, strict=True):
                lines.add(f"    {variable} = source[{literal(each.key)}]")
            lines.add("except KeyError:")
            keys = self._constant("KEYS", name, tuple(each.key for each in fields))
            # With a comma for one variable, too.
            lines.add(f"    {', '.join(variables)}, = values_or_none(source, {keys})")
        for variable, each in zip(variables, fields, strict=True):
            self._value(lines, variable, each.position, each.response_key)

    def _display(self, lines: Lines, selection: ObjectSelection, end: str) -> None:
        """Write the entries of the object, in the order of the operation."""
        read = {each.response_key for each in selection.fields}
        for key, known in selection.template.items():
            if key in read:
                value = _PREFIX + key
            elif known is None:
                value = "None"
            elif isinstance(known, str):
                value = literal(known)
            else:
                raise NotCompilable(Reason.INTROSPECTION)
            lines.add(f"    {literal(key)}: {value},")
        lines.add(end)

    def _value(
        self, lines: Lines, variable: str, position: Position, name: str
    ) -> None:
        """Replace the value of a variable by the one to show."""
        kind = position.kind
        match kind:
            case Leaf(coerce):
                own = self._constant("", coerce.__name__.strip("_"), coerce)
                self._unless(lines, variable, position, position.exact_types)
                lines.add(f"    {variable} = coerced({variable}, {own})")
            case AnyJSON():
                self._unless(lines, variable, position, [str])
                lines.add(f"    {variable} = any_json({variable}, projection)")
            case Enum():
                self._enum(lines, variable, position, kind, name)
            case ListOf() | ObjectOf() | AbstractOf():
                self._nested(lines, variable, position, kind, name)
            case _:
                own = self._constant("POSITION", name, position)
                self._unless(lines, variable, position, ())
                lines.add(f"    {variable} = by_kind({variable}, {own}, projection)")

    def _unless(
        self,
        lines: Lines,
        variable: str,
        position: Position,
        classes: Iterable[type],
    ) -> None:
        """Begin a block for values of other classes."""
        names = sorted((each.__name__ for each in classes), key=_COMMON_FIRST.index)
        tests = [f"{variable}.__class__ is not {name}" for name in names]
        if position.nullable:
            tests.append(f"{variable} is not None")
        lines.add(f"if {' and '.join(tests) or 'True'}:")

    def _enum(
        self, lines: Lines, variable: str, position: Position, kind: Enum, name: str
    ) -> None:
        values = self._constant("VALUES", name, kind.values)
        test = f"{variable}.__class__ is not str or {variable} not in {values}"
        if position.nullable:
            test = f"{variable} is not None and ({test})"
        lines.add(f"if {test}:")
        if position.nullable and kind.hidden:
            hidden = self._constant("HIDDEN", name, kind.hidden)
            lines.add(f"    {variable} = null_if_hidden({variable}, {hidden})")
        else:
            lines.add(f"    {_UNEXPECTED}")

    def _nested(
        self,
        lines: Lines,
        variable: str,
        position: Position,
        kind: ListOf | ObjectOf | AbstractOf,
        name: str,
    ) -> None:
        of, part, function = "list", variable, ""
        match kind:
            case ListOf():
                function = self._list(position, kind, name)
                if kind.most is not None:
                    part = f"{variable}[:{kind.most:d}]"
            case ObjectOf():
                of, function = "dict", self._object(kind.selection, name)
            case AbstractOf():
                of, function = "dict", self._abstract(kind, name)
        lines.add(f"if {variable}.__class__ is {of}:")
        lines.add(f"    {variable} = {function}({part}, projection)")
        lines.add(f"elif {variable} is not None:" if position.nullable else "else:")
        lines.add(f"    {_UNEXPECTED}")
        may_hide = isinstance(kind, AbstractOf) and kind.selections.hidden()
        if may_hide and not position.nullable:
            lines.add(f"if {variable} is None:")
            lines.add(f"    {_UNEXPECTED}")

    def _abstract(self, kind: AbstractOf, name: str) -> str:
        """Return the name of the function for objects of an abstract type."""
        selections = kind.selections
        table = {
            each: self._object(selection, f"{name}_{each}" if each else name)
            for each, selection in self._types(selections).items()
        }
        constant = self._table(name, table)
        hidden = self._constant("HIDDEN", name, selections.hidden())
        lines = Lines(_PARAMETERS)
        lines.add(
            'name = source.get("__typename")',
            "if name.__class__ is not str and name is not None:",
            f"    {_UNEXPECTED}",
            f"project = {constant}.get(name)",
            "if project is None:",
            f"    return null_if_hidden(name, {hidden})",
            "return project(source, projection)",
        )
        return self._functions.add("project_type", name, lines)

    def _types(self, selections: Selections) -> Mapping[str | None, ObjectSelection]:
        """Return the selections by type, which are the same for the whole source."""
        return self._usual.setdefault(id(selections), selections.usual())

    def _table(self, name: str, table: _Table) -> str:
        """Return the name of a table, and of an equal one if there is one."""
        for known, other in self._tables.items():
            if other == table:
                return known
        made = self._names.unique("TABLE", name)
        self._tables[made] = table
        return made

    def _size(self, selection: ObjectSelection) -> int:
        """Return the number of values of an object, without those of lists."""
        known = self._sizes.get(id(selection))
        if known is None:
            below = (self._item_size(each.position) for each in selection.fields)
            known = self._sizes[id(selection)] = len(selection.template) + sum(below)
        return known

    def _item_size(self, position: Position) -> int:
        """Return the largest number of values of an object at a position."""
        match position.kind:
            case ObjectOf(selection):
                return self._size(selection)
            case AbstractOf(selections):
                found = self._types(selections).values()
                return max(map(self._size, found), default=0)
            case _:
                return 0

    def _constant(self, prefix: str, name: str, value: object) -> str:
        """Return the name of a constant, and of an equal one if there is one."""
        for known, other in self._constants.items():
            if other == value and type(other) is type(value):
                return known
        made = self._names.unique(prefix, name) if prefix else name
        self._constants[made] = value
        return made


def _count(lines: Lines, values: str) -> None:
    """Count values before they are projected, as `Projector.count` does."""
    lines.add(
        f"projection.values += {values}",
        "if projection.values > projection.check_at:",
        "    projection.check()",
    )


def _variable(field: FieldSelection) -> str:
    literal(field.response_key)
    return _PREFIX + field.response_key


_COMMON_FIRST: Final = ("str", "int", "float", "bool", "NoneType")
