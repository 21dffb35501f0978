from typing import Any

import pytest

from weir.gateway.errors import (
    BadRequest,
    DeadlineExceeded,
    ErrorRow,
    Fault,
    MethodNotAllowed,
    WeirError,
)
from weir.gateway.headers import Headers


class TeapotError(
    WeirError, code="TEAPOT", fault=Fault.CLIENT, status=418, title="I am a teapot."
): ...


class SmallTeapotError(TeapotError): ...


def test_a_class_declares_its_row_in_its_head() -> None:
    assert TeapotError.row == ErrorRow(
        code="TEAPOT",
        fault=Fault.CLIENT,
        status=418,
        retryable=False,
        title="I am a teapot.",
    )
    assert TeapotError().detail == "I am a teapot."


def test_a_class_without_a_code_has_the_row_of_its_base() -> None:
    assert SmallTeapotError.row is TeapotError.row


@pytest.mark.parametrize(
    "row",
    [
        {"code": "TEAPOT", "fault": Fault.CLIENT, "status": 418},
        {"status": 418, "title": "I am a teapot."},
    ],
)
def test_half_a_row_is_rejected(row: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="code, fault, status and title"):
        type("HalfError", (WeirError,), {}, **row)


def test_a_labelled_error_is_a_copy() -> None:
    shared = MethodNotAllowed("POST", ("GET", "HEAD"))
    shared.__cause__ = OSError("refused")

    labelled = shared.labelled("canary")

    assert (labelled.operation, shared.operation) == ("canary", "")
    assert type(labelled) is MethodNotAllowed
    assert labelled.response_headers == shared.response_headers
    assert (labelled.detail, labelled.args) == (shared.detail, shared.args)
    assert labelled.__cause__ is shared.__cause__


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

    assert ours.public_detail(development=False) == DeadlineExceeded.row.title
    assert ours.public_detail(development=True) == "catalog took 30 s"
    assert theirs.public_detail(development=False) == "page is not a number"


def test_the_frames_of_an_error_in_a_cycle_of_causes_are_dropped() -> None:
    error, cause = TeapotError(), ValueError()
    with pytest.raises(TeapotError) as raised:
        raise error from cause
    cause.__cause__ = error

    assert raised.value.without_frames().__traceback__ is None
    assert cause.__cause__ is error
