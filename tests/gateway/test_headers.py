from weir.gateway.headers import (
    end_to_end,
    header,
    header_values,
    outgoing_headers,
    with_fields,
)


def test_the_first_value_answers_for_a_field_and_all_are_kept() -> None:
    headers = ((b"a", b"1"), (b"b", b"2"), (b"a", b"3"))

    assert header(headers, b"a") == b"1"
    assert header(headers, b"c") is None
    assert header_values(headers, b"a") == (b"1", b"3")


def test_what_concerns_one_connection_is_not_passed_on() -> None:
    headers = (
        (b"connection", b"close, X-Hop"),
        (b"keep-alive", b"timeout=5"),
        (b"te", b"trailers"),
        (b"upgrade", b"h2c"),
        (b"x-hop", b"1"),
        (b"x-end", b"2"),
    )

    assert end_to_end(headers) == ((b"x-end", b"2"),)


def test_forwarded_fields_never_replace_own_ones_nor_frame_the_message() -> None:
    own = ((b"content-type", b"application/json"), (b"host", b"evil"))
    forwarded = (
        (b"content-type", b"text/plain"),
        (b"content-length", b"7"),
        (b"transfer-encoding", b"chunked"),
        (b"x-request-id", b"r1"),
    )

    assert outgoing_headers(own, forwarded) == (
        (b"content-type", b"application/json"),
        (b"x-request-id", b"r1"),
    )


def test_a_fixed_field_replaces_all_that_cgi_reads_as_the_same() -> None:
    sent = ((b"x-api-key", b"1"), (b"X_Api_Key", b"2"), (b"x_api-key", b"3"))
    others = ((b"x-api", b"4"),)

    fixed = ((b"x-api-key", b"own"),)

    assert with_fields(sent + others, fixed) == others + fixed
    assert with_fields(sent, ((b"x_api_key", b"own"),)) == ((b"x_api_key", b"own"),)
