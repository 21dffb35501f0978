"""Sample requests of a rule, for a comparison with another rule.

Their values are words of the conditions of both rules, and some others. A request that
a condition in CEL demands is found by trying, so that a rule may have no sample.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final
from urllib.parse import quote, urlencode

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.conditions import ANY_VALUE, Conditions, Expected
from weir.gateway.routes.matching.path import BYTES, segments_of
from weir.gateway.routes.matching.rule import Rule
from weir.gateway.routes.samples.texts import sample_text

_TEXTS: Final = ("1", "a", "a-b_c.d", "7th", "A", "~", "é", "0", "2026-01-31", "a b")
"""Values of parameters without an expression."""
_RESTS: Final = ("", "/", "/1", "/a/b", "/~")
"""Paths below a prefix."""
_HOSTS: Final = ("example.com", "a.example.org", "localhost")
_VALUES: Final = ("1", "a", "0")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OFTEN: Final = 0.6


def sample_requests(rule: Rule, other: Rule, attempts: int) -> Iterator[RequestHead]:
    """Yield requests that `rule` matches, the same ones each time.

    The first ones have only the fields that the rule names.
    """
    draw = _Draw(rule, other)
    methods = sorted(rule.served, key=lambda each: (each != "GET", each))
    for attempt in range(attempts):
        method = methods[attempt % len(methods)]
        head = draw.request(method, only_named=attempt < len(methods))
        if rule.matches(head):
            yield head


class _Draw:
    """Draws requests at random."""

    def __init__(self, rule: Rule, other: Rule) -> None:
        self._rng = Random(0)  # noqa: S311 - samples, not secrets
        self._rule = rule
        self._other = other
        expressions = [
            each.conditions.expression
            for each in (rule, other)
            if each.conditions.expression is not None
        ]
        self._read = "".join(each.text for each in expressions)
        self._words = [
            word
            for each in expressions
            for word in each.words
            if word.isprintable() and word.isascii()
        ]

    def request(self, method: str, *, only_named: bool) -> RequestHead:
        headers, query, cookies = (
            self._fields(kind, only_named=only_named)
            for kind in ("headers", "query", "cookies")
        )
        fields = {
            name.lower().encode(): value.encode()
            for name, value in headers.items()
            if _TOKEN.fullmatch(name)
        }
        fields[b"host"] = self._host().encode()
        if cookies:
            pairs = (f"{name}={value}" for name, value in cookies.items())
            fields[b"cookie"] = "; ".join(pairs).encode()
        return RequestHead(
            method=method,
            path=self._path(),
            query=urlencode(query),
            http_version="1.1",
            headers=fields,
            lines=tuple(fields.items()),
            scheme="http",
            peer="",
            arrived_s=0.0,
        )

    def _fields(self, kind: str, *, only_named: bool) -> Mapping[str, str]:
        fields: dict[str, str] = {}
        if not only_named:
            fields |= self._some(_expected(self._other.conditions, kind))
            if kind in self._read:
                fields |= self._some(self._guesses())
        for name, value in _expected(self._rule.conditions, kind):
            fields[name] = "1" if value == ANY_VALUE else value
        return fields

    def _some(self, fields: Expected) -> Mapping[str, str]:
        return {
            name: "1" if value == ANY_VALUE else value
            for name, value in fields
            if self._rng.random() < _OFTEN
        }

    def _guesses(self) -> Expected:
        """Return fields with the words of the expressions as names.

        A value is often the next word, as in `request.headers['x-tier'] == 'gold'`.
        """
        nexts = [*self._words[1:], "1"]
        return tuple(
            (name, self._value(word))
            for name, word in zip(self._words, nexts, strict=True)
        )

    def _value(self, word: str) -> str:
        if self._rng.random() > _OFTEN:
            word = self._rng.choice([*self._words, *_VALUES])
        if word.isdecimal():
            return str(max(0, int(word) + self._rng.choice((-1, 0, 1))))
        return self._rng.choice((word, word, sample_text(word, self._rng) or word))

    def _host(self) -> str:
        if self._rule.hosts:
            return self._rng.choice(self._rule.hosts).replace("*.", "a.")
        named = [each for each in self._words if "host" in self._read and "." in each]
        return self._rng.choice([_HOSTS[0], *_HOSTS, *named])

    def _path(self) -> str:
        named = [each for each in self._words if each.startswith("/")]
        if named and self._rng.random() < _OFTEN:
            path = quote(self._rng.choice(named) + self._rng.choice(_RESTS))
            if self._rule.path.matches(segments_of(path)[1:]):
                return path
        segments = [
            self._segment(position) if literal is None else quote(literal, "", BYTES)
            for position, literal in enumerate(self._rule.path.shape, 1)
        ]
        path = "/" + "/".join(segments) if segments else ""
        rest = self._rng.choice(_RESTS) if self._rule.path.is_prefix else ""
        return path + rest or "/"

    def _segment(self, position: int) -> str:
        own, others = _texts_at(self._rule, position), _texts_at(self._other, position)
        choices: Sequence[str | None] = own or (*others, None)
        expression = self._rng.choice(choices)
        text = expression and sample_text(expression, self._rng)
        return quote(text or self._rng.choice(_TEXTS), "")


def _texts_at(rule: Rule, position: int) -> tuple[str, ...]:
    return tuple(each.text for each in rule.segments if each.position == position)


def _expected(conditions: Conditions, kind: str) -> Expected:
    match kind:
        case "headers":
            return conditions.headers
        case "query":
            return conditions.query
        case _:
            return conditions.cookies
