"""Where our cache does not do what a case of http-cache-tests asks for, and why.

What no word of the RFCs covers is no deviation but a defect. Sections are those of
RFC 9111, if no other is named.
"""

from typing import Final, NamedTuple


class Deviation(NamedTuple):
    """Cases, and the words by which they may end as they do."""

    cases: tuple[str, ...]
    words: str


def _named(pattern: str, *parts: str) -> tuple[str, ...]:
    return tuple(pattern.format(part) for part in parts)


DEVIATIONS: Final = (
    Deviation(
        _named(
            "age-parse-{}",
            *("nonnumeric", "negative", "float", "parameter", "numeric-parameter"),
        ),
        "5.1: where Age is invalid, 'a cache SHOULD ignore the field'",
    ),
    Deviation(
        _named("age-parse-{}", "prefix-twoline", "dup-0", "dup-0-twoline", "dup-old"),
        "5.1: of a list in Age, a cache 'SHOULD use the first member of the field "
        "value, discarding subsequent ones'",
    ),
    Deviation(
        _named(
            "heuristic-{}-cached",
            *("200", "203", "204", "404", "405", "410", "414", "501", "599"),
        ),
        "4.2.1: without explicit freshness, a heuristic one 'might be applicable'; "
        "here only services and operators say how long an answer is good",
    ),
    Deviation(
        _named("status-{}-fresh", "500", "502", "503", "504", "599"),
        "1: caching is 'an entirely OPTIONAL feature of HTTP'; what a failing service "
        "says of its freshness is not believed",
    ),
    Deviation(
        ("method-POST",),
        "RFC 9110 9.3.3: a stored answer to POST 'can be reused' for a GET; here only "
        "that of a safe POST is stored, and given to the same POST alone",
    ),
    Deviation(
        _named(
            "vary-normalise-{}",
            *("lang-order", "lang-case", "lang-space", "lang-select", "space"),
        ),
        "4.1: values that can be normalised match; one that does not is a miss, never "
        "a wrong answer",
    ),
    Deviation(
        ("conditional-lm-fresh-no-lm",),
        "4.3.2: without Last-Modified 'a cache SHOULD use the stored response's Date "
        "field value', and here that is later than the condition's",
    ),
    Deviation(
        (
            "headers-store-Content-Encoding",
            "304-etag-update-response-Content-Encoding",
        ),
        "RFC 9110 8.4 and 12.5.3: the gateway requests by Accept-Encoding what it can "
        "decode, and decodes it before the cache, so that a stored response has no "
        "Content-Encoding; a response in a coding that was not requested and cannot be "
        "decoded is an error",
    ),
    Deviation(
        ("headers-store-Transfer-Encoding",),
        "RFC 9112 7.4: our client says by TE what it accepts besides chunked: nothing",
    ),
    Deviation(
        (
            "headers-store-Set-Cookie",
            "304-etag-update-response-Set-Cookie",
            "other-set-cookie",
        ),
        "7.3: Set-Cookie 'does not inhibit caching'; stricter here, where one cookie "
        "would go to all who ask",
    ),
    Deviation(
        ("other-cookie",),
        "1: caching is 'an entirely OPTIONAL feature of HTTP'; a cookie is a "
        "credential here, and its answer is kept if it is public",
    ),
    Deviation(
        _named("other-authorization-{}", "must-revalidate", "smaxage"),
        "3.5: a directive 'that allows it to be stored by a shared cache' is needed "
        "for a request with Authorization; only public is taken for one here",
    ),
    Deviation(
        ("304-etag-update-response-Content-MD5",),
        "3.2: 'the cache MUST add each header field in the provided response', with "
        "four exceptions, of which Content-MD5 is none",
    ),
    Deviation(
        ("304-etag-update-response-ETag",),
        "4.3.4: where no stored response has the strong validator of a 304, 'the cache "
        "MUST NOT use the new response to update any stored responses'",
    ),
    Deviation(
        _named(
            "partial-store-{}",
            *("partial-reuse-partial", "partial-reuse-partial-byterange"),
            *("partial-reuse-partial-absent", "partial-reuse-partial-suffix"),
            "partial-complete",
        ),
        "3.3: 'a cache MUST NOT store incomplete or partial-content responses if it "
        "does not support the Range and Content-Range header fields'",
    ),
    Deviation(
        _named("partial-store-complete-reuse-partial{}", "", "-no-last", "-suffix"),
        "RFC 9110 14.2: 'a server MAY ignore the Range header field'; such requests "
        "are the service's to answer",
    ),
)
