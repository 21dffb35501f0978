"""The refusals of rate limits in the audit log: few lines, and no lost count."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import RateLimitRefused
from weir.gateway.telemetry.log.audit_log import AuditSink
from weir.gateway.telemetry.log.refused_clients import MAX_CLIENTS, RefusedClients


def refused(address: str, **fields: str) -> RateLimitRefused:
    return structs.replace(events.REFUSED, client_address=address, **fields)


ADA, BOB = refused("192.0.2.1"), refused("192.0.2.2")


class Audit:
    """An audit log, and its lines."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.lines: list[dict[str, Any]] = []
        self.sink = AuditSink(lambda line: self.lines.append(orjson.loads(line)), self)
        self.monotonic_s, self.epoch_s = self.clock.monotonic_s, self.clock.epoch_s

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(each["client"][-1:], each["count"]) for each in self.lines]


def test_a_line_names_the_limit_and_the_client() -> None:
    audit = Audit()
    audit.sink.emit(
        refused("192.0.2.7", method="jwt", subject="ada", issuer="i", client_id="app")
    )

    (line,) = audit.lines
    assert line.pop("ts")
    assert line == {
        "event": "audit",
        "kind": "limit",
        "outcome": "refused",
        "code": "RATE_LIMITED",
        "scope": "web",
        "limit": "address",
        "count": 1,
        "credential": "jwt",
        "subject": "ada",
        "issuer": "i",
        "client_id": "app",
        "client": "192.0.2.7",
    }


def test_a_flood_has_one_line_at_once_and_one_a_minute() -> None:
    audit = Audit()
    for second in range(180):
        for _ in range(10):
            audit.sink.emit(ADA)
        if second == 30:
            audit.sink.emit(BOB)
        audit.clock.advance(1)
    audit.sink.close()

    assert audit.counts == [("1", 1), ("2", 1), ("1", 599), ("1", 600), ("1", 600)]


def test_what_was_counted_is_written_with_the_next_line_of_any_kind() -> None:
    audit = Audit()
    audit.sink.emit(ADA)
    audit.sink.emit(ADA)
    audit.clock.advance(61)
    audit.sink.emit(events.SECURITY)

    assert [each["kind"] for each in audit.lines] == ["limit", "limit", "connection"]


def test_the_addresses_of_one_network_are_one_client() -> None:
    audit = Audit()
    for number in range(1000):
        audit.sink.emit(refused(f"2001:db8::{number:x}"))

    assert len(audit.lines) == 1


def test_many_clients_have_a_bounded_number_of_lines_and_none_is_lost() -> None:
    audit = Audit()
    for number in range(3 * MAX_CLIENTS):
        audit.sink.emit(refused(f"10.0.{number // 250}.{number % 250}"))
    audit.sink.close()

    assert len(audit.lines) == MAX_CLIENTS + 2
    assert sum(each["count"] for each in audit.lines) == 3 * MAX_CLIENTS
    assert audit.lines[-1]["client"] == ""
    assert audit.lines[-1]["count"] == 2 * MAX_CLIENTS - 1


@given(st.lists(st.tuples(st.sampled_from([ADA, BOB]), st.floats(0, 50)), max_size=60))
def test_the_counts_add_up(requests: list[tuple[RateLimitRefused, float]]) -> None:
    written: list[tuple[RateLimitRefused, int]] = []
    clients, now_s = RefusedClients(lambda *each: written.append(each)), 0.0
    for event, passed_s in requests:
        now_s += passed_s
        clients.add(event, now_s)
    clients.flush()

    for client in (ADA, BOB):
        expected = sum(each is client for each, _ in requests)
        assert sum(count for each, count in written if each is client) == expected
