"""The parts of a service's errors that a client gets."""

import pytest

from tests.support.reported_errors import A, failing, reported
from weir.gateway.json_types import JSONObject
from weir.resolvers.sources.exposure import ErrorExposure
from weir.resolvers.sources.source import Reply

MASKED: list[tuple[JSONObject, JSONObject]] = [
    ({}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": {"code": "NOT_FOUND", "sql": "x"}}, {"code": "NOT_FOUND"}),
    ({"extensions": {"code": "secret text!"}}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": {"code": 3}}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": "x"}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
]


@pytest.mark.parametrize(("extra", "expected"), MASKED)
async def test_masked_errors_have_only_a_code(
    extra: JSONObject, expected: JSONObject
) -> None:
    errors, _ = await reported(failing(["_entities", 1], A, None, **extra), masked=True)

    extensions: JSONObject = {**expected, "serviceName": "names"}
    assert errors == [
        {
            "message": "A service failed to return its part of the data.",
            "path": ["items", 1, field],
            "extensions": extensions,
        }
        for field in ("title", "again", "maker")
    ]


async def test_unmasked_errors_keep_their_extensions() -> None:
    given = {"code": "NOT_FOUND", "sql": "x"}

    errors, _ = await reported(failing(["_entities", 1], A, None, extensions=given))

    assert errors[0]["extensions"] == {**given, "serviceName": "names"}


async def test_texts_written_for_clients_are_not_masked() -> None:
    reply = Reply(
        data={"_entities": [A, None]},
        errors=({"message": "No such product."},),
        safe_errors=True,
    )

    errors, _ = await reported(reply, masked=True)

    assert errors[0]["message"] == "No such product."


EXPOSURE = ErrorExposure(frozenset({"NOT_FOUND"}), frozenset({"field"}))


@pytest.mark.parametrize(
    ("given", "message", "shown"),
    [
        (
            {"code": "NOT_FOUND", "field": "upc", "stacktrace": ["x"]},
            "Bad",
            {"code": "NOT_FOUND", "field": "upc"},
        ),
        ({"code": "NOT_FOUND"}, "Bad", {"code": "NOT_FOUND"}),
        (
            {"code": "INTERNAL_SERVER_ERROR", "field": "upc"},
            "A service failed to return its part of the data.",
            {"code": "INTERNAL_SERVER_ERROR"},
        ),
        (
            {"field": "upc"},
            "A service failed to return its part of the data.",
            {"code": "DOWNSTREAM_SERVICE_ERROR"},
        ),
    ],
)
async def test_clients_get_the_texts_of_exposed_codes_and_chosen_extensions(
    given: JSONObject, message: str, shown: JSONObject
) -> None:
    error: JSONObject = {"message": "Bad", "extensions": given}
    reply = Reply(data={"_entities": [A, None]}, errors=(error,), exposure=EXPOSURE)

    errors, _ = await reported(reply, masked=True)

    assert errors[0]["message"] == message
    assert errors[0]["extensions"] == {**shown, "serviceName": "names"}
