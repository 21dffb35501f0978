"""The members of the lines in docs/guides/log.md are those that the log writes."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec import structs
from ruamel.yaml import YAML

from tests.support import events
from tests.support.controlled_app import CONFIG, controlled_app
from tests.support.fake_clock import FakeClock
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.telemetry.log import log_encoder
from weir.gateway.events import (
    ControlDecision,
    Event,
    HealthEndpointMissing,
    SdlCopyUsed,
    ServiceFailure,
)
from weir.gateway.telemetry.log.json_log import JsonLogSink
from weir.gateway.telemetry.log.members import ALWAYS, MEMBERS
from weir.gateway.telemetry.objective import CurrentObjectives
from weir.gateway.telemetry.requests.explanation import Explanation
from weir.gateway.telemetry.requests.recorder import RequestRecorder
from weir.gateway.telemetry.requests.slow_line import slow_members

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "log.md").read_text()
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(LEVELS,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
FAILURE = ServiceFailure(service="reviews", code="TIMEOUT", count=7, detail="late")
FULL: tuple[Event, ...] = (
    structs.replace(
        events.REQUEST,
        client_name="shop",
        client_version="1",
        cut_off=True,
        failures=(FAILURE,),
    ),
    structs.replace(events.BREAKER, client="192.0.2.1"),
    structs.replace(events.EXCEEDED, subgraph="books"),
    structs.replace(events.UNKNOWN, client_name="shop", client_version="1"),
    HealthEndpointMissing(upstream="books", url="http://b/health", status=404),
    SdlCopyUsed(subgraph="books", sha256="ab", age_s=1.0, reason="no response"),
    ControlDecision(
        outcome="allowed",
        method="PUT",
        path="/",
        token="",
        client_address="",
        status=200,
        reason="",
    ),
)


def written(*emitted: Event) -> list[dict[str, Any]]:
    lines: list[bytes] = []
    sink = JsonLogSink(lines.append, FakeClock())
    for event in emitted:
        if sink.receiver(type(event)):
            sink.emit(event)
    return [orjson.loads(line) for line in lines]


def slow_request() -> dict[str, Any]:
    logged: list[Explanation] = []
    recorder = RequestRecorder(
        FakeClock(),
        lambda *_: None,
        lambda slow, _: logged.append(slow),
        CurrentObjectives(),
    )
    recorder.emit(structs.replace(events.REQUEST, ended_s=99.0))
    recorder.retain()
    return slow_members(logged[0], ["web"])


def test_the_table_has_each_member_of_each_line() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for line in written(*events.ALL, *FULL):
        found[line["event"]] |= line.keys() - ALWAYS
    listed = {name: set(re.findall(r"`(\w+)`", row)) for name, row in ROWS.items()}
    of_records = listed.pop("log")
    found["slow_request"] = slow_request().keys() - ALWAYS

    assert listed == found
    assert set().union(of_records, *found.values()) == MEMBERS


def test_the_redacted_parts_are_in_no_line(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(CONFIGURATIONS[1])
    encode = log_encoder(load_config(tmp_path / "weir.yaml", {}).config.log)
    lines: list[bytes] = []
    sink = JsonLogSink(lines.append, FakeClock(), encode)

    sink.emit(FULL[0])

    (line,) = map(orjson.loads, lines)
    assert "client" not in line
    assert line["client_name"] == "shop"
    assert line["failures"] == [{"service": "reviews", "code": "TIMEOUT", "count": 7}]


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("redact: [ts]", "each line has `ts`, which cannot be left out"),
        ("redact: [headers.cookie]", "no line has a member 'headers'"),
        ('redact: ["*"]', "name the member"),
        ("redact: [failures..detail]", "expected a path such as"),
        ("successes: 0.1", 'write a share as a percentage, such as "20%"'),
    ],
)
def test_a_wrong_value_is_an_error_with_its_place(
    tmp_path: Path, log: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"log: {{{log}}}\n")

    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert message in str(error.value)
    assert "weir.yaml:1" in str(error.value)


async def test_successes_without_a_line_are_counted_by_the_metrics(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    config = CONFIG + "log: {successes: 0%, redact: [client, failures.*.detail]}\n"
    failed = structs.replace(events.REQUEST, status=500)
    async with controlled_app(tmp_path, config) as running:
        for event in (events.REQUEST, failed):
            running.app.sink.emit(event)
        metrics = await running.control.get("/metrics")

    lines = map(orjson.loads, capfdbinary.readouterr().out.splitlines())
    requests = [line for line in lines if line["event"] == "request"]
    assert [each["status"] for each in requests] == [500]
    assert "client" not in requests[0]
    assert metrics.text.count("\ngateway_requests_total{") == 2


async def test_the_levels_are_shown_as_on_the_page(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as running:
        url = "/log/levels/shop.resolvers"
        changed = await running.control.put(url, json={"level": "debug"})
        await running.control.put(url, json={"level": None})

    shown = changed.json()["loggers"]
    assert all(each in shown for each in orjson.loads(LEVELS)["loggers"])
    assert url in PAGE


@pytest.mark.parametrize("name", ["fluent-bit.yaml", "vector.yaml"])
def test_the_shippers_read_the_time_that_lines_have(name: str) -> None:
    folder = Path(__file__).parents[2] / "deploy" / "logs"
    read = YAML(typ="safe").load((folder / name).read_text())

    assert re.search(r"\bts\b", str(read))
    assert "${WEIR_LOG}" in str(read)
