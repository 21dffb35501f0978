"""`weir limits rehearse` prints who would have been refused, and when."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from weir.bffs.cli.main import app

PAGE = (Path(__file__).parents[3] / "docs" / "guides" / "plans.md").read_text()
(PRINTED,) = (
    each
    for each in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    if "refused by" in each
)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CONFIG = """
identity:
  api_keys: {file: api-keys.json}
plans:
  free: {quotas: {day: "2 per 1d"}, cost: {budget: "100 per 1h"}}
rate_limits:
  everybody: {rate: "5 per 1s"}
facades:
  web:
    path: ""
    rate_limits:
      each: {rate: "1 per 1s", key: address}
      app: {rate: "1 per 1h", key: "header:x-app"}
      work: {rate: "1 per 1h", unit: cost}
  partner: {path: /partner, plan: {}}
  shop:
    path: /shop
    operations: operations
    rate_limits:
      operation: {rate: "1 per 1h", key: operation}
      search: {rate: "1 per 1h", burst: 2, key: address, operations: [Search]}
upstreams:
  books: {instances: ["http://127.0.0.1:9"], rate_limits: {all: {rate: "1 per 1h"}}}
routes:
  old: {path: /old, respond: {status: 204}, rate_limits: {all: {rate: "1 per 1h"}}}
  new:
    path: /new
    client_type: phone
    respond: {status: 204}
    rate_limits: {all: {rate: "1 per 1h"}}
"""
KEY = {
    "id": "k_1",
    "sha256": "0" * 64,
    "owner": "acme",
    "plan": "free",
    "created": "2026-01-01T00:00:00Z",
}


def request(at_s: float, facade: str = "web", **changed: Any) -> dict[str, Any]:
    ended = NOON + timedelta(seconds=at_s + changed.get("duration_ms", 0) / 1000)
    return {
        "ts": ended.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "event": "request",
        "request_id": f"r{at_s}",
        "client_type": facade,
        "method": "POST",
        "route": "/graphql",
        "code": "",
        "client": "192.0.2.7",
        "duration_ms": 0,
        **changed,
    }


def of_key(at_s: float, route: str = "/partner/graphql") -> list[dict[str, Any]]:
    audit = {"event": "audit", "kind": "access", "request_id": f"r{at_s}"}
    named = {"credential": "api_key", "subject": "acme", "client_id": "k_1"}
    return [{**audit, **named}, request(at_s, "partner", route=route)]


def rehearse(folder: Path, *lines: object) -> tuple[int, list[str]]:
    (folder / "weir.yaml").write_text(CONFIG)
    (folder / "api-keys.json").write_text(json.dumps({"keys": [KEY]}))
    log = folder / "access.jsonl"
    log.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    outcome = CliRunner().invoke(
        app,
        [
            *("limits", "rehearse", "--log", str(log)),
            *("--config", str(folder / "weir.yaml")),
        ],
    )
    return outcome.exit_code, (outcome.stdout + outcome.stderr).splitlines()


LEFT_OUT = [
    'not rehearsed: web "app": the log has no header:x-app',
    'not rehearsed: web "work": the log has no costs',
    'not rehearsed: plans.free "budget": the log has no costs',
    'not rehearsed: upstreams.books "all": the log has no calls of services',
]
ADDRESSES = "no audit lines: callers are counted by their addresses"


def test_refusals_have_their_limit_their_client_and_their_times(
    tmp_path: Path,
) -> None:
    code, lines = rehearse(
        tmp_path,
        *(request(each) for each in (0, 0.5, 0.75, 1, 9)),
        request(0.6, client="192.0.2.8"),
    )

    assert code == 0
    assert lines == [
        '2 refused by web "each": 192.0.2.7, from 2026-11-29T12:00:00.500Z to'
        " 2026-11-29T12:00:00.750Z",
        "6 requests from 2026-11-29T12:00:00.000Z to 2026-11-29T12:00:09.000Z,"
        " 2 refused",
        ADDRESSES,
        *LEFT_OUT,
    ]


def test_a_client_that_goes_on_has_a_back_off(tmp_path: Path) -> None:
    flood = [request(number / 1000) for number in range(150)]

    # A token is there again, but the back-off lasts for a second.
    _, lines = rehearse(tmp_path, *flood, request(1.05))

    assert lines[0] == (
        '150 refused by web "each": 192.0.2.7, from 2026-11-29T12:00:00.001Z to'
        " 2026-11-29T12:00:01.050Z"
    )


def test_requests_are_taken_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    _, lines = rehearse(
        tmp_path,
        request(0.5),
        # It arrived first, and took long.
        request(0, duration_ms=5000),
    )

    assert "2026-11-29T12:00:00.500Z to 2026-11-29T12:00:00.500Z" in lines[0]


def test_the_plan_of_an_api_key_counts_for_its_owner(tmp_path: Path) -> None:
    _, lines = rehearse(
        tmp_path, *(line for each in (0, 60, 120, 180) for line in of_key(each))
    )

    assert lines == [*PRINTED.strip().splitlines(), *LEFT_OUT]


def test_a_request_for_the_use_of_a_plan_takes_nothing_from_it(tmp_path: Path) -> None:
    used = [of_key(each, "/partner/usage") for each in range(4)]

    _, lines = rehearse(tmp_path, *(line for each in used for line in each))

    assert "4 requests from" in lines[0]
    assert lines[0].endswith(", 0 refused")


@pytest.mark.parametrize(("client_type", "route"), [("none", "old"), ("phone", "new")])
def test_routes_and_shared_limits_count_as_well(
    tmp_path: Path, client_type: str, route: str
) -> None:
    plain = [request(each, client_type, route=route) for each in (0, 1)]
    many = [request(100, client=f"192.0.2.{each}") for each in range(8)]

    _, lines = rehearse(tmp_path, *plain, *many)

    assert f'1 refused by routes.{route} "all": all clients' in lines[1]
    assert '3 refused by web "everybody": all clients' in lines[0]


def test_limits_of_operations_count_those_of_the_log(tmp_path: Path) -> None:
    sent = [
        *((0, "Search", "/shop/search"), (1, "Search", "/shop/graphql")),
        *((2, "Title", "/shop/title"), (3, "", "/shop/graphql")),
        *((4, "", "/shop/graphql"), (5, "", "/shop/openapi.json")),
    ]

    _, lines = rehearse(
        tmp_path,
        *(request(at_s, "shop", operation=o, route=r) for at_s, o, r in sent),
    )

    assert lines[0] == (
        '2 refused by shop "operation": all clients, from 2026-11-29T12:00:01.000Z to'
        " 2026-11-29T12:00:04.000Z"
    )
    assert lines[1].endswith(", 2 refused")


def test_other_lines_are_counted_and_nothing_fails(tmp_path: Path) -> None:
    code, lines = rehearse(
        tmp_path,
        request(0),
        request(0.1, method="OPTIONS"),
        request(0.2, code="ADDRESS_NOT_ALLOWED"),
        request(0.3, "gone"),
        "text",
        [1],
        {"event": 5},
        {"event": "breaker_changed"},
        {"event": "request"},
        {"event": "request", "ts": "yesterday"},
    )

    assert code == 0
    assert "1 requests from" in lines[0]
    assert lines[1] == "1 requests of other façades and routes"
    assert lines[2] == "4 lines that are not lines of a log"


def test_a_log_without_requests_is_an_error(tmp_path: Path) -> None:
    code, (line,) = rehearse(tmp_path, {"event": "breaker_changed"})

    assert code == 1
    assert "no line is a request of a façade or route of" in line


@pytest.mark.parametrize("missing", ["weir.yaml", "access.jsonl"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    rehearse(tmp_path, request(0))
    (tmp_path / missing).unlink()

    outcome = CliRunner().invoke(
        app,
        [
            *("limits", "rehearse", "--log", str(tmp_path / "access.jsonl")),
            *("--config", str(tmp_path / "weir.yaml")),
        ],
    )

    assert outcome.exit_code == 2
    assert missing in outcome.stderr
