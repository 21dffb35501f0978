"""Records of the logging module in the JSON log."""

import json
import logging
from collections.abc import Iterator
from logging.config import dictConfig

import pytest

from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.log.log_records import JsonLogHandler


@pytest.fixture
def lines() -> list[bytes]:
    return []


@pytest.fixture
def handler(lines: list[bytes]) -> Iterator[JsonLogHandler]:
    root = logging.getLogger()
    before = tuple(root.handlers)
    handler = JsonLogHandler(lines.append, FakeClock())
    handler.attach()
    yield handler
    root.handlers[:] = before


def test_texts_that_are_not_unicode_are_escaped(
    handler: JsonLogHandler, lines: list[bytes]
) -> None:
    error = ValueError("\ud800")
    about = (ValueError, error, None)
    # Not by a logger, as pytest cannot pass on such a text.
    handler.handle(
        logging.LogRecord("weir.test", logging.ERROR, "", 0, "failed", (), about)
    )

    (line,) = map(json.loads, lines)
    assert line["message"] == "failed"
    assert line["exception"].endswith("ValueError: \\ud800\n")


@pytest.mark.usefixtures("handler")
def test_a_wrong_format_is_not_an_error_of_the_caller(
    lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)

    logging.getLogger("weir.test").error("%d", "text")

    assert lines == []


def test_a_module_that_configures_logging_leaves_the_log_complete(
    handler: JsonLogHandler, lines: list[bytes]
) -> None:
    own = logging.getLogger("weir.test")
    other = logging.getLogger("other")
    dictConfig({"version": 1, "root": {"handlers": []}})
    try:
        assert own.disabled

        handler.attach()
        handler.attach()
        own.error("here")

        assert [json.loads(line)["message"] for line in lines] == ["here"]
        assert other.disabled
    finally:
        for name in logging.root.manager.loggerDict:
            logging.getLogger(name).disabled = False


def test_a_record_has_its_trace_or_else_the_current_one(lines: list[bytes]) -> None:
    current = {"trace_id": "c" * 32, "span_id": "c" * 16}
    handler = JsonLogHandler(lines.append, FakeClock(), lambda: current)
    own = {"trace_id": "a" * 32, "span_id": "b" * 16}
    for extra in (own, {}):
        values = {"msg": "failed", **extra}
        handler.handle(logging.makeLogRecord(values))

    found = [json.loads(line) for line in lines]
    assert [
        {name: line[name] for name in ("trace_id", "span_id")} for line in found
    ] == [own, current]


def test_without_traces_a_record_has_no_ids(
    handler: JsonLogHandler, lines: list[bytes]
) -> None:
    handler.handle(logging.makeLogRecord({"msg": "failed"}))

    assert "trace_id" not in json.loads(lines[0])
