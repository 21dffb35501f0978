import orjson
import pytest
from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import ControlDecision, Event, SecurityDecision
from weir.gateway.telemetry.log.audit_log import AuditSink

DENIED = SecurityDecision(
    request_id="r1",
    decision="denied",
    reason="FORBIDDEN",
    method="jwt",
    subject="ann",
    issuer="https://issuer.test",
    client_id="shop",
    client_address="192.0.2.7",
    client_type="web",
    rule="directives",
    request_method="POST",
    route="/web/graphql",
    operation="Salaries",
    fields=("Employee.salary",),
)
CONTROL = ControlDecision(
    outcome="allowed",
    method="POST",
    path="/reload",
    token="deploy",  # noqa: S106 - its name
    client_address="127.0.0.1",
    status=200,
    reason="",
)
LINES = [
    (
        DENIED,
        {
            "kind": "access",
            "outcome": "denied",
            "code": "FORBIDDEN",
            "rule": "directives",
            "request_id": "r1",
            "credential": "jwt",
            "subject": "ann",
            "issuer": "https://issuer.test",
            "client_id": "shop",
            "client": "192.0.2.7",
            "client_type": "web",
            "method": "POST",
            "route": "/web/graphql",
            "operation": "Salaries",
            "fields": ["Employee.salary"],
        },
    ),
    (
        events.SECURITY,
        {"kind": "connection", "outcome": "refused", "code": "BAD_REQUEST"},
    ),
    (
        CONTROL,
        {
            "kind": "control",
            "outcome": "allowed",
            "code": "",
            "token": "deploy",
            "client": "127.0.0.1",
            "method": "POST",
            "path": "/reload",
            "status": 200,
        },
    ),
    (
        events.GENERATION,
        {"kind": "generation", "outcome": "changed", "before": "g1", "after": "g2"},
    ),
    (
        events.REJECTED,
        {
            "kind": "generation",
            "outcome": "rejected",
            "reason": "weir.yaml:3: unknown key",
        },
    ),
]


def written(event: Event) -> dict[str, object]:
    lines: list[bytes] = []
    AuditSink(lines.append, FakeClock(0.25)).emit(event)
    (line,) = lines
    assert b"\n" not in line
    found: dict[str, object] = orjson.loads(line)
    return found


@pytest.mark.parametrize(("event", "fields"), LINES)
def test_a_decision_is_one_line(event: Event, fields: dict[str, object]) -> None:
    assert AuditSink(lambda _: None, FakeClock()).receiver(type(event))
    assert written(event) == {
        "ts": "2025-06-15T15:06:40.250Z",
        "event": "audit",
        **fields,
    }


def test_requests_are_not_audited() -> None:
    assert not AuditSink(lambda _: None, FakeClock()).receiver(type(events.REQUEST))


def test_claims_that_are_not_unicode_are_escaped() -> None:
    line = written(structs.replace(DENIED, subject="a\ud800\n"))

    assert line["subject"] == "a\\ud800\n"
    assert line["fields"] == ["Employee.salary"]


def test_a_line_is_bounded() -> None:
    many = tuple(f"T.f{number}" for number in range(1000))
    line = written(
        structs.replace(
            DENIED,
            subject="s" * 10_000,
            client_id="c" * 10_000,
            operation="o" * 10_000,
            fields=many,
        )
    )

    assert line["subject"] == "s" * 1024
    assert line["fields"] == list(many[:50])
    assert line["fields_omitted"] == 950
    assert len(orjson.dumps(line)) < 6000
