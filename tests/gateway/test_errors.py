import pytest

from gateway.errors import (
    ROWS,
    BadRequest,
    DeadlineExceeded,
    MethodNotAllowed,
    WeirError,
)
from gateway.headers import Headers


def test_every_class_of_this_module_has_its_row_in_the_table() -> None:
    own = {
        each.row
        for each in WeirError.__subclasses__()
        if each.__module__.endswith("gateway.errors")
    }

    assert own == set(ROWS)
    assert len({row.code for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("seconds", "headers"),
    [
        (None, ()),
        (0.0, ((b"retry-after", b"1"),)),
        (2.1, ((b"retry-after", b"3"),)),
        (30.0, ((b"retry-after", b"30"),)),
    ],
)
def test_a_known_wait_is_told_in_whole_seconds(
    seconds: float | None, headers: Headers
) -> None:
    error = BadRequest()
    error.retry_after_s = seconds

    assert error.response_headers == headers


def test_a_refused_method_names_those_allowed() -> None:
    error = MethodNotAllowed("PUT", ("GET", "HEAD"))

    assert error.response_headers == ((b"allow", b"GET, HEAD"),)


def test_detail_is_public_where_the_fault_is_the_clients_or_in_development() -> None:
    ours = DeadlineExceeded("catalog took 30 s")
    theirs = BadRequest("page is not a number")

    assert ours.public_detail(development=False) == DeadlineExceeded.row.message
    assert ours.public_detail(development=True) == "catalog took 30 s"
    assert theirs.public_detail(development=False) == "page is not a number"
