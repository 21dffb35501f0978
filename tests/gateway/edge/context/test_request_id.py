import pytest

from weir.gateway.edge.context.request_id import well_formed_request_id


@pytest.mark.parametrize(
    "value", [b"a", b"7f9c2e", b"req-1_2.3:4/5=6@7~8+9", b"x" * 128]
)
def test_a_well_formed_id_is_taken(value: bytes) -> None:
    assert well_formed_request_id(value) == value.decode()


@pytest.mark.parametrize(
    "value",
    [b"", b"x" * 129, b"a b", b"a\nb", b'a"b', b"a\\b", b"a,b", "ä".encode(), b"a\n"],
)
def test_an_id_that_needs_escaping_or_is_too_long_is_not(value: bytes) -> None:
    assert well_formed_request_id(value) is None
