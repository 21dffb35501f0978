"""`weir check`: what prevents a start, and comparison with a running gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.gateway import Gateway, running_gateway
from weir.bffs.cli.main import app

CONFIG = """\
server: {port: "${WEIR_PORT:-4000}", control: "${WEIR_CONTROL:-127.0.0.1:4001}"}
upstreams: {u: {instances: [http://127.0.0.1:9], health: {active: false}}}
subgraphs: {g: {upstream: u, sdl: g.graphql}}
facades:
  web:
    path: /web
    introspection: false
    contract: {exclude: [internal]}
"""
SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query {
  book: String
  margin: Int @tag(name: "internal")
}
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("g.graphql").write_text(SDL)


def write(file: str, text: str) -> None:
    Path(file).write_text(text)


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


MISTAKES = {
    "tls": (
        "server: {",
        "server: {tls: {certificate: c.pem, key: k.pem}, ",
        "weir.yaml:1:10: server.tls: the certificate, its key or `client_ca` cannot be"
        " used: a file does not exist",
    ),
    "audit": (
        "upstreams:",
        "audit: {file: missing/audit.log}\nupstreams:",
        "weir.yaml:2:9: audit.file: missing/audit.log cannot be opened: No such file",
    ),
    "contract": (
        "[internal]",
        "[interal]",
        "weir.yaml:8:26: facades.web.contract.exclude: no element of the graph has the"
        ' tag "interal"',
    ),
    "device": (
        "    contract:",
        '    device: {arguments: {"Query.books(first:)": 1}}\n    contract:',
        "weir.yaml:8:26: facades.web.device.arguments: Query.books(first:): Query has"
        " no field books",
    ),
    "key file": (
        "facades:",
        "identity: {api_keys: {file: keys.json}}\nfacades:",
        "weir.yaml:4:23: identity.api_keys.file: keys.json cannot be read",
    ),
    "expression": (
        "facades:",
        "identity: {policies: {p: {cel: 'identity.sub == 1'}}}\nfacades:",
        "weir.yaml:4:27: identity.policies.p.cel: `identity.sub` does not exist",
    ),
    "Python module": (
        "facades:",
        "override: {labels: 'nowhere:labels'}\nfacades:",
        "weir.yaml:4:12: override.labels: cannot import nowhere",
    ),
    "cost": (
        "    contract:",
        "    cost: {maximum: 9}\n    contract:",
        "cost.weights: Bok: is not",
    ),
    "route": (
        "facades:",
        "routes: {r: {path: /web/graphql, redirect: {to: 'https://a.example'}}}\nfacades:",
        'weir.yaml:4:14: routes.r: it hides "/web/graphql"',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_all_that_prevents_a_start_fails_the_check(mistake: str) -> None:
    before, after, message = MISTAKES[mistake]
    config = CONFIG.replace(before, after)
    if mistake == "cost":
        config += "cost: {weights: {Bok: 3}}\n"
    Path("weir.yaml").write_text(config)

    outcome = weir("--config", "weir.yaml")

    assert outcome.exit_code == 2, outcome.output
    assert message in outcome.stderr


def test_the_check_does_not_create_the_audit_log() -> None:
    Path("weir.yaml").write_text(CONFIG + "audit: {file: audit.log}\n")

    outcome = weir("--config", "weir.yaml")

    assert outcome.exit_code == 0, outcome.output
    assert not Path("audit.log").exists()


def test_variables_of_traces_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("weir.yaml").write_text(CONFIG + "telemetry: {traces: {sample: 1%}}\n")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")

    outcome = weir("--config", "weir.yaml")

    assert outcome.exit_code == 2
    assert "weir.yaml:9:13: telemetry.traces: OTEL_TRACES_SAMPLER" in outcome.stderr


def test_a_valid_configuration_passes() -> None:
    outcome = weir("--config", "weir.yaml")

    assert (outcome.exit_code, outcome.stdout) == (0, "It composes.\n")


def test_the_configuration_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert weir().stdout == "It composes.\n"

    monkeypatch.setenv("WEIR_CONFIG", "nowhere.yaml")

    assert "nowhere.yaml: cannot be read" in weir().stderr
    # The subgraphs of the command line are all that is checked.
    assert weir("g=g.graphql").stdout == "It composes.\n"


def test_a_facade_is_checked_with_its_own_subgraphs() -> None:
    own = "    subgraphs: {h: {upstream: u, sdl: h.graphql}}\n    operations: stored\n"
    Path("weir.yaml").write_text(CONFIG + own)
    Path("h.graphql").write_text("type Query { page: Int }")
    Path("stored").mkdir()
    Path("stored/p.graphql").write_text("query Page { page book }")

    fits = weir("--config", "weir.yaml")
    Path("h.graphql").write_text("type Query { page2: Int }")
    broken = weir("--config", "weir.yaml")

    assert fits.exit_code == 0, fits.output
    assert broken.exit_code == 1
    assert (
        "breaks web/Page: stored/p.graphql:1:14: Cannot query field 'page'"
        in broken.stdout
    )


def test_a_supergraph_of_a_configuration_is_checked() -> None:
    runner = CliRunner()
    runner.invoke(app, ["compose", "g=g.graphql", "--output", "s.graphql"])
    Path("weir.yaml").write_text(
        "supergraph: s.graphql\n"
        "upstreams: {g: {instances: ['http://127.0.0.1:9']}}\n"
        "facades: {web: {path: /web, operations: stored}}\n"
    )
    Path("stored").mkdir()
    Path("stored/p.graphql").write_text("query Book { book }")

    outcome = weir("--config", "weir.yaml", "--against", "s.graphql")

    assert (outcome.exit_code, outcome.stdout) == (0, "It composes.\n"), outcome.output


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    config = CONFIG + "  staff: {path: /staff}\n"
    (tmp_path / "weir.yaml").write_text(config)
    async with running_gateway(tmp_path / "weir.yaml") as gateway:
        yield gateway


async def test_a_running_gateway_is_compared_facade_by_facade(
    gateway: Gateway,
) -> None:
    config, port = ("--config", "weir.yaml"), ("--against", gateway.control)
    same = await asyncio.to_thread(weir, *config, *port)
    write("g.graphql", SDL.replace("margin: Int", "margins: Int"))
    changed = await asyncio.to_thread(weir, *config, *port)
    graph = await asyncio.to_thread(weir, "g=g.graphql", *port, "--format", "json")
    write("weir.yaml", CONFIG)
    removed = await asyncio.to_thread(weir, *config, *port)
    endpoint = f"{gateway.url}/web/graphql"
    hidden = await asyncio.to_thread(weir, "g=g.graphql", "--against", endpoint)

    assert (same.exit_code, same.stdout) == (0, "It composes.\n"), same.stderr
    assert changed.stdout == (
        "breaking: staff: Field Query.margin was removed.\n"
        "safe: staff: field Query.margins was added\n"
        "It breaks clients.\n"
    )
    changes = json.loads(graph.stdout)["changes"]
    assert [each["facade"] for each in changes] == [None, None]
    assert "breaking: staff: Façade staff was removed." in removed.stdout
    assert hidden.exit_code == 2
    assert "no introspection: Introspection is disabled; give the URL of" in (
        hidden.stderr
    )


async def test_a_server_that_is_not_a_control_port_is_an_error() -> None:
    async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
        writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        outcome = await asyncio.to_thread(weir, "g=g.graphql", "--against", url)

    assert outcome.exit_code == 2
    assert outcome.stderr == f"weir: {url}: not the control port of a gateway\n"


SHADOWED = """\
upstreams: {u: {instances: [http://127.0.0.1:9], health: {active: false}}}
routes:
  all:
    path: /{id}
    parameters: {id: ".+"}
    when: {headers: {x-api-key: "${WEIR_KEY}", authorization: 'Bearer s3'}}
    proxy: u
  some:
    path: /{id}
    parameters: {id: "[0-9]"}
    when: {headers: {x-api-key: "${WEIR_KEY}", authorization: 'Bearer s3'}}
    proxy: u
"""


def test_a_route_that_probably_gets_no_request_is_a_warning_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEIR_KEY", "s3cret")
    write("weir.yaml", SHADOWED)
    result = weir()

    assert result.exit_code == 0
    some, all_, valid = result.output.splitlines()
    assert some.startswith("weir.yaml:8:3: warning: routes.some: probably all its")
    assert some.endswith("-H 'authorization: ***' -H 'x-api-key: ***'")
    assert all_.startswith("weir.yaml:3:3: warning: routes.all: probably all those")
    assert valid == "It is valid."
    assert "s3" not in result.output
    assert json.loads(weir("--format", "json").output)["warnings"] == [some, all_]
