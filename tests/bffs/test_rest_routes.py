"""REST: which operation a path means, and what its parameters are."""

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from bffs.errors import InvalidParameter
from bffs.operations import RestBinding, StoredOperation
from bffs.parameters import Parameters, parameters_of
from bffs.rest_routes import RestRoutes
from resolvers.json_types import JSONValue


def operation(name: str, *bindings: RestBinding) -> StoredOperation:
    definition = parse(f"query {name} {{ a }}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return StoredOperation(
        name=name, text="", definition=definition, bindings=bindings, file=""
    )


ROUTES = RestRoutes(
    "/web",
    [
        operation("Title", RestBinding("GET", "/v1/titles/{id}")),
        operation("New", RestBinding("GET", "/v1/titles/new")),
        operation("Root", RestBinding("GET", "/")),
        operation("Progress", RestBinding("POST", "/v1/titles/{id}/progress")),
    ],
)


@pytest.mark.parametrize(
    ("method", "path", "name", "parameters"),
    [
        ("GET", "/web/v1/titles/t1", "Title", (("id", b"t1"),)),
        ("GET", "/web/", "Root", ()),
        ("HEAD", "/web/v1/titles/t1", "Title", (("id", b"t1"),)),
        ("GET", "/web/v1/titles/new", "New", ()),
        ("GET", "/w%65b/v1/titles/n%65w", "New", ()),
        ("GET", "/web/v1/titles/a%2Fb%20c", "Title", (("id", b"a/b c"),)),
        ("GET", "/web/v1/titles/caf%C3%A9", "Title", (("id", "café".encode()),)),
        ("POST", "/web/v1/titles/t1/progress", "Progress", (("id", b"t1"),)),
    ],
)
def test_a_path_means_the_operation_that_fits_best(
    method: str, path: str, name: str, parameters: tuple[tuple[str, bytes], ...]
) -> None:
    found = ROUTES.match(method, path)

    assert found is not None
    assert (found.operation.name, found.path_parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/web/v1/titles/t1", ("GET", "HEAD", "OPTIONS")),
        ("/web/v1/titles/t1/progress", ("OPTIONS", "POST")),
        ("/web", ()),
        ("/web//", ()),
        ("/web/v1/titles", ()),
        ("/web/v1/titles/", ()),
        ("/web/v1/titles//", ()),
        ("/web/v1/titles/t1/", ()),
        ("//web/v1/titles/t1", ()),
        ("/web//v1/titles/t1", ()),
        ("/web%2Fv1/titles/t1", ()),
        ("/tv/v1/titles/t1", ()),
    ],
)
def test_the_methods_of_a_path_are_known(path: str, methods: tuple[str, ...]) -> None:
    assert ROUTES.match("PATCH", path) is None
    assert ROUTES.methods(path) == methods


SCHEMA = build_schema(
    "input Filter { year: Int } enum Kind { A } type Query { a: Int } scalar Date"
)


HUGE = "9" * 5000


def parameters(variables: str) -> Parameters:
    definition = parse(f"query Q({variables}) {{ a }}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    stored = StoredOperation(
        name="Q", text="", definition=definition, bindings=(), file=""
    )
    return parameters_of(stored, SCHEMA)


@pytest.mark.parametrize(
    ("type_", "query", "value"),
    [
        ("Int!", "v=-12", -12),
        ("Int", "v=12x", "12x"),
        ("Int", "v=007", "007"),
        ("Int", "v=7%0A", "7\n"),
        pytest.param("Int", f"v={HUGE}", HUGE, id="Int of 5000 digits"),
        ("String", "v=%C3%A9+%26", "é &"),
        ("Float", "v=1.5e3", 1500.0),
        ("Boolean", "v=true", True),
        ("Boolean", "v=TRUE", "TRUE"),
        ("String", "v=", ""),
        ("ID!", "v=12", "12"),
        ("Kind", "v=A", "A"),
        ("Date", "v=2026-01-01", "2026-01-01"),
        ("[Int!]!", "v=1&v=2", [1, 2]),
        ("[String]", "v=a%2Cb", ["a,b"]),
        ("Filter", "v=%7B%22year%22%3A1%7D", {"year": 1}),
        ("[Filter!]", "v={}&v={}", [{}, {}]),
    ],
)
def test_text_becomes_the_raw_value_of_its_variable(
    type_: str, query: str, value: JSONValue
) -> None:
    assert parameters(f"$v: {type_}").from_query(query) == {"v": value}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("w=1", 'There is no parameter "w"; there are: f, v'),
        ("v=1&v=2", 'The parameter "v" is given 2 times, expected once'),
        ("f={", 'The parameter "f" must be JSON'),
        ("v=%ff%fe", 'The parameter "v" is not UTF-8'),
        ("%ff=1", "A parameter's name is not UTF-8"),
    ],
)
def test_a_wrong_query_parameter_is_named(query: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        parameters("$v: Int, $f: Filter").from_query(query)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "Batches are not supported"),
        (b"1", "The body must be a JSON object"),
        (b'{"w":1}', 'There is no parameter "w"'),
    ],
)
def test_a_wrong_body_is_named(body: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        parameters("$v: Int").from_body(body)


def test_the_members_of_a_body_are_variables() -> None:
    assert parameters("$v: Int").from_body(b'{"v": 3}') == {"v": 3}
    assert parameters("$v: Int").from_body(b"") == {}
