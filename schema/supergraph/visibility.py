"""The rules of `@inaccessible`: the hidden elements, and invalid uses.

An element is visible if neither it nor its parents are `@inaccessible`. The visible
schema must be valid and usable by clients. So no visible element may refer to a hidden
type, implement an interface by a hidden field, or need a hidden argument.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.executable_directives import EXECUTABLE
from weir.schema.model.definitions import (
    DirectiveDefinition,
    Element,
    Field,
    InputValue,
    TypeDefinition,
)
from weir.schema.model.type_refs import base_name


@dataclass(frozen=True, slots=True)
class Problem:
    """An invalid use of `@inaccessible`; `coordinate` is that of a visible element."""

    code: Code
    message: str
    coordinate: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Visibility:
    """A schema with elements that are `@inaccessible`."""

    types: Mapping[str, TypeDefinition]
    directives: Sequence[DirectiveDefinition] = ()

    def problems(self) -> Iterator[Problem]:
        """Check all rules for all types."""
        for definition in self.types.values():
            if is_hidden(definition):
                yield from self._root(definition)
            else:
                yield from self._children(definition)
                yield from self._fields(definition)
                yield from self._input_fields(definition)
        for directive in self.directives:
            yield from self._directive(directive)

    def _hidden_type(self, name: str) -> bool:
        definition = self.types.get(name)
        return definition is not None and is_hidden(definition)

    def _root(self, definition: TypeDefinition) -> Iterator[Problem]:
        if definition.name == "Query":
            yield Problem(
                Code.QUERY_ROOT_TYPE_INACCESSIBLE,
                'Type "Query" is @inaccessible but is the root query type, which must'
                " be in the API schema.",
                "Query",
            )

    def _children(self, definition: TypeDefinition) -> Iterator[Problem]:
        children: tuple[Element, ...] = (
            *definition.fields.values(),
            *definition.input_fields.values(),
            *definition.values.values(),
        )
        hidden = [is_hidden(each) for each in children]
        hidden += [self._hidden_type(name) for name in definition.members]
        if hidden and all(hidden):
            yield Problem(
                Code.ONLY_INACCESSIBLE_CHILDREN,
                f'Type "{definition.name}" is in the API schema but all of its children'
                " are @inaccessible.",
                definition.name,
                fix="Mark the type @inaccessible too.",
            )

    def _fields(self, definition: TypeDefinition) -> Iterator[Problem]:
        for field in definition.fields.values():
            coordinate = f"{definition.name}.{field.name}"
            if is_hidden(field):
                yield from self._implementing(definition, field)
                continue
            yield from self._reference(coordinate, base_name(field.type))
            for argument in field.arguments.values():
                where = f"{coordinate}({argument.name}:)"
                yield from self._input_value(where, argument, "argument")
                yield from self._argument(definition, field, argument)

    def _reference(self, coordinate: str, target: str) -> Iterator[Problem]:
        if self._hidden_type(target):
            yield Problem(
                Code.REFERENCED_INACCESSIBLE,
                f'Type "{target}" is @inaccessible but is referenced by "{coordinate}",'
                " which is in the API schema.",
                coordinate,
                fix=f'Mark "{coordinate}" @inaccessible too.',
            )

    def _visible_interface_fields(
        self, definition: TypeDefinition, name: str
    ) -> Iterator[tuple[str, Field]]:
        for interface in definition.interfaces:
            declared = self.types.get(interface)
            if declared is not None and not is_hidden(declared):
                field = declared.fields.get(name)
                if field is not None and not is_hidden(field):
                    yield f"{interface}.{name}", field

    def _implementing(
        self, definition: TypeDefinition, field: Field
    ) -> Iterator[Problem]:
        coordinate = f"{definition.name}.{field.name}"
        for declared, _ in self._visible_interface_fields(definition, field.name):
            yield Problem(
                Code.IMPLEMENTED_BY_INACCESSIBLE,
                f'Field "{coordinate}" is @inaccessible but implements the interface'
                f' field "{declared}", which is in the API schema.',
                declared,
                fix=f'Mark "{declared}" @inaccessible too.',
            )

    def _argument(
        self, definition: TypeDefinition, field: Field, argument: InputValue
    ) -> Iterator[Problem]:
        """Yield a problem if only one of an argument and its interface's is hidden."""
        coordinate = f"{definition.name}.{field.name}({argument.name}:)"
        interfaces = self._visible_interface_fields(definition, field.name)
        for declared, interface_field in interfaces:
            other = interface_field.arguments.get(argument.name)
            where = f"{declared}({argument.name}:)"
            if other is None:
                continue
            if is_hidden(argument) and not is_hidden(other):
                yield Problem(
                    Code.IMPLEMENTED_BY_INACCESSIBLE,
                    f'Argument "{coordinate}" is @inaccessible but implements the'
                    f' interface argument "{where}", which is in the API schema.',
                    where,
                )
            elif is_hidden(other) and argument.required and not is_hidden(argument):
                yield Problem(
                    Code.REQUIRED_INACCESSIBLE,
                    f'Argument "{where}" is @inaccessible but is implemented by the'
                    f' required argument "{coordinate}", which is in the API schema.',
                    coordinate,
                )

    def _input_fields(self, definition: TypeDefinition) -> Iterator[Problem]:
        for field in definition.input_fields.values():
            coordinate = f"{definition.name}.{field.name}"
            yield from self._input_value(coordinate, field, "input field")

    def _input_value(
        self, coordinate: str, value: InputValue, kind: str
    ) -> Iterator[Problem]:
        if not is_hidden(value):
            yield from self._reference(coordinate, base_name(value.type))
            yield from self._default(coordinate, value)
        elif value.required:
            yield Problem(
                Code.REQUIRED_INACCESSIBLE,
                f'The {kind} "{coordinate}" is @inaccessible but is a required {kind}'
                " of its parent, which is in the API schema.",
                coordinate,
                fix="Give it a default, make it nullable, or hide its parent.",
            )

    def _default(self, coordinate: str, value: InputValue) -> Iterator[Problem]:
        if value.default is None:
            return
        for used in self._hidden_in(value.default, base_name(value.type)):
            yield Problem(
                Code.DEFAULT_VALUE_USES_INACCESSIBLE,
                f'"{used}" is @inaccessible but is used in the default value of'
                f' "{coordinate}", which is in the API schema.',
                coordinate,
                fix="Choose another default value.",
            )

    def _hidden_in(self, value: ValueNode, type_name: str) -> Iterator[str]:
        """Yield the coordinates of hidden enum values and input fields in a value."""
        definition = self.types.get(type_name)
        if definition is None or is_hidden(definition):
            return
        match value:
            case ListValueNode():
                for item in value.values:
                    yield from self._hidden_in(item, type_name)
            case EnumValueNode():
                used = definition.values.get(value.value)
                if used is not None and is_hidden(used):
                    yield f"{type_name}.{value.value}"
            case ObjectValueNode():
                yield from self._hidden_in_object(value, definition)
            case _:
                pass

    def _hidden_in_object(
        self, value: ObjectValueNode, definition: TypeDefinition
    ) -> Iterator[str]:
        for item in value.fields:
            field = definition.input_fields.get(item.name.value)
            if field is not None and is_hidden(field):
                yield f"{definition.name}.{field.name}"
            elif field is not None:
                yield from self._hidden_in(item.value, base_name(field.type))

    def _directive(self, directive: DirectiveDefinition) -> Iterator[Problem]:
        is_executable = set(directive.locations) <= EXECUTABLE
        for argument in directive.arguments.values():
            coordinate = f"@{directive.name}({argument.name}:)"
            if is_executable:
                yield from self._input_value(coordinate, argument, "argument")
            elif argument.has("inaccessible"):
                yield Problem(
                    Code.DISALLOWED_INACCESSIBLE,
                    f'Argument "{coordinate}" cannot use @inaccessible because'
                    f' "@{directive.name}" may be applied to these type-system'
                    f" locations: {', '.join(directive.locations)}.",
                    coordinate,
                    fix="Remove @inaccessible.",
                )


def is_hidden(element: Element) -> bool:
    return element.has("inaccessible")
