"""The error table's rows of this package."""

import resolvers.errors
from gateway.errors import WeirError
from resolvers.errors import ROWS


def test_each_error_has_a_row_of_the_table() -> None:
    errors = [
        each
        for each in vars(resolvers.errors).values()
        if isinstance(each, type) and issubclass(each, WeirError)
    ]

    assert all(each.row in ROWS for each in errors if each is not WeirError)


def test_codes_are_unique() -> None:
    assert len({row.code for row in ROWS}) == len(ROWS)
