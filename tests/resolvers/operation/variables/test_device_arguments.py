"""Device profiles as hidden variables: one document, a value per profile."""

import re
from typing import Any

import pytest
from graphql import build_schema, parse, print_ast, validate

from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.variables.device_arguments import (
    ArgumentRule,
    hidden_values,
    read_rules,
)
from weir.resolvers.operation.variables.hide_arguments import (
    HiddenArguments,
    hide_arguments,
)

SCHEMA = build_schema("""
  type Query {
    popular(first: Int! = 10, after: ID): [Media!]
    image: Image
    sized(width: Int!): Image
    fitted(fit: Fit): Image
  }
  enum Fit { COVER CONTAIN }
  interface Media { id: ID! url(width: Int): String }
  type Image implements Media {
    id: ID!
    url(width: Int, format: String = "png"): String
    crop(ratio: Float = 1.5): String
  }
  type Video implements Media { id: ID! url(width: Int): String }
""")


MOBILE = {
    "Image.url(width:)": ArgumentRule(default=320, maximum=640),
    "Query.popular(first:)": ArgumentRule(maximum=5),
    "Query.sized(width:)": ArgumentRule(maximum=100),
    "Image.crop(ratio:)": ArgumentRule(maximum=1),
    "Image.url(format:)": ArgumentRule(default="webp"),
}


def hide(query: str, *coordinates: str) -> HiddenArguments:
    wanted, problems = read_rules(
        {each: MOBILE.get(each, ArgumentRule()) for each in coordinates or MOBILE},
        SCHEMA,
    )
    assert not problems
    document = parse(query)
    assert not validate(SCHEMA, document)
    return hide_arguments(document, SCHEMA, wanted)


def value_sent(
    query: str,
    profile: dict[str, ArgumentRule],
    variables: JSONObject | None = None,
) -> list[Any]:
    """Return the values of the hidden variables ("absent" where there is none)."""
    hiding = hide(query)
    read, _ = read_rules(profile, SCHEMA)
    values = hidden_values(hiding.hidden, read, variables or {}).values
    return [values.get(each.name, "absent") for each in hiding.hidden]


VALUES: list[tuple[str, dict[str, Any], JSONObject, Any]] = [
    # What the client says counts, up to the maximum.
    ("{ popular(first: 3) { id } }", MOBILE, {}, 3),
    ("{ popular(first: 30) { id } }", MOBILE, {}, 5),
    ("query ($n: Int!) { popular(first: $n) { id } }", MOBILE, {"n": 4}, 4),
    ("query ($n: Int!) { popular(first: $n) { id } }", MOBILE, {"n": 40}, 5),
    ("query ($n: Int) { popular(first: $n) { id } }", MOBILE, {}, 5),
    (
        "{ image { ...F } } fragment F on Image { u: crop(ratio: 0.5) }",
        MOBILE,
        {},
        0.5,
    ),
    # Where it says nothing, the device does, or the schema.
    ("{ popular { id } }", MOBILE, {}, 5),
    ("{ image { crop } }", MOBILE, {}, 1),
    ("{ sized(width: 500) { id } }", MOBILE, {}, 100),
    # Without a rule everything is as it was.
    ("{ popular { id } }", {}, {}, "absent"),
    ("{ popular(first: 30) { id } }", {}, {}, 30),
    ("query ($n: Int!) { popular(first: $n) { id } }", {}, {"n": 40}, 40),
    ("query ($n: Int) { popular(first: $n) { id } }", {}, {}, "absent"),
]


@pytest.mark.parametrize(("query", "profile", "variables", "expected"), VALUES)
def test_values_follow_client_then_device_then_schema(
    query: str, profile: dict[str, Any], variables: JSONObject, expected: Any
) -> None:
    assert value_sent(query, profile, variables) == [expected]


def test_null_is_a_value_that_a_client_may_ask_for() -> None:
    query = "{ image { url(width: null, format: null) } }"

    assert value_sent(query, MOBILE) == [None, None]


def test_several_arguments_of_one_field_are_independent() -> None:
    assert value_sent('{ image { url(format: "gif") } }', MOBILE) == ["gif", 320]


def test_the_document_prints_each_coordinate_as_a_variable() -> None:
    query = """
      query ($w: Int = 700) { image { url a: url(width: $w) ...F } }
      fragment F on Image { b: url(width: 1000) c: url(width: 1000) id }
    """

    hiding = hide(query, "Image.url(width:)")

    absent, literal, variable = sorted(
        hiding.hidden, key=lambda each: str(each.written and each.written.kind)
    )
    assert print_ast(hiding.document) == PRINTED.format(
        absent=absent.name,
        variable=variable.name,
        literal=literal.name,
        declared=", ".join(
            f"${each.name}: Int" for each in (absent, variable, literal)
        ),
    )


PRINTED = """\
query ($w: Int = 700, {declared}) {{
  image {{
    url(width: ${absent})
    a: url(width: ${variable})
    ...F
  }}
}}

fragment F on Image {{
  b: url(width: ${literal})
  c: url(width: ${literal})
  id
}}"""


def test_the_type_is_nullable_where_the_argument_has_a_default() -> None:
    hiding = hide("{ popular { id } sized(width: 3) { id } }")

    printed = print_ast(hiding.document)
    assert re.findall(r"weir_Query_(\w+)_\w{8}: (\S+?)[,)]", printed) == [
        ("popular_first", "Int"),
        ("sized_width", "Int!"),
    ]
    assert not validate(SCHEMA, hiding.document)


def test_a_coordinate_applies_where_its_type_is_selected_as_an_interface() -> None:
    query = "{ popular(first: 1) { url ... on Video { u: url } } }"

    hiding = hide(query, "Image.url(width:)")
    read, _ = read_rules(MOBILE, SCHEMA)

    assert [str(each.coordinates[0]) for each in hiding.hidden] == ["Image.url(width:)"]
    assert list(hidden_values(hiding.hidden, read, {}).values.values()) == [320]
    assert "u: url\n" in print_ast(hiding.document)


def test_an_argument_that_a_view_does_not_show_is_left_alone() -> None:
    view = build_schema("type Query { image: Image } type Image { url: String }")
    wanted, _ = read_rules(MOBILE, SCHEMA)

    assert hide_arguments(parse("{ image { url } }"), view, wanted).hidden == ()


def test_names_of_the_client_are_never_taken() -> None:
    name = hide("{ image { url } }", "Image.url(width:)").hidden[0].name

    hiding = hide(
        f"query (${name}: Int) {{ image {{ url(width: ${name}) u: url }} }}",
        "Image.url(width:)",
    )

    assert name not in {each.name for each in hiding.hidden}
    assert len({each.name for each in hiding.hidden}) == 2


def test_without_coordinates_the_document_is_as_it_was() -> None:
    document = parse("{ image { id } }")

    assert hide_arguments(document, SCHEMA, ()).document is document
    assert hide("{ image { id } }").hidden == ()


PROBLEMS: list[tuple[str, dict[str, Any], str]] = [
    ("url", {}, "is not the coordinate of an argument, such as Image.url(width:)."),
    (
        "Image.url(width)",
        {},
        "is not the coordinate of an argument, such as Image.url(width:).",
    ),
    (
        "Imag.url(width:)",
        {},
        "there is no object or interface type Imag. Did you mean 'Image'?",
    ),
    ("Image.ulr(width:)", {}, "Image has no field ulr. Did you mean 'url'?"),
    ("Image.url(widht:)", {}, "Image.url has no argument widht. Did you mean 'width'?"),
    (
        "Image.url(format:)",
        {"maximum": 3},
        "a maximum needs an Int or a Float, the argument is String.",
    ),
    ("Image.url(width:)", {"default": "big"}, 'default: "big" is not an Int.'),
    (
        "Query.fitted(fit:)",
        {"default": "COVR"},
        "default: \"COVR\" is not a value of Fit. Did you mean 'COVER'?",
    ),
    (
        "Image.url(width:)",
        {"default": 9, "maximum": 3},
        "default: 9 is above the maximum.",
    ),
]


@pytest.mark.parametrize(("coordinate", "rule", "message"), PROBLEMS)
def test_an_invalid_rule_is_reported(
    coordinate: str, rule: dict[str, Any], message: str
) -> None:
    read, problems = read_rules({coordinate: ArgumentRule(**rule)}, SCHEMA)

    assert not read
    assert [(each.coordinate, each.message) for each in problems] == [
        (coordinate, message)
    ]
