"""The route of a request, by the rules of precedence."""

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.growth import executed_opcodes
from tests.support.memory_exchange import request_head
from tests.support.rule_oracle import (
    UNLISTED,
    found_name,
    head_of,
    heads,
    index_of,
    literal_winner,
    rule_lists,
)
from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.explanation import explain
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.index import RuleIndex
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.rule import METHODS, Rule
from weir.gateway.routes.matching.segment_pattern import segment_patterns
from weir.gateway.routes.reachability import unreachable


def rule(
    name: str,
    path: str,
    *,
    hosts: str = "",
    methods: str = "",
    headers: str = "",
    expressions: Mapping[str, str] = MappingProxyType({}),
) -> Rule:
    pattern = parse_pattern(path)
    return Rule(
        name=name,
        path=pattern,
        segments=tuple(segment_patterns(pattern, expressions)),
        hosts=tuple(hosts.split()),
        methods=frozenset(methods.split()),
        conditions=Conditions(headers=tuple((each, "1") for each in headers.split())),
    )


TABLE = [
    rule("rest", "/*"),
    rule("api", "/api/*"),
    rule("users", "/api/users/*"),
    rule("user", "/api/users/{id}"),
    rule("number", "/api/users/{id}", expressions={"id": "[0-9]+"}),
    rule("year", "/api/{kind}/{year}/*", expressions={"year": "(19|20)[0-9]{2}"}),
    rule("me", "/api/users/me"),
    rule("post", "/api/users/*", methods="POST"),
    rule("beta", "/api/users/*", headers="x-beta"),
    rule("host", "/*", hosts="api.example.com"),
    rule("wild", "/api/users/me", hosts="*.example.com"),
    rule("wilder", "/*", hosts="*.eu.example.com"),
]


@pytest.mark.parametrize(
    ("url", "method", "headers", "name"),
    [
        ("x/", "GET", (), "rest"),
        ("x/api", "GET", (), "api"),
        ("x/apis", "GET", (), "rest"),
        ("x/api/users/7", "GET", (), "number"),
        ("x/api/users/%37", "GET", (), "number"),
        ("x/api/users/7", "POST", (), "number"),
        ("x/api/users/a", "GET", (), "user"),
        ("x/api/users/7a", "GET", (), "user"),
        ("x/api/users/%37%0a", "GET", (), "user"),
        ("x/api/films/1999/x", "GET", (), "year"),
        ("x/api/films/2999/x", "GET", (), "api"),
        ("x/api/users/me", "GET", (), "me"),
        ("x/api/users/7/x", "GET", (), "users"),
        ("x/api/users/7/x", "POST", (), "post"),
        ("x/api/users/7/x", "GET", (b"x-beta",), "beta"),
        ("x/api/users/7/x", "POST", (b"x-beta",), "post"),
        ("api.example.com/api/users/me", "GET", (), "host"),
        ("API.example.com:80/", "GET", (), "host"),
        ("a.example.com/api/users/me", "GET", (), "wild"),
        ("a.example.com/api/users/7", "GET", (), "number"),
        ("a.eu.example.com/api/users/me", "GET", (), "wilder"),
        ("x/api/users/7", "TRACE", (), ""),
    ],
)
def test_the_most_specific_route_gets_the_request(
    url: str, method: str, headers: tuple[bytes, ...], name: str
) -> None:
    host, slash, path = url.partition("/")
    lines = [(b"host", host.encode()), *((each, b"1") for each in headers)]
    head = request_head(slash + path, method=method, headers=lines)

    assert found_name(index_of(TABLE), head) == name


@settings(max_examples=40)
@given(rule_lists(), st.lists(heads(), min_size=1, max_size=10))
def test_the_index_agrees_with_the_rules_read_literally(
    rules: list[Rule], requests: list[RequestHead]
) -> None:
    index = index_of(rules)
    for head in requests:
        winner = literal_winner(rules, head)
        explained = explain(rules, {}, head)

        assert found_name(index, head) == winner
        assert [each.rule.name for each in explained if each.wins] == (
            [winner] if winner else []
        )
        assert all(each.wins is not bool(each.reason) for each in explained)


def requests_of(rule: Rule) -> list[RequestHead]:
    """Return requests of a rule that no other rule matches unless it has to."""
    hosts = [each.replace("*", UNLISTED) for each in rule.hosts] or [UNLISTED]
    text = rule.path.text.removesuffix("/*")
    path = "/".join(
        UNLISTED if each.startswith("{") else each for each in text.split("/")
    )
    given = [
        {name: value.replace("*", UNLISTED) for name, value in each}
        for each in (
            rule.conditions.headers,
            rule.conditions.query,
            rule.conditions.cookies,
        )
    ]
    rest = "/" + "/".join([UNLISTED] * 4) if rule.path.is_prefix else ""
    ends = (rest, "/") if rest else ("",)
    return [
        head_of(host, (path + end) or "/", method, (given[0], given[1], given[2]))
        for host, end, method in product(hosts, ends, rule.served)
    ]


@settings(max_examples=20)
@given(rule_lists(), st.lists(heads(), min_size=1, max_size=10))
def test_no_request_reaches_an_unreachable_route(
    rules: list[Rule], requests: list[RequestHead]
) -> None:
    lost = {each.rule.name for each in unreachable(rules) if not each.part}

    assert lost.isdisjoint(literal_winner(rules, head) for head in requests)


@settings(max_examples=40)
@given(rule_lists(most=6, expressions=False))
def test_a_route_is_unreachable_exactly_if_none_of_its_requests_reaches_it(
    rules: list[Rule],
) -> None:
    lost = {each.rule.name for each in unreachable(rules) if not each.part}

    for each in rules:
        won = any(
            literal_winner(rules, head) == each.name for head in requests_of(each)
        )
        assert (each.name in lost) is not won


@pytest.mark.parametrize(
    ("first", "second", "lost"),
    [
        (rule("a", "/x"), rule("b", "/x"), [("b", "a", "")]),
        (rule("a", "/x/{id}"), rule("b", "/x/{name}"), [("b", "a", "")]),
        (
            rule("a", "/x", methods="GET"),
            rule("b", "/x", methods="HEAD"),
            [("b", "a", "")],
        ),
        (
            rule("a", "/{x}", expressions={"x": "[0-9]+"}, methods="GET"),
            rule("b", "/{y}", expressions={"y": "[0-9]+"}),
            [],
        ),
        (
            rule("a", "/{x}", expressions={"x": "[0-9]+"}),
            rule("b", "/{y}", expressions={"y": "[0-9]+"}),
            [("b", "a", "")],
        ),
        (rule("a", "/{x}"), rule("b", "/{y}", expressions={"y": "[0-9]+"}), []),
        (rule("a", "/x"), rule("b", "/x", methods="GET"), []),
        (rule("a", "/x"), rule("b", "/x/*"), []),
        (rule("a", "/x", hosts="h"), rule("b", "/x"), []),
        (
            rule("a", "/x", methods="GET POST"),
            rule("b", "/x", methods="POST PUT"),
            [("b", "a", "POST")],
        ),
        (
            rule("a", "/x", hosts="h"),
            rule("b", "/x", hosts="h i"),
            [("b", "a", "h")],
        ),
        (
            rule("a", "/x", methods=" ".join(sorted(METHODS))),
            rule("b", "/x", headers="h"),
            [("b", "a", "")],
        ),
    ],
)
def test_the_parts_of_a_route_that_another_one_takes_are_found(
    first: Rule, second: Rule, lost: list[tuple[str, str, str]]
) -> None:
    found = [
        (each.rule.name, each.by.name, each.part)
        for each in unreachable([first, second])
    ]

    assert found == lost


def opcodes(index: RuleIndex, head: RequestHead) -> int:
    """Return the number of bytecode instructions that a lookup takes."""
    segments = segments_of(head.path)
    return executed_opcodes(lambda head: index.find(head, segments, head.method), head)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("s3.example.com", "/api/v1/kind3/7"),
        ("s3.example.com", "/api/v1/kind3/7/more"),
        ("a.s3.example.com", "/files/x"),
        ("other", "/api/v1/kind3/7"),
        ("other", "/nothing"),
    ],
)
def test_finding_a_route_costs_the_same_among_a_thousand(host: str, path: str) -> None:
    few, many = (
        index_of(
            [
                each
                for n in range(size // 5)
                for each in (
                    rule(f"a{n}", f"/api/v1/kind{n}/{{id}}"),
                    rule(f"b{n}", f"/api/v1/kind{n}/*", methods="GET"),
                    rule(f"c{n}", f"/api/v1/kind{n}/*", headers="x-beta"),
                    rule(f"d{n}", f"/api/v1/kind{n}/*", hosts=f"s{n}.example.com"),
                    rule(f"e{n}", "/files/*", hosts=f"*.s{n}.example.com"),
                )
            ]
        )
        for size in (20, 1000)
    )
    head = request_head(path, headers=[(b"host", host.encode())])

    assert opcodes(few, head) == opcodes(many, head) > 20


def test_groups_of_expressions_are_not_captured() -> None:
    """RE2 needs another, slower automaton for groups, which nothing reads."""
    pattern = parse_pattern("/{id}")
    (condition,) = segment_patterns(pattern, {"id": 300 * "(" + "a*" + 300 * ")"})

    assert condition.matches(["", 1_000 * "a"])
    assert condition.expression.groups == 0


def test_an_expression_does_not_match_a_value_above_1_kib() -> None:
    """RE2 takes up to 3 ns for each byte and each instruction of an expression."""
    (condition,) = segment_patterns(parse_pattern("/{id}"), {"id": "(a|b)*"})

    assert condition.matches(["", 1024 * "a"])
    assert not condition.matches(["", 1025 * "a"])
