"""Conditions in CEL: what they see of a request, and their results."""

import re
from time import thread_time

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.cel_source import InvalidExpression
from weir.gateway.geography.place import nowhere
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.expression import parse_condition

HEAD = request_head(
    "/a%20b/%C3%A9/c%2Fd",
    method="POST",
    headers=[
        (b"host", b"API.example.com:80"),
        (b"x-tier", b"gold"),
        (b"cookie", b"a=1; b=2; a=3"),
    ],
    query="limit=50&limit=7&empty=",
)


@pytest.mark.parametrize(
    "text",
    [
        "request.method == 'POST'",
        "request.host == 'api.example.com'",
        "request.path == '/a b/é/c/d'",
        "request.headers['x-tier'] in ['gold', 'silver']",
        "request.headers.exists(name, name.startsWith('x-'))",
        "int(request.query.limit) >= 50 && request.query['empty'] == ''",
        "request.cookies.a == '1' && !('c' in request.cookies)",
        "request.path.matches(r'^/a.b/')",
    ],
)
def test_a_condition_sees_the_head_of_a_request(text: str) -> None:
    assert parse_condition(text).unmet(HEAD) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("request.method == 'GET'", "`request.method == 'GET'` is false"),
        (
            "request.query.page == '1'",
            "cannot be decided: there is no field 'page'; `in` tests for one",
        ),
        ("int(request.method) > 1", "cannot be decided: Function 'int' error"),
        ("request.query.limit > 1", "cannot be decided: No such overload"),
        ("request.method", "cannot be decided: the result is not true or false"),
        (f"'{'a' * 200}' == ''", f"`'{'a' * 99}...` is false"),
    ],
)
def test_a_condition_that_is_not_true_is_not_met(text: str, reason: str) -> None:
    assert reason in parse_condition(text).unmet(HEAD)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("request.method = 'GET'", "Syntax error"),
        ("request.body == ''", "`request.body` does not exist; read one of its fields"),
        ("identity.subject == ''", "unknown variable `identity`; there are: request"),
        ("request == 1", "`request` alone"),
        (
            "request.headers.all(a, request.query.all(b, a == b))",
            "must not be nested",
        ),
        ("'a'.matches(request.path)", "must be a literal"),
        ("'a'.matches('(')", "is invalid"),
    ],
)
def test_a_condition_is_checked_when_it_is_read(text: str, message: str) -> None:
    with pytest.raises(InvalidExpression, match=re.escape(message)):
        parse_condition(text)


def test_a_request_with_too_many_parameters_does_not_meet_a_condition_on_them() -> None:
    head = request_head("/", query="&".join(f"a{n}" for n in range(300)))

    found = parse_condition("size(request.query) > 1").unmet(head)

    assert found.endswith("the request has more than 256 query parameters")
    assert parse_condition("request.method == 'GET'").unmet(head) == ""


@pytest.mark.parametrize(
    ("text", "is_personal"),
    [
        ("request.method == 'GET' && request.host + request.path != '/'", False),
        ("request.query.headers == '1'", False),
        ("true", False),
        ("request.headers.tier == 'gold'", True),
        ("request.path == '/' || 'a' in request.cookies", True),
        ("request.country == 'CH'", True),
    ],
)
def test_a_condition_on_more_than_the_url_is_personal(
    text: str,
    is_personal: bool,  # noqa: FBT001
) -> None:
    assert parse_condition(text, nowhere).is_personal == is_personal


def test_only_an_equal_condition_is_implied() -> None:
    one, same = (parse_condition("request.method == 'GET'") for _ in range(2))
    other = parse_condition("request.method == 'PUT'")

    assert Conditions(expression=one).implies(Conditions(expression=same))
    assert Conditions(expression=one).implies(Conditions())
    assert not Conditions(expression=one).implies(Conditions(expression=other))
    assert not Conditions().implies(Conditions(expression=one))


def test_the_conditions_of_many_routes_parse_a_query_and_cookies_once() -> None:
    head = request_head(
        "/", headers=[(b"cookie", b"a=;" * 2000)], query="&".join(["a"] * 4000)
    )
    fields = Conditions(query=(("a", "x"),), cookies=(("a", "x"),))
    expression = parse_condition("'b' in request.query || 'b' in request.cookies")

    started_s = thread_time()
    for _ in range(100):
        assert fields.unmet(head)
        assert expression.unmet(head)

    # Each parsing takes a millisecond or two.
    assert thread_time() - started_s < 0.1
