"""Rewriting of paths, from clients to services and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.errors import BadRequest
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.segment_pattern import segment_groups
from weir.gateway.routes.matching.template import InvalidTemplate
from weir.gateway.routes.rewrite import PathRewrite


def rewrite(pattern: str, target: str) -> PathRewrite:
    return PathRewrite(parse_pattern(pattern), parse_pattern(target))


@pytest.mark.parametrize(
    ("pattern", "target", "path", "moved"),
    [
        ("/api/*", "/*", "/api/users/7", "/users/7"),
        ("/api/*", "/*", "/api", "/"),
        ("/api/*", "/*", "/api/", "/"),
        ("/api/*", "/v2/*", "/api", "/v2"),
        ("/api/*", "/v2/*", "/%61pi/a%2Fb//c;x=%20", "/v2/a%2Fb//c;x=%20"),
        ("/u/{id}", "/users/{id}/profile", "/u/a%2Fb", "/users/a%2Fb/profile"),
        ("/{a}/{b}/*", "/{b}/{a}/*", "/1/2/3/4", "/2/1/3/4"),
        ("/old/*", "/new", "/old/x/y", "/new"),
        ("/a", "/a b/ü", "/a", "/a%20b/%C3%BC"),
    ],
)
def test_a_path_is_moved_and_its_other_bytes_stay(
    pattern: str, target: str, path: str, moved: str
) -> None:
    assert rewrite(pattern, target).forward(path) == moved


@pytest.mark.parametrize(
    ("pattern", "target", "path", "moved"),
    [
        ("/api/*", "/*", "/users/8", "/api/users/8"),
        ("/api/*", "/v2/*", "/v2/x", "/api/x"),
        ("/api/*", "/v2/*", "/login", None),
        ("/u/{id}", "/users/{id}", "/users/8", "/u/8"),
        ("/u/{id}", "/users/{id}", "/users/", None),
        ("/u/{id}", "/users", "/users", None),
        ("/old/*", "/new", "/new", None),
    ],
)
def test_a_path_of_the_service_is_moved_back_if_it_can_be(
    pattern: str, target: str, path: str, moved: str | None
) -> None:
    assert rewrite(pattern, target).back(path) == moved


@given(st.lists(st.text("ab%2F", min_size=1, max_size=4), max_size=4))
def test_back_inverts_forward(rest: list[str]) -> None:
    moves = rewrite("/api/{tenant}/*", "/v2/{tenant}/x/*")
    path = "/".join(["", "api", "t1", *rest])

    assert moves.back(moves.forward(path)) == path


@pytest.mark.parametrize(
    ("pattern", "target", "prefix"),
    [
        ("/api/*", "/*", "/api"),
        ("/api/users/*", "/users/*", "/api"),
        ("/{shop}/{tenant}/*", "/{shop}/*", ""),
        ("/t/{tenant}/*", "/*", "/t/7"),
        ("/api/*", "/v2/*", ""),
        ("/api/*", "/api/*", ""),
    ],
)
def test_a_prefix_that_is_only_removed_is_known(
    pattern: str, target: str, prefix: str
) -> None:
    path = re.sub(r"{\w+}", "7", pattern).replace("*", "x")

    assert rewrite(pattern, target).prefix_of(path) == prefix


@pytest.mark.parametrize(
    ("pattern", "target", "message"),
    [
        ("/u/{id}", "/users/{name}", '"/u/{id}" has no parameter {name}'),
        ("/u/{id}", "/users/*", '"/u/{id}" has no "*" at its end'),
    ],
)
def test_a_target_without_a_source_is_rejected(
    pattern: str, target: str, message: str
) -> None:
    with pytest.raises(InvalidTemplate, match=re.escape(message)):
        rewrite(pattern, target)


def grouping(expression: str, target: str) -> PathRewrite:
    pattern = parse_pattern("/films/{slug}/*")
    groups = tuple(segment_groups(pattern, {"slug": expression}))
    return PathRewrite(pattern, parse_pattern(target), groups)


TITLE_AND_ID = r"(?s)(?P<title>.+)-(?P<id>[0-9]+)"


@pytest.mark.parametrize(
    ("target", "path", "moved"),
    [
        ("/v2/{id}/{title}/*", "/films/red-shoes-7/a%2Fb", "/v2/7/red-shoes/a%2Fb"),
        ("/{slug}/{id}", "/films/red%2Dshoes-7", "/red%2Dshoes-7/7"),
        ("/{title}", "/films/a%2Fb%3F%0D%0A%C3%BC-7", "/a%2Fb%3F%0D%0A%C3%BC"),
        ("/{title}", "/films/a%252E-7", "/a%252E"),
        ("/all/*", "/films/red-shoes-7/x", "/all/x"),
    ],
)
def test_a_named_group_of_an_expression_is_a_segment(
    target: str, path: str, moved: str
) -> None:
    assert grouping(TITLE_AND_ID, target).forward(path) == moved


@pytest.mark.parametrize(
    "segment",
    [
        "x",
        "x..",
        "x.",
        "x%2e%2E",
        "x%252e%252e",
        "x..%2fy",
        "x..%5Cy",
        "x..%3Bv",
        "xa%2F..",
    ],
)
def test_a_group_without_a_text_or_with_a_dot_segment_is_rejected(segment: str) -> None:
    rewrites = grouping("x(?P<rest>.*)", "/v2/{rest}")

    with pytest.raises(BadRequest, match=r"has no value for \{rest\}"):
        rewrites.forward(f"/films/{segment}")


@given(st.binary(min_size=1, max_size=8))
def test_no_text_of_a_group_leaves_its_segment(value: bytes) -> None:
    sent = "".join(f"%{byte:02x}" for byte in b"x" + value)
    try:
        moved = grouping(r"x(?P<rest>\C*)", "/v2/{rest}/end").forward(f"/films/{sent}")
    except BadRequest:
        return

    assert moved.isascii()
    assert moved.isprintable()
    assert segments_of(moved) == ["", "v2", value.decode("latin-1"), "end"]


def test_a_path_of_groups_is_not_moved_back() -> None:
    assert grouping(TITLE_AND_ID, "/v2/{id}/*").back("/v2/7/x") is None
