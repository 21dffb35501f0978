"""Routes that probably get no request, and the samples that show it."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings

from tests.support.memory_exchange import request_head
from tests.support.rule_oracle import rule_lists
from weir.gateway.routes.explanation import explain
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.expression import parse_condition
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.rule import Rule
from weir.gateway.routes.matching.segment_pattern import segment_patterns
from weir.gateway.routes.samples.texts import sample_text
from weir.gateway.routes.shadowing import shadowed


def rule(
    name: str,
    *,
    path: str = "/films/{id}",
    regex: str = "",
    cel: str = "",
    methods: str = "",
    header: str = "",
) -> Rule:
    pattern = parse_pattern(path)
    return Rule(
        name=name,
        path=pattern,
        segments=tuple(segment_patterns(pattern, {"id": regex} if regex else {})),
        methods=frozenset(methods.split()),
        conditions=Conditions(
            headers=(("x-tier", header),) if header else (),
            expression=parse_condition(cel) if cel else None,
        ),
    )


ALL = "probably takes all"
SOME = "takes some"
LIMIT = "'limit' in request.query && int(request.query.limit)"
TIER = "request.headers['x-tier']"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ({"regex": ".+"}, {}, ALL),
        ({"regex": "[0-9]+"}, {}, SOME),
        ({"regex": "[\\w-]+"}, {}, SOME),
        ({"regex": "[0-9]+"}, {"regex": "[0-9]{4}"}, ALL),
        ({"regex": "[0-9]{4}"}, {"regex": "[0-9]+"}, SOME),
        ({"regex": "[\\w-]+"}, {"regex": "[a-z]+-[^\\W_]+"}, ALL),
        ({"regex": "[0-9]+"}, {"regex": "[0-9]+", "methods": "GET"}, SOME),
        ({"regex": "[0-9]+", "methods": "GET"}, {"regex": "[0-9]{4}"}, SOME),
        ({"cel": "request.host != ''"}, {}, ALL),
        ({"cel": "!('x-internal' in request.headers)"}, {}, SOME),
        ({"cel": "request.method == 'GET'"}, {}, SOME),
        ({"cel": f"{LIMIT} > 10"}, {"cel": f"{LIMIT} > 100"}, ALL),
        ({"cel": f"{LIMIT} > 100"}, {"cel": f"{LIMIT} > 10"}, SOME),
        ({"cel": f"{TIER} in ['a', 'b']"}, {"cel": f"{TIER} == 'b'"}, ALL),
        ({"cel": f"{TIER} == 'b'"}, {"cel": f"{TIER} in ['a', 'b']"}, SOME),
        ({"header": "b"}, {"cel": f"{TIER} == 'b'"}, ALL),
        ({"header": "b"}, {"cel": f"{TIER} in ['a', 'b']"}, SOME),
        (
            {"path": "/a/*", "cel": "request.path.matches('^/a/v[0-9]+/')"},
            {"path": "/a/*", "cel": "request.path.startsWith('/a/v2/')"},
            ALL,
        ),
        ({"cel": "request.headers['x'] == 'never'"}, {"cel": "false"}, SOME),
    ],
)
def test_a_rule_is_shadowed_if_another_one_takes_all_its_samples(
    first: dict[str, str], second: dict[str, str], verdict: str
) -> None:
    rules = [rule("first", **first), rule("second", **second)]
    found = list(shadowed(rules))

    assert [(each.rule.name, each.by.name) for each in found] == (
        [("second", "first")] if verdict == ALL else []
    )
    for each in found:
        assert winner(rules, each.sample.method, each.sample.path) in ("first", "")


def winner(rules: Sequence[Rule], method: str, path: str) -> str:
    explained = explain(rules, {}, request_head(method=method, path=path))
    return next((each.rule.name for each in explained if each.wins), "")


@settings(max_examples=100)
@given(rule_lists())
def test_no_sample_is_won_by_the_rule_that_it_is_of(rules: list[Rule]) -> None:
    for found in shadowed(rules):
        explained = explain(rules, {}, found.sample)
        assert found.rule.matches(found.sample)
        assert found.by.matches(found.sample)
        assert not any(each.wins and each.rule is found.rule for each in explained)


@pytest.mark.parametrize(
    "expression",
    [
        *("[0-9]{4}", "(?P<title>[a-z-]+)-(?P<id>\\d+)", ".*", "\\S+", "[^/]+"),
        *("a|b|cd?", "[^a-z]x", "[\\w-]+\\.jpg", "\\x61[^\\d]", "^a$", "a*?b"),
    ],
)
def test_a_sample_text_matches_its_expression(expression: str) -> None:
    pattern = parse_pattern("/{id}")
    (segment,) = segment_patterns(pattern, {"id": expression})
    rng = Random(1)  # noqa: S311 - samples, not secrets
    texts = [sample_text(expression, rng) for _ in range(20)]

    assert texts
    for text in texts:
        assert text is not None
        assert segment.matches(["", text.encode().decode("latin-1")])


@pytest.mark.parametrize(
    "expression",
    [
        *("\\pL+", "(a{30}){40}", "[[:alpha:]]+", "(?U)a", "(?=a)", "[^\\w\\W]"),
        *("(?a)(?u)a", "\\ud800", "\\n"),
    ],
)
def test_an_expression_without_a_short_text_has_no_sample(expression: str) -> None:
    rng = Random(1)  # noqa: S311 - samples, not secrets

    assert sample_text(expression, rng) is None
