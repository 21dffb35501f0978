"""What an operator is told of a partial response: services, codes, counts, details."""

from typing import Any

import pytest

from tests.support.executing import executable, fetch, run
from weir.gateway.events import ServiceFailure
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.run.service_failures import MAX_FAILURES
from weir.resolvers.sources.source import Reply

SDL = "type Query { a: String b: String sure: String! }"
PLAN = executable(SDL, "{ a b }", fetch(1, "one", "{ a }"), fetch(2, "two", "{ b }"))
SURE = executable(SDL, "{ sure }", fetch(1, "one", "{ sure }"))


def error(code: Any = None, message: str = "Bad") -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code} if code else {}}


def failure(service: str, code: str, count: int, detail: str) -> ServiceFailure:
    return ServiceFailure(service=service, code=code, count=count, detail=detail)


@pytest.mark.parametrize("masked", [True, False])
async def test_each_service_and_code_is_one_failure_with_its_own_text(
    *, masked: bool
) -> None:
    errors = (error("X", "host db-1"), error("X", "later"), error("Y"), error())
    replies: dict[str, Any] = {
        "one": Reply(data={"a": None}, errors=errors),
        "two": HttpError(503),
    }

    result = await run(PLAN, replies, masked=masked)

    assert result.failures == (
        failure("one", "X", 2, "host db-1"),
        failure("one", "Y", 1, "Bad"),
        failure("one", "DOWNSTREAM_SERVICE_ERROR", 1, "Bad"),
        failure(
            "two", "SUBREQUEST_HTTP_ERROR", 1, "The service responded with status 503."
        ),
    )


async def test_an_operation_without_errors_has_none() -> None:
    result = await run(PLAN, {"one": {"a": "A"}, "two": {"b": "B"}})

    assert result.failures == ()


async def test_an_error_of_the_response_itself_belongs_to_no_service() -> None:
    result = await run(SURE, {"one": {"sure": None}})

    (found,) = result.failures
    assert (found.service, found.count) == ("", 1)


async def test_the_failures_of_a_reply_are_bounded() -> None:
    errors = (
        *(error(f"CODE{number}") for number in range(90)),
        *(error("CODE0", "x" * 10_000) for _ in range(9)),
        error("not a code"),
    )

    result = await run(PLAN, {"one": Reply(data={"a": None}, errors=errors), "two": {}})

    assert len(result.failures) == MAX_FAILURES
    assert result.failures[0] == failure("one", "CODE0", 10, "Bad")
    assert all(len(each.detail) <= 200 for each in result.failures)
