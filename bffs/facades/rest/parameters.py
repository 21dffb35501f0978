"""The parameters of a REST request as the variables of its operation.

path, query, header, body -> text or JSON -> raw JSON values, by names of variables
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from graphql import GraphQLInputObjectType, GraphQLSchema

from weir.bffs.facades.errors import InvalidParameter
from weir.bffs.facades.http.json_body import json_object
from weir.bffs.facades.http.query_string import query_pairs
from weir.bffs.facades.http.request_part import Member, Parameter, RequestPart
from weir.bffs.facades.rest.decoders import (
    ParameterDecoder,
    deep_object,
    field_decoder,
    query_decoder,
)
from weir.bffs.facades.rest.ignored_parameters import (
    NOTHING_IGNORED,
    IgnoredParameters,
)
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import (
    DeclaredParameter,
    ParameterPlace,
    ParameterStyle,
)
from weir.bffs.facades.stored.variable_types import variable_types
from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.edge.request import Request
from weir.gateway.json_types import JSONObject, JSONValue

_Value: TypeAlias = tuple[RequestPart, str, JSONValue]
"""Where a value is, the name of its variable, and the value."""
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one endpoint, by the names of its variables.

    `decoders` are those of texts in the path and the query. `deep` are the input types
    of deep objects. `fields` are the header fields of variables. `body` is the variable
    that is the whole body; without it, `members` are those that a body may have.
    `ignored` other parameters are allowed in the query.
    """

    decoders: Mapping[str, ParameterDecoder]
    deep: Mapping[str, GraphQLInputObjectType]
    fields: tuple[tuple[str, bytes, ParameterDecoder], ...]
    body: str | None
    members: frozenset[str]
    ignored: IgnoredParameters = NOTHING_IGNORED

    @classmethod
    def of(
        cls,
        stored: StoredOperation,
        schema: GraphQLSchema,
        ignored: IgnoredParameters = NOTHING_IGNORED,
    ) -> Self:
        """Choose a decoder for each variable of a valid operation."""
        types = variable_types(stored.definition, schema)
        declared = stored.parameters
        by_text = {
            name: type_
            for name, type_ in types.items()
            if name not in declared or declared[name].place is ParameterPlace.QUERY
        }
        deep = {
            name: type_
            for name, type_ in by_text.items()
            if _style(declared.get(name)) is ParameterStyle.DEEP_OBJECT
            and isinstance(type_, GraphQLInputObjectType)
        }
        whole = (
            name for name, each in declared.items() if each.place is ParameterPlace.BODY
        )
        return cls(
            decoders={
                name: query_decoder(type_, _style(declared.get(name)))
                for name, type_ in by_text.items()
                if name not in deep
            },
            deep=deep,
            fields=tuple(
                (name, each.name.lower().encode(), field_decoder(types[name]))
                for name, each in declared.items()
                if each.place is ParameterPlace.HEADER
            ),
            body=next(whole, None),
            members=frozenset(types.keys() - declared.keys()),
            ignored=ignored,
        )

    def read(self, request: Request) -> JSONObject:
        """Return the raw values of all parts of a request; raises InvalidParameter."""
        found: JSONObject = {}
        if request.path_parameters:
            _add(found, self._of_path(request.path_parameters))
        query = request.head.query
        if query:
            _add(found, self._of_query(query))
        if self.fields:
            _add(found, self._of_fields(request.head.headers))
        if request.body:
            _add(found, self._of_body(request))
        return found

    def _of_path(self, parameters: tuple[tuple[str, bytes], ...]) -> Iterable[_Value]:
        for name, raw in parameters:
            at = Parameter("path", name)
            yield at, name, self.decoders[name](at, [_text(raw, at)])

    def _of_query(self, query: str) -> Iterable[_Value]:
        nested: dict[str, list[tuple[str, list[str]]]] = {}
        for name, texts in query_pairs(query, InvalidParameter):
            at = Parameter("query", name)
            if name in self.decoders:
                yield at, name, self.decoders[name](at, texts)
            elif (root := name.partition("[")[0]) in self.deep:
                nested.setdefault(root, []).append((name, texts))
            elif name not in self.ignored:
                raise self._unknown(at)
        for root, pairs in nested.items():
            value = deep_object(root, self.deep[root], pairs)
            yield Parameter("query", root), root, value

    def _of_fields(self, headers: HeaderMap) -> Iterable[_Value]:
        for name, field, decode in self.fields:
            if (raw := headers.get(field)) is not None:
                at = Parameter("header", field.decode())
                yield at, name, decode(at, [_text(raw, at)])

    def _of_body(self, request: Request) -> Iterable[_Value]:
        method = request.head.method
        if method in _WITHOUT_BODY:
            message = f"A {method} request takes no body here."
            raise InvalidParameter(message)
        members = json_object(request, InvalidParameter)
        if self.body is not None:
            yield Member(), self.body, members
            return
        for name, value in members.items():
            at = Member((name,))
            if name not in self.members:
                raise self._unknown(at)
            yield at, name, value

    def _unknown(self, at: RequestPart) -> InvalidParameter:
        if isinstance(at, Member):
            names, name = self.members, str(at.steps[0])
        else:
            names = frozenset(self.decoders.keys() | self.deep.keys())
            name = at.name
        known = ", ".join(sorted(names)) or "none"
        message = f'There is no parameter "{name[:64]}"; there are: {known}.'
        return InvalidParameter(message, at)


def _add(found: JSONObject, given: Iterable[_Value]) -> None:
    for at, name, value in given:
        if name in found:
            message = f'The parameter "{name}" is given in two places.'
            raise InvalidParameter(message, at)
        found[name] = value


def _style(declared: DeclaredParameter | None) -> ParameterStyle | None:
    return declared.style if declared else None


def _text(raw: bytes, at: Parameter) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = f'The parameter "{at.name}" is not UTF-8.'
        raise InvalidParameter(message, at) from error
