"""The form of the lines of the log, and the requests that have one."""

from collections.abc import Sequence
from random import Random

from weir.bffs.config.model.telemetry.log import LogSection
from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.routes.json_rules.path import parse_path
from weir.gateway.routes.json_rules.selection import Selection
from weir.gateway.telemetry.log.json_log import (
    Encode,
    JsonLogSink,
    Line,
    Timestamps,
    WriteLine,
    encoded,
)
from weir.gateway.telemetry.log.success_sample import SuccessSample
from weir.gateway.telemetry.requests.explanation import Explanation
from weir.gateway.telemetry.requests.slow_line import LogSlow, slow_members


def log_encoder(section: LogSection) -> Encode:
    """Return the function that encodes lines without the redacted parts."""
    if not section.redact:
        return encoded
    redacted = Selection(map(parse_path, section.redact))

    def encode(line: Line) -> bytes:
        redacted.remove_from(line)
        return encoded(line)

    return encode


def slow_log(write: WriteLine, clock: Clock, encode: Encode) -> LogSlow:
    """Return the function that writes the lines of slow requests."""
    timestamps = Timestamps(clock)

    def log(slow: Explanation, missed: Sequence[str]) -> None:
        write(encode({"ts": timestamps.text(), **slow_members(slow, missed)}))

    return log


def log_sink(
    section: LogSection, write: WriteLine, clock: Clock, encode: Encode
) -> EventSink:
    """Return the sink that writes lines of events."""
    log = JsonLogSink(write, clock, encode)
    if section.successes == 1:
        return log
    return SuccessSample(log, section.successes, Random())  # noqa: S311 - no secret
