import inspect

from gateway.transport import errors
from gateway.transport.errors import ROWS, UpstreamError, UpstreamFailure

CONCRETE = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, UpstreamError)
    and error not in (UpstreamError, UpstreamFailure)
]


def test_each_error_has_a_row_of_its_own_and_each_row_an_error() -> None:
    assert sorted(error.row.code for error in CONCRETE) == sorted(
        row.code for row in ROWS
    )
