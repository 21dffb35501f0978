"""Reports to Sentry: unexpected exceptions alone, scrubbed, and not too many."""

import logging
from collections.abc import Callable, Mapping

import pytest

from tests.support.conditions import until
from tests.support.sentry_receiver import sentry_receiver
from weir.gateway.telemetry.sentry import SentryReports, scrubbed

IDS = {"trace_id": "a" * 32, "span_id": "3" * 16}


def record(
    name: str = "weir.resolvers",
    level: int = logging.ERROR,
    error: Exception | None = None,
    ids: Mapping[str, str] | None = None,
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "f", 1, "request %s failed", ("r1",), None)
    if error is not None:
        made.exc_info = (type(error), error, error.__traceback__)
    vars(made).update(ids or {})
    return made


def raised() -> ValueError:
    try:
        int("http://user:s3cret@host/?key=s3cret")
    except ValueError as error:
        return error
    raise AssertionError


async def test_an_exception_is_an_event_with_its_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENTRY_RELEASE", "shop@7")
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "staging")
    async with sentry_receiver() as receiver:
        reports = SentryReports(receiver.dsn)
        reports.handle(record(error=raised(), ids=IDS))
        await until(lambda: bool(receiver.events))
        reports.shut_down()

    (event,) = receiver.events
    (exception,) = event["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert "http://***@host/?key=***" in exception["value"]
    assert exception["stacktrace"]["frames"][-1]["function"] == "raised"
    assert event["contexts"]["trace"] == IDS
    assert (event["release"], event["environment"]) == ("shop@7", "staging")
    assert event["logentry"]["formatted"] == "request r1 failed"
    assert b"s3cret" not in receiver.received
    assert "request" not in event
    assert "breadcrumbs" not in event or not event["breadcrumbs"]["values"]
    assert dict(reports.counts())[("reported",)] == 1


@pytest.mark.parametrize(
    "expected",
    [
        lambda: record(),
        lambda: record(level=logging.WARNING, error=raised()),
        lambda: record(name="shop.resolvers", error=raised()),
        lambda: record(name="weirdly.named", error=raised()),
    ],
)
def test_what_is_not_unexpected_is_not_reported(
    expected: Callable[[], logging.LogRecord],
) -> None:
    reports = SentryReports("http://key@127.0.0.1:1/1")
    logger = logging.getLogger("tests.sentry")
    logger.addHandler(reports)

    logger.handle(expected())

    logger.removeHandler(reports)
    assert dict(reports.counts()) == {("reported",): 0, ("dropped",): 0}


async def test_many_exceptions_at_once_are_dropped_and_counted() -> None:
    async with sentry_receiver() as receiver:
        reports = SentryReports(receiver.dsn)
        for _ in range(500):
            reports.handle(record(error=raised()))
        await until(lambda: len(receiver.events) >= 5)
        reports.shut_down()

    outcomes = dict(reports.counts())
    assert sum(outcomes.values()) == 500
    assert len(receiver.events) == outcomes["reported",] <= 20


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:pass@host:6379", "redis://***@host:6379"),
        ("x " * 5000, "x " * 510 + "x"),
        # Secrets that begin within the limit, and end beyond it.
        ("x" * 1000 + " http://user:password-of-host@host/", "x" * 1000),
        ("x" * 1000 + " eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "x" * 1000),
        (
            "x" * 1000 + " {'password': 'the words of a secret'}",
            "x" * 1000 + " {'password': ***",
        ),
        ("x" * 5000, ""),
    ],
)
def test_a_text_is_cut_and_masked(text: str, shown: str) -> None:
    assert scrubbed(text) == shown
