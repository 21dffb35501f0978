"""Paths that could leave the prefix of their route."""

import pytest

from weir.gateway.routes.traversal import escapes


@pytest.mark.parametrize(
    "path",
    [
        "/api/../admin",
        "/api/./x",
        "/api/..",
        "/api/%2e%2e/admin",
        "/api/.%2E/admin",
        "/api/%252e%252e/admin",
        "/api/..%2fadmin",
        "/api/x%2f..%2f..%2fadmin",
        "/api/..%5cadmin",
        "/api/..\\admin",
        "/api/..;/admin",
        "/api/..;x=1/admin",
        "/api/x%00.png",
        "/api/%2e%2e%3b/admin",
    ],
)
def test_a_dot_segment_in_any_reading_is_found(path: str) -> None:
    assert escapes(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/a%2Fb",
        "/.well-known/x",
        "/a/...",
        "/a/.hidden",
        "/a/b;v=1.2",
        "/a%25",
    ],
)
def test_other_paths_pass(path: str) -> None:
    assert not escapes(path)
