"""Costs over recorded services: those of the services, and without a network."""

import asyncio
import re
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from weir.bffs.budget.json_list import read_list
from weir.bffs.budget.measurement import Measurement
from weir.bffs.cli.main import app
from weir.testing import ServiceRequest, ServiceResponse, graphql_service

SDL = """
type Query { films(first: Int = 40): [Film!]! }
type Film { id: ID! name: String! badges: [Badge!]! }
type Badge { text: String! color: String! }
"""
FILMS = [
    {
        "id": f"{number}",
        "name": f"Füm {number}",
        "badges": [{"text": "New", "color": "#ff0000"}],
    }
    for number in range(40)
]
CONFIG = """
upstreams:
  catalog: {{instances: ["{url}"]}}
  same: {{instances: ["{url}/"]}}
subgraphs:
  catalog: {{upstream: catalog}}
  others: {{upstream: same, sdl: others.graphql}}
facades:
  mobile: {{path: /mobile, operations: operations}}
"""
HOME = "query Home { films { ...Tile } }\nfragment Tile on Film { id name %s }"
BADGES = "badges { text color }"


@contextmanager
def catalog() -> Generator[str]:
    """Serve the catalog over a socket; yield its URL."""
    service = graphql_service(SDL, {"films": FILMS})

    async def responded(request: ServiceRequest) -> ServiceResponse:
        return await service(request)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = ServiceRequest("POST", self.path, {}, body)
            found: Any = asyncio.run(responded(request)).body
            if "_service" in body.decode():
                found = {"data": {"_service": {"sdl": SDL}}}
            sent = orjson.dumps(found)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("set-cookie", "session=secret")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - of the base
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def weir(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, ["budget", *arguments])
    return outcome.exit_code, outcome.output


def saved(file: str) -> list[Measurement]:
    return read_list(Path(file), Measurement, "--save")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("operations").mkdir()
    Path("others.graphql").write_text("type Query { others: Int }")


def write(fields: str, url: str = "") -> None:
    Path("operations/home.graphql").write_text(HOME % fields)
    if url:
        Path("weir.yaml").write_text(CONFIG.format(url=url))


def test_a_field_of_a_fragment_is_named_with_its_bytes_without_services() -> None:
    with catalog() as url:
        write("", url)
        first = weir("--recorded", "before.json", "--save", "live.json")
        write(BADGES)
        second = weir("--recorded", "after.json")
    # The service is down from here.
    write("")
    third = weir("--recorded", "before.json", "--save", "replayed.json")
    write(BADGES)
    code, output = weir(
        *("--recorded", "after.json", "--against", "replayed.json", "--explain"),
        *("--save", "grown.json"),
    )

    assert (first[0], second[0], third[0], code) == (0, 0, 0, 0), output
    (live,), (before,), (after,) = map(
        saved, ("live.json", "replayed.json", "grown.json")
    )
    assert (before.bytes, before.gzip, before.upstream_bytes) == (
        *(live.bytes, live.gzip, live.upstream_bytes),
    )
    named = re.search(r"\+([\d.]+) kB  Film\.badges \(catalog\)  films\.badges", output)
    assert named, output
    added = sum(len(orjson.dumps({"badges": each["badges"]})) - 1 for each in FILMS)
    assert after.bytes - before.bytes == added
    assert float(named[1]) * 1000 == pytest.approx(added, rel=0.02)
    assert "mobile Home: " in output


def test_a_recording_has_no_cookies_and_readable_texts() -> None:
    with catalog() as url:
        write("", url)
        assert weir("--recorded", "services.json")[0] == 0

    text = Path("services.json").read_text()
    assert "secret" not in text
    assert "Füm 3" in text
    assert url not in text


def test_a_request_that_is_not_recorded_is_named() -> None:
    with catalog() as url:
        write("", url)
        assert weir("--recorded", "services.json")[0] == 0
    write(BADGES)

    code, output = weir("--recorded", "services.json")
    Path("services.json").write_text("[]")
    unknown, of_start = weir("--recorded", "services.json")

    assert (code, unknown) == (1, 1)
    assert "services.json has no response for: catalog: Home" in output
    assert "services.json has no response for: catalog: POST /graphql" in of_start


def entry(**changes: object) -> dict[str, object]:
    return {
        "upstream": "catalog",
        "method": "POST",
        "path": "/graphql",
        "request": "",
        "status": 200,
        "headers": [["content-type", "application/json"]],
        "body": "{}",
        **changes,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "s.json: cannot be read: it is not UTF-8"),
        (b"", "s.json:1:1: is not JSON"),
        (b"[" * 100_000, "is not JSON: depth limit exceeded"),
        ({}, "Expected `array`, got `object`"),
        ([{"request": ""}], "Object missing required field `upstream`"),
        ([entry(status=99_999)], "Expected `int` <= 599"),
        ([entry(status=100)], "Expected `int` >= 200"),
        ([entry(headers=[["x", "\U0001f600"]])], "Expected `str` matching regex"),
        ([entry(headers=[["x", "a\r\nb: c"]])], "Expected `str` matching regex"),
        ([entry(headers=[["a b", "c"]])], "Expected `str` matching regex"),
        ([entry(headers=[["x"]])], "Expected `array` of length 2, got 1"),
    ],
    ids=range(11),
)
def test_a_file_that_is_not_a_recording_has_an_error(
    content: object, message: str
) -> None:
    write("", "http://127.0.0.1:9")
    data = content if isinstance(content, bytes) else orjson.dumps(content)
    Path("s.json").write_bytes(data)

    code, output = weir("--recorded", "s.json")

    assert code != 0
    assert message in " ".join(output.split())
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--recorded operations", "operations: cannot be read"),
        ("--recorded weir.yaml", "weir.yaml:2:1: is not JSON"),
        ("--recorded none.json", "(called http://127.0.0.1:9/graphql)"),
    ],
)
def test_wrong_input_has_an_error(arguments: str, message: str) -> None:
    write("", "http://127.0.0.1:9")

    code, output = weir(*arguments.split())

    assert code != 0
    assert message in " ".join(output.split())
    assert "Traceback" not in output


def test_discovered_services_are_not_recorded() -> None:
    write("", "http://127.0.0.1:9")
    config = Path("weir.yaml")
    discovered = "discovery: {dns: {name: catalog.test, port: 80}}"
    config.write_text(
        re.sub(r"instances: \[.*?\]", discovered, config.read_text(), count=1)
    )

    code, output = weir("--recorded", "services.json")

    assert code != 0
    assert "upstreams.catalog.discovery: to record responses, list" in output
