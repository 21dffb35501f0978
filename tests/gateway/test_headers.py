from weir.gateway.headers import end_to_end, header, header_values, outgoing_headers


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
