"""The bounds on the number and the size of errors."""

from typing import Any

from tests.support.executing import (
    run,
)
from tests.support.reported_errors import (
    ANYWHERE,
    JOINED,
    A,
    B,
    dotted,
    failing,
    product,
    reported,
)
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.response.error_report import MAX_ERRORS_PER_CALL
from weir.resolvers.sources.source import Reply


async def test_of_very_many_fields_the_rest_is_one_error_that_counts_them() -> None:
    products = [product(str(n)) for n in range(50)]

    result = await run(
        JOINED, {"catalog": {"products": products}, "names": HttpError(503)}
    )

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1
    last = result.errors[-1]
    assert last["path"] == ["items"]
    assert last["extensions"]["count"] == 150 - MAX_ERRORS_PER_CALL


async def test_errors_that_were_not_read_explain_the_nulls_of_their_call() -> None:
    many = [product(str(n)) for n in range(500)]
    reply = Reply(
        data={"_entities": [{"name": None, "maker": None}] * 500},
        errors=tuple(
            {"message": "Bad", "path": ["_entities", n, "name"]} for n in range(20)
        ),
        omitted_errors=480,
    )

    result = await run(JOINED, {"catalog": {"products": many}, "names": reply})

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1
    assert [error["message"] for error in result.errors[38:42]] == [
        "Bad",
        "Bad",
        "A service failed to return its part of the data.",
        "A service failed to return its part of the data.",
    ]
    # All three fields of every other product are null, and perhaps for that reason.
    rest = 40 + 20 + 480 * 3 - MAX_ERRORS_PER_CALL
    assert result.errors[-1]["extensions"]["count"] == rest
    assert dotted(result.errors[-1:]) == ["items"]


async def test_errors_that_were_not_read_are_counted_where_nothing_is_null() -> None:
    reply = Reply(
        data={"_entities": [{"name": "A", "maker": {"name": "M"}}] * 2},
        errors=({"message": "Bad", "path": ["_entities", 0, "name"]},),
        omitted_errors=59_999,
    )

    errors, _ = await reported(reply)

    assert dotted(errors)[-1] == "items"
    assert errors[-1]["extensions"]["count"] == 59_999


async def test_an_error_in_thousands_of_places_is_looked_for_in_some() -> None:
    alike = [product("1") for _ in range(5_000)]
    error = {"message": "Bad", "path": ["_entities", 0, "name"]}
    reply = Reply(
        data={"_entities": [{"name": None, "maker": None}]}, errors=(error,) * 100
    )

    result = await run(JOINED, {"catalog": {"products": alike}, "names": reply})

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1


async def test_errors_without_a_path_are_bounded_as_well() -> None:
    reply = Reply(data={"_entities": [A, B]}, errors=({"message": "Bad"},) * 500)

    errors, _ = await reported(reply)

    assert len(errors) == MAX_ERRORS_PER_CALL + 1
    # The first one explains three nulls, and is repeated at each.
    assert errors[-1]["extensions"]["count"] == 502 - MAX_ERRORS_PER_CALL


async def test_paths_of_any_length_and_texts_of_any_size_are_bounded() -> None:
    reply = failing(
        ["_entities", 0, *["name"] * 60_000],
        A,
        B,
        message="x" * 100_000,
        extensions={"code": "BIG", "text": "x" * 100_000},
    )

    errors, _ = await reported(reply)

    assert [error["path"] for error in errors] == ANYWHERE
    assert len(errors[0]["message"]) < 5_000
    assert errors[0]["extensions"] == {"code": "BIG", "serviceName": "names"}


async def test_extensions_deeper_than_our_encoder_writes_are_left_out() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]

    errors, _ = await reported(
        failing(["_entities", 1], A, None, extensions={"code": "X", "deep": deep})
    )

    assert errors[0]["extensions"] == {"code": "X", "serviceName": "names"}
