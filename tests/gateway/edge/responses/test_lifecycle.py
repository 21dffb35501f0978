"""The announced end of endpoints: days and URLs as header fields."""

import pytest

from weir.gateway.edge.responses.lifecycle import InvalidLifecycle, read_lifecycle

NOTICE = "https://example.com/v2?from=v1"


@pytest.mark.parametrize(
    ("days", "fields"),
    [
        (("", "", ""), ()),
        (("2026-01-01", "", ""), ((b"deprecation", b"@1767225600"),)),
        (("", "2026-12-31", ""), ((b"sunset", b"Thu, 31 Dec 2026 23:59:59 GMT"),)),
        (
            ("", "2026-12-31", NOTICE),
            (
                (b"sunset", b"Thu, 31 Dec 2026 23:59:59 GMT"),
                (b"link", f'<{NOTICE}>; rel="sunset"; type="text/html"'.encode()),
            ),
        ),
    ],
)
def test_the_fields_of_a_lifecycle(
    days: tuple[str, str, str], fields: tuple[tuple[bytes, bytes], ...]
) -> None:
    assert read_lifecycle(*days).fields == fields


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (("2026", "", ""), '`deprecated` must be a day such as .*, got "2026"'),
        (("2026-02-30", "", ""), '`deprecated` must be a day .*, got "2026-02-30"'),
        (("", "31.12.2026", ""), "`sunset` must be a day"),
        (("2026-02-01", "2026-01-31", ""), "`sunset` is before `deprecated`"),
        (("", "", NOTICE), "`notice` is only used with"),
        (("2026-01-01", "", "example.com"), "`notice` must be a URL"),
        (("2026-01-01", "", "https://"), "`notice` must be a URL"),
        (("2026-01-01", "", "ftp://example.com"), "`notice` must be a URL"),
        (("2026-01-01", "", 'https://a/>; rel="x'), "`notice` must be a URL"),
        (("2026-01-01", "", "https://[a"), "`notice` must be a URL"),
    ],
)
def test_an_invalid_lifecycle_has_a_reason(
    days: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(InvalidLifecycle, match=message):
        read_lifecycle(*days)
