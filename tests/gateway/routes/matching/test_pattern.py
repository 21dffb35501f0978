"""Patterns of paths: what they accept, match, and reject."""

import pytest

from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.template import InvalidTemplate


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/status", "/status", True),
        ("/status", "/status/", False),
        ("/status", "/Status", False),
        ("/status", "/st%61tus", True),
        ("/", "/", True),
        ("/api/*", "/api", True),
        ("/api/*", "/api/", True),
        ("/api/*", "/api/users/7", True),
        ("/api/*", "/apis", False),
        ("/*", "/", True),
        ("/*", "/any/thing", True),
        ("/users/{id}", "/users/7", True),
        ("/users/{id}", "/users/a%2Fb", True),
        ("/users/{id}", "/users/7/orders", False),
        ("/users/{id}/*", "/users/7/orders", True),
        ("/users/{id}", "/users/", False),
        ("/users/{id}", "/users/..", False),
        ("/users/{id}/*", "/users//orders", False),
    ],
)
def test_a_pattern_matches_whole_segments(
    pattern: str, path: str, *, matches: bool
) -> None:
    assert parse_pattern(pattern).matches(segments_of(path)[1:]) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status", 'it must begin with "/"'),
        ("/api*", '"*" is only allowed as the last segment'),
        ("/a/*/b", '"*" is only allowed as the last segment'),
        ("/api/", "it has an empty segment"),
        ("/a%20b", "write it decoded"),
        ("/a?b=c", "a query is not a part of a path"),
        ("/{id}/{id}", "{id} is used twice"),
        ("/user-{id}", "a parameter is a whole segment"),
        ("/a/../b", "clients remove dot segments"),
    ],
)
def test_a_pattern_that_no_path_can_match_is_rejected(text: str, message: str) -> None:
    with pytest.raises(InvalidTemplate, match=message.replace("*", r"\*")):
        parse_pattern(text)
