"""REST parameters: what the text of a path, query or body becomes."""

from typing import Any

import pytest
from graphql import build_schema
from msgspec import structs

from tests.support.facade_client import binding, stored_operation
from tests.support.memory_exchange import buffered_request, request_head
from weir.bffs.facades.errors import InvalidParameter
from weir.bffs.facades.rest.ignored_parameters import IgnoredParameters
from weir.bffs.facades.rest.parameters import Parameters
from weir.gateway.json_types import JSONObject, JSONValue

SCHEMA = build_schema(
    """
    input Filter { year: Int, kind: Kind }
    enum Kind { A }
    scalar Date
    type Query { a: Int b: Float c: ID }
    """
)


HUGE = "9" * 5000
ENDPOINT = binding("POST", "/q")


def read(
    variables: str,
    *,
    query: str = "",
    body: bytes = b"",
    path: tuple[tuple[str, bytes], ...] = (),
    ignored: tuple[str, ...] = (),
    fields: tuple[tuple[bytes, bytes], ...] = (),
) -> JSONObject:
    stored = stored_operation(f"query Q({variables}) {{ a }}", ENDPOINT)
    headers = ((b"content-type", b"application/json"), *fields)
    head = request_head(method="POST", headers=headers, query=query)
    request = structs.replace(buffered_request(head, body), path_parameters=path)
    names = IgnoredParameters.of(ignored)
    return Parameters.of(stored, SCHEMA, names).read(request)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("v=1&utm_source=a&utm_source=b&_=7", {"v": 1}),
        ("utm_=x", {}),
        ("_=7", {}),
    ],
)
def test_ignored_parameters_of_a_query_are_allowed(
    query: str, variables: JSONObject
) -> None:
    assert read("$v: Int", query=query, ignored=("utm_*", "_")) == variables


def test_a_declared_parameter_is_never_ignored() -> None:
    assert read("$utm_v: Int", query="utm_v=1", ignored=("utm_*",)) == {"utm_v": 1}


@pytest.mark.parametrize("query", ["utm=1", "__=1", "xutm_a=1", "_%2A=1"])
def test_other_unknown_parameters_are_rejected(query: str) -> None:
    with pytest.raises(InvalidParameter, match="There is no parameter"):
        read("$v: Int", query=query, ignored=("utm_*", "_"))


def test_ignored_parameters_are_for_queries_only() -> None:
    with pytest.raises(InvalidParameter, match='no parameter "_"'):
        read("$v: Int", body=b'{"_": 1}', ignored=("_",))


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
        ("String", "v", ""),
        ("String", "&&v=1&", "1"),
        ("String", "v=a=b", "a=b"),
        ("String", "v=100%", "100%"),
        ("String", "v=%2541", "%41"),
        ("String", "v=\xc3\xa9", "é"),
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
    assert read(f"$v: {type_}", query=query) == {"v": value}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("w=1", 'There is no parameter "w"; there are: f, v'),
        ("v=1&v=2", 'The parameter "v" is given 2 times, expected once'),
        ("f={", 'The parameter "f" must be JSON'),
        ("v=%ff%fe", 'The parameter "v" is not UTF-8'),
        ("%ff=1", "A parameter's name is not UTF-8"),
        ("v=\xe9", 'The parameter "v" is not UTF-8'),
    ],
)
def test_a_wrong_query_parameter_is_named(query: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read("$v: Int, $f: Filter", query=query)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "The body must be a JSON object"),
        (b"1", "The body must be a JSON object"),
        (b'{"w":1}', 'There is no parameter "w"'),
    ],
)
def test_a_wrong_body_is_named(body: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read("$v: Int", body=body)


def test_the_members_of_a_body_are_variables() -> None:
    assert read("$v: Int", body=b'{"v": 3}') == {"v": 3}
    assert read("$v: Int") == {}


def test_a_segment_of_the_path_is_the_value_of_its_variable() -> None:
    assert read("$v: Int", path=(("v", b"3"),)) == {"v": 3}
    assert read("$v: String", path=(("v", "é".encode()),)) == {"v": "é"}
    with pytest.raises(InvalidParameter, match='"v" is not UTF-8'):
        read("$v: String", path=(("v", b"\xff"),))


def test_a_parameter_is_given_once() -> None:
    for given in ({"query": "v=1"}, {"body": b'{"v": 1}'}):
        with pytest.raises(InvalidParameter, match='"v" is given in two places'):
            read("$v: Int", path=(("v", b"3"),), **given)


@pytest.mark.parametrize(
    ("variable", "query", "value"),
    [
        ("$v: [Int!] @param(style: COMMA)", "v=1,2,3", [1, 2, 3]),
        ("$v: [ID!] @param(style: COMMA)", "v=a%2Cb,%20c", ["a", "b", "c"]),
        ("$v: [ID!] @param(style: COMMA)", "v=", []),
        ("$v: [Int!] @param(style: COMMA)", "v=1&v=2,3", [1, 2, 3]),
        ("$v: Filter @param(style: DEEP_OBJECT)", "v[year]=1927", {"year": 1927}),
        (
            "$v: Filter @param(style: DEEP_OBJECT)",
            "v%5Bkind%5D=A&v[year]=7",
            {"kind": "A", "year": 7},
        ),
    ],
)
def test_a_style_is_another_form_of_a_query_parameter(
    variable: str, query: str, value: JSONValue
) -> None:
    assert read(variable, query=query) == {"v": value}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("v=1", r'no parameter "v"; there are: v\[year\], v\[kind\]'),
        ("v[x]=1", r'no parameter "v\[x\]"; there are: v\[year\], v\[kind\]'),
        ("v[year][x]=1", "There is no parameter"),
        ("v[year=1", "There is no parameter"),
        ("v[]=1", "There is no parameter"),
        ("v[year]]=1", "There is no parameter"),
        ("v[year]=1&v[year]=2", r'"v\[year\]" is given 2 times'),
    ],
)
def test_a_wrong_deep_object_is_named(query: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message) as caught:
        read("$v: Filter @param(style: DEEP_OBJECT)", query=query)

    (error,) = caught.value.problem_members["errors"]
    assert error["in"] == "query"
    assert error["parameter"].startswith("v")


def test_a_header_field_is_the_value_of_its_variable() -> None:
    one = '$v: Int @param(in: HEADER, name: "X-Version")'
    several = '$v: [Int] @param(in: HEADER, name: "X-Versions")'

    assert read(one, fields=((b"x-version", b"3"),)) == {"v": 3}
    assert read(one) == {}
    assert read(several, fields=((b"x-versions", b"3, 4"),)) == {"v": [3, 4]}
    with pytest.raises(InvalidParameter, match='There is no parameter "v"'):
        read(one, query="v=3")
    with pytest.raises(InvalidParameter, match='"x-version" is not UTF-8'):
        read(one, fields=((b"x-version", b"\xff"),))


def test_a_whole_body_is_one_variable() -> None:
    variables = "$v: Filter @param(in: BODY), $w: Int"

    value = read(variables, body=b'{"year": 1}', query="w=2")

    assert value == {"v": {"year": 1}, "w": 2}
    with pytest.raises(InvalidParameter, match='There is no parameter "v"'):
        read(variables, query="v={}")


@pytest.mark.parametrize(
    ("sent", "reference"),
    [
        ({"query": "w=1"}, {"in": "query", "parameter": "w"}),
        ({"body": b'{"a/b~c d": 1}'}, {"in": "body", "pointer": "#/a~1b~0c%20d"}),
        (
            {"path": (("v", b"\xff"),)},
            {"in": "path", "parameter": "v"},
        ),
    ],
)
def test_an_error_refers_to_the_part_of_the_request(
    sent: Any, reference: JSONObject
) -> None:
    with pytest.raises(InvalidParameter) as caught:
        read("$v: Int", **sent)

    (error,) = caught.value.problem_members["errors"]
    assert error == {"detail": caught.value.detail, **reference}
