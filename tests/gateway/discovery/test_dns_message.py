import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.dns_server import Value, message, record
from weir.gateway.discovery.dns_message import (
    Kind,
    RecordSet,
    SrvTarget,
    Truncated,
    decode_response,
    encode_query,
)
from weir.gateway.discovery.errors import DiscoveryError, InvalidResponse, NoSuchName

NAME = "catalog.example"
LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABEL, min_size=1, max_size=5).map(".".join)
SRV_TARGET = st.builds(
    SrvTarget, st.integers(0, 9), st.integers(0, 9), st.integers(1, 65535), NAMES
)


@given(
    name=NAMES,
    addresses=st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=9),
    ttl=st.integers(0, 2**31 - 1),
)
def test_what_a_server_encodes_is_read_back(
    name: str, addresses: list[str], ttl: int
) -> None:
    query = encode_query(7, name, "A")
    data = message(query, [record(name, "A", ttl, one) for one in addresses])

    assert decode_response(data, 7, name, "A") == RecordSet(tuple(addresses), ttl)


@given(target=SRV_TARGET)
def test_service_records_are_read_with_their_targets(target: SrvTarget) -> None:
    query = encode_query(7, NAME, "SRV")
    data = message(query, [record(NAME, "SRV", 60, target)])

    assert decode_response(data, 7, NAME, "SRV").records == (target,)


def test_aliases_are_followed_and_the_shortest_time_counts() -> None:
    query = encode_query(7, NAME, "AAAA")
    data = message(
        query,
        [
            record(NAME, "CNAME", 30, "alias.example"),
            record("alias.example", "AAAA", 60, "::1"),
            record("stranger.example", "AAAA", 1, "::2"),
        ],
    )

    assert decode_response(data, 7, NAME, "AAAA") == RecordSet(("::1",), 30.0)


def test_names_are_compressed_by_pointers() -> None:
    query = encode_query(7, NAME, "A")
    pointed = record(NAME, "A", 60, "127.0.0.1").split(b"\0", 1)[1]
    data = message(query, [b"\xc0\x0c" + pointed])

    assert decode_response(data, 7, NAME, "A").records == ("127.0.0.1",)


def test_a_pointer_to_itself_has_an_end() -> None:
    query = encode_query(7, NAME, "A")
    data = message(query, [b""])
    loop = b"\xc0" + bytes([len(data)])

    with pytest.raises(InvalidResponse, match="malformed or too long"):
        decode_response(message(query, [loop + bytes(20)]), 7, NAME, "A")


def query_for(name: str = NAME, kind: Kind = "A") -> bytes:
    return encode_query(7, name, kind)


GOOD: Value = "127.0.0.1"
NOT_ANSWERS = {
    "another id": message(query_for(), [record(NAME, "A", 1, GOOD)], query_id=8),
    "another name": message(query_for("evil.example"), []),
    "another kind": message(query_for(kind="AAAA"), []),
    "a query": query_for(),
    "an address cut short": message(
        query_for(), [record(NAME, "A", 1, GOOD).replace(b"\0\x04\x7f", b"\0\x03\x7f")]
    ),
    "a refusal": message(query_for(), [], flags=0x8185),
    "nothing": b"",
}


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_what_is_no_answer_to_the_question_is_refused(name: str) -> None:
    with pytest.raises(InvalidResponse):
        decode_response(NOT_ANSWERS[name], 7, NAME, "A")


@pytest.mark.parametrize("flags", [0x8180, 0x8183], ids=["no record", "no name"])
def test_no_such_name_is_said_so(flags: int) -> None:
    with pytest.raises(NoSuchName, match=r"catalog\.example"):
        decode_response(message(query_for(), [], flags=flags), 7, NAME, "A")


def test_a_truncated_answer_is_asked_for_again() -> None:
    with pytest.raises(Truncated):
        decode_response(message(query_for(), [], flags=0x8380), 7, NAME, "A")


@given(data=st.binary(max_size=200))
def test_noise_never_does_more_than_fail(data: bytes) -> None:
    whole = message(query_for(), [record(NAME, "A", 1, GOOD)])
    for noise in (data, whole[:12] + data, whole[: len(data)], whole + data):
        try:
            decode_response(noise, 7, NAME, "A")
        except DiscoveryError:
            continue


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64])
def test_what_is_no_host_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(ValueError, match="not a host name"):
        encode_query(7, name, "A")
