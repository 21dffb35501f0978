import pytest

from weir.gateway.transport.origin import parse_origin


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://127.0.0.1:5101", "127.0.0.1:5101"),
        ("http://catalog/", "catalog"),
        ("http://catalog:80", "catalog"),
        ("https://catalog", "catalog"),
        ("https://catalog:80", "catalog:80"),
        ("http://[::1]:5101", "[::1]:5101"),
    ],
)
def test_the_host_field_names_the_port_only_where_it_must(
    url: str, authority: str
) -> None:
    assert parse_origin(url).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "catalog:5101",
        "ftp://catalog",
        "http://",
        "http://catalog/graphql",
        "http://user@catalog",
        "http://catalog?a",
        "http://catalog:99999",
        "http://bücher",
    ],
)
def test_what_is_not_an_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|[Pp]ort"):
        parse_origin(url)
