"""A slow router that follows the rules of precedence literally, and random rules."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.support.front_doubles import WEB, HandlerFront, hang
from tests.support.memory_exchange import request_head
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import Route, RouteMatch
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.expression import parse_condition
from weir.gateway.routes.matching.index import RuledRoute, RuleIndex
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.rule import Rule
from weir.gateway.routes.matching.segment_pattern import segment_patterns

HOSTS = ("a.x", "b.a.x", "*.x", "*.a.x", "*.b.a.x")
SEGMENTS = ("a", "b", "{p}")
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
VALUES = ("1", "2", "*")

EXPRESSIONS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "request.query['q1'] == '1'": lambda query: query.get("q1") == "1",
    "'q2' in request.query": lambda query: "q2" in query,
    "size(request.query) < 2": lambda query: len(query) < 2,
}
"""Conditions in CEL with their meaning, a function of the query parameters."""
_CONDITIONS = [None, *map(parse_condition, EXPRESSIONS)]

PATTERNS: Mapping[str, Callable[[str], bool]] = {
    "[a-c]": lambda value: value in ("a", "b", "c"),
    "[^a]": lambda value: value != "a" and len(value) == 1,
}
"""Regular expressions for parameters with their meaning."""

UNLISTED = "z"


def _expected(name: str) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    value = st.sampled_from(VALUES)
    return st.dictionaries(st.sampled_from([f"{name}1", f"{name}2"]), value).map(
        lambda found: tuple(sorted(found.items()))
    )


@st.composite
def paths(draw: st.DrawFn) -> str:
    segments = draw(st.lists(st.sampled_from(SEGMENTS), max_size=3))
    named = [s.replace("p", f"p{i}") for i, s in enumerate(segments)]
    text = "/" + "/".join(named)
    return text.rstrip("/") + "/*" if draw(st.booleans()) else text


@st.composite
def rule_lists(
    draw: st.DrawFn, most: int = 12, *, expressions: bool = True
) -> list[Rule]:
    """Draw rules, with `expressions` in CEL and of parameters only if that is set."""
    return [
        draw(_rules(f"r{number}", expressions=expressions))
        for number in range(draw(st.integers(1, most)))
    ]


@st.composite
def _rules(draw: st.DrawFn, name: str, *, expressions: bool) -> Rule:
    path = parse_pattern(draw(paths()))
    names = path.parameters if expressions else ()
    return Rule(
        name=name,
        path=path,
        segments=tuple(
            segment_patterns(
                path,
                {
                    each: draw(st.sampled_from(sorted(PATTERNS)))
                    for each in names
                    if draw(st.booleans())
                },
            )
        ),
        hosts=tuple(draw(st.lists(st.sampled_from(HOSTS), max_size=2, unique=True))),
        methods=draw(st.frozensets(st.sampled_from(METHODS), max_size=2)),
        conditions=Conditions(
            headers=draw(_expected("h")),
            query=draw(_expected("q")),
            cookies=draw(_expected("c")),
            expression=draw(st.sampled_from(_CONDITIONS if expressions else [None])),
        ),
    )


@st.composite
def heads(draw: st.DrawFn) -> RequestHead:
    segments = st.sampled_from(("a", "b", UNLISTED, "", "."))
    values = st.sampled_from(("1", "2", UNLISTED))

    def some(name: str) -> dict[str, str]:
        names = st.sampled_from([f"{name}1", f"{name}2"])
        return draw(st.dictionaries(names, values))

    return head_of(
        host=draw(st.sampled_from(("a.x", "b.a.x", "c.b.a.x", "x", UNLISTED))),
        path="/" + "/".join(draw(st.lists(segments, max_size=4))),
        method=draw(st.sampled_from(METHODS)),
        fields=(some("h"), some("q"), some("c")),
    )


def head_of(
    host: str,
    path: str,
    method: str,
    fields: tuple[dict[str, str], dict[str, str], dict[str, str]],
) -> RequestHead:
    headers, query, cookies = fields
    lines = [(b"host", host.encode())]
    lines += [(name.encode(), value.encode()) for name, value in headers.items()]
    if cookies:
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        lines.append((b"cookie", pairs.encode()))
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return request_head(path, method=method, headers=lines, query=text)


def index_of(rules: Sequence[Rule]) -> RuleIndex:
    def match(rule: Rule) -> RouteMatch:
        return RouteMatch(
            Route(endpoint=HandlerFront(hang), policy=WEB, template=rule.name)
        )

    return RuleIndex(RuledRoute.of(rule, match(rule)) for rule in rules)


def found_name(index: RuleIndex, head: RequestHead) -> str:
    found, _ = index.find(head, segments_of(head.path), head.method)
    return found.rule.name if found else ""


def literal_winner(rules: Sequence[Rule], head: RequestHead) -> str:
    """Return the name of the winner, one rule of precedence after the other."""
    host = head.headers[b"host"].decode()
    left = [rule for rule in rules if _matches(rule, head, host)]
    criteria: tuple[Callable[[Rule], Any], ...] = (
        lambda rule: _host_length(rule, host),
        lambda rule: not rule.path.is_prefix,
        lambda rule: rule.path.text.count("/") - rule.path.is_prefix,
        lambda rule: _literals(rule.path.text),
        lambda rule: len(rule.segments),
        lambda rule: bool(rule.methods),
        lambda rule: len(rule.conditions.headers),
        lambda rule: len(rule.conditions.query),
        lambda rule: len(rule.conditions.cookies),
        lambda rule: rule.conditions.expression is not None,
    )
    for criterion in criteria:
        left = _best(left, criterion)
    return left[0].name if left else ""


def _best(rules: list[Rule], criterion: Callable[[Rule], Any]) -> list[Rule]:
    best = max((criterion(rule) for rule in rules), default=None)
    return [rule for rule in rules if criterion(rule) == best]


def _literals(path: str) -> list[bool]:
    return [not segment.startswith("{") for segment in path.split("/")]


def _host_length(rule: Rule, host: str) -> tuple[int, int]:
    """Return whether an exact host matches, and the length of the longest pattern."""
    lengths = [len(each) for each in rule.hosts if _fits_host(each, host)]
    return (host in rule.hosts, max(lengths, default=0))


def _fits_host(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern == host


def _matches(rule: Rule, head: RequestHead, host: str) -> bool:
    if rule.hosts and not any(_fits_host(each, host) for each in rule.hosts):
        return False
    method = "GET" if head.method == "HEAD" and "GET" in rule.methods else head.method
    if rule.methods and method not in rule.methods:
        return False
    if not _fits_path(rule.path.text, head.path):
        return False
    segments = head.path.split("/")
    if not all(PATTERNS[each.text](segments[each.position]) for each in rule.segments):
        return False
    query = dict(pair.split("=") for pair in head.query.split("&") if pair)
    expression = rule.conditions.expression
    if expression is not None and not EXPRESSIONS[expression.text](query):
        return False
    cookie = head.headers.get(b"cookie", b"").decode()
    cookies = dict(pair.split("=") for pair in cookie.split("; ") if pair)
    headers = {name.decode(): value.decode() for name, value in head.lines}
    sent = ((rule.conditions.headers, headers), (rule.conditions.query, query))
    return all(
        name in values and expected in ("*", values[name])
        for conditions, values in (*sent, (rule.conditions.cookies, cookies))
        for name, expected in conditions
    )


def _fits_path(pattern: str, path: str) -> bool:
    expected, segments = pattern.split("/")[1:], path.split("/")[1:]
    if expected[-1] == "*":
        expected = expected[:-1]
        if len(segments) < len(expected):
            return False
        segments = segments[: len(expected)]
    return len(expected) == len(segments) and all(
        segment not in ("", ".", "..") if each.startswith("{") else segment == each
        for each, segment in zip(expected, segments, strict=True)
    )
