"""Hosts and their patterns."""

import pytest

from weir.gateway.routes.matching.hosts import (
    InvalidHost,
    host_of,
    parse_host,
    patterns_of,
)


@pytest.mark.parametrize(
    ("field", "host"),
    [
        (b"API.example.com", "api.example.com"),
        (b"api.example.com:8080", "api.example.com"),
        (b"api.example.com.", "api.example.com"),
        (b"[::1]:4000", "[::1]"),
        (b"", ""),
    ],
)
def test_the_host_is_compared_without_case_port_and_final_dot(
    field: bytes, host: str
) -> None:
    assert host_of(field) == host


def test_the_most_specific_pattern_of_a_host_is_first() -> None:
    assert list(patterns_of("a.b.example.com")) == [
        "a.b.example.com",
        "*.b.example.com",
        "*.example.com",
        "*.com",
        "",
    ]


@pytest.mark.parametrize(
    ("host", "matches"),
    [("a.example.com", True), ("a.b.example.com", True), ("example.com", False)],
)
def test_a_wildcard_stands_for_one_or_more_labels(host: str, *, matches: bool) -> None:
    assert ("*.example.com" in patterns_of(host)) is matches


@pytest.mark.parametrize(
    "text", ["", "*", "a.*.com", "example.com:80", "-a.com", "a..b", "a b", "*.*.com"]
)
def test_a_text_that_is_not_a_host_is_rejected(text: str) -> None:
    with pytest.raises(InvalidHost, match="expected a host without a port"):
        parse_host(text)
