"""The rules of `@listSize`: the size of its field's list, or of its `sizedFields`.

https://ibm.github.io/graphql-specs/cost-spec.html#sec-The-List-Size-Directive
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import IntValueNode

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Applied, Field
from weir.schema.model.type_refs import Named, base_name, is_list, nullable
from weir.schema.model.values import strings
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def list_size(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield the errors with LIST_SIZE_* codes."""
    for definition, field in fields_of(subgraph.types):
        applied = field.first("listSize")
        if applied is not None:
            check = _Check(subgraph, f"{definition.name}.{field.name}", field, applied)
            yield from check.errors()


@dataclass(frozen=True, slots=True)
class _Check:
    subgraph: SubgraphSchema
    coordinate: str
    field: Field
    applied: Applied

    def errors(self) -> Iterator[CompositionError]:
        sized = strings(self.applied.arguments.get("sizedFields"))
        if not sized and not is_list(self.field.type):
            yield self._error(
                Code.LIST_SIZE_APPLIED_TO_NON_LIST,
                f'"{self.coordinate}" is not a list',
            )
        yield from self._assumed_size()
        yield from self._slicing_arguments()
        if sized:
            yield from self._sized_fields(sized)

    def _error(self, code: Code, message: str) -> CompositionError:
        return self.subgraph.error(code, message, self.applied)

    def _assumed_size(self) -> Iterator[CompositionError]:
        value = self.applied.arguments.get("assumedSize")
        if isinstance(value, IntValueNode) and int(value.value) < 0:
            yield self._error(
                Code.LIST_SIZE_INVALID_ASSUMED_SIZE,
                f'Assumed size of "{self.coordinate}" cannot be negative',
            )

    def _slicing_arguments(self) -> Iterator[CompositionError]:
        for name in strings(self.applied.arguments.get("slicingArguments")):
            argument = self.field.arguments.get(name)
            if argument is None:
                yield self._error(
                    Code.LIST_SIZE_INVALID_SLICING_ARGUMENT,
                    f'Slicing argument "{name}" is not an argument of'
                    f' "{self.coordinate}"',
                )
            elif nullable(argument.type) != Named("Int"):
                yield self._error(
                    Code.LIST_SIZE_INVALID_SLICING_ARGUMENT,
                    f'Slicing argument "{self.coordinate}({name}:)" must be Int or'
                    " Int!",
                )

    def _sized_fields(self, names: tuple[str, ...]) -> Iterator[CompositionError]:
        name = base_name(self.field.type)
        definition = self.subgraph.types.get(name)
        if definition is None or not definition.fields:
            yield self._error(
                Code.LIST_SIZE_INVALID_SIZED_FIELD,
                f'Sized fields cannot be used because "{self.field.type}" is not a'
                " composite type",
            )
            return
        for each in names:
            sized = definition.fields.get(each)
            if sized is None:
                yield self._error(
                    Code.LIST_SIZE_INVALID_SIZED_FIELD,
                    f'Sized field "{each}" is not a field on type "{name}"',
                )
            elif not is_list(sized.type):
                yield self._error(
                    Code.LIST_SIZE_APPLIED_TO_NON_LIST,
                    f'Sized field "{name}.{each}" is not a list',
                )
