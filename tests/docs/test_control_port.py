"""The commands of docs/guides/control-port.md do what the page says."""

import re
from pathlib import Path

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from tests.support.controlled_app import controlled_app
from tests.support.demo import ROOT
from tests.support.documents import Reader, blocks
from tests.support.ports import free_port
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.control import control_access

PAGE = (ROOT / "docs" / "guides" / "control-port.md").read_text()
OTHER = next(each.text for each in blocks(PAGE) if each.file == "other.yaml")
(LOG,) = re.findall(r"```json-lines\n(.*?)```", PAGE, re.DOTALL)
TOKEN = {"DEPLOY_TOKEN": "deploy-0123456789"}


async def test_the_page_is_followed_from_top_to_bottom(tmp_path: Path) -> None:
    ports = {4000: free_port(), 4001: free_port(), 4002: free_port()}
    reader = Reader(tmp_path, ports)
    try:
        await reader.follow(PAGE)
        async with httpx.AsyncClient() as client:
            metrics = await client.get(f"http://127.0.0.1:{ports[4002]}/metrics")
    finally:
        await reader.stop()
    log = (tmp_path / f"{ports[4002]}.log").read_text()
    assert "0123456789" not in log
    counted = 'gateway_auth_total{method="control",outcome="FORBIDDEN"} 1.0'
    assert counted in metrics.text
    for line in reader.moved(LOG).splitlines():
        expected = orjson.loads(line).items()
        assert any(expected <= each.items() for each in _json_lines(log)), line


async def test_the_table_has_every_endpoint_with_its_methods(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as app:
        document = (await app.control.get("/openapi.json")).json()

    rows = re.findall(r"^\| (`/.*`) \| ([A-Z, ]+) \|", PAGE, re.MULTILINE)
    listed = {
        path: {*methods.split(", ")}
        for paths, methods in rows
        for path in re.findall("`(.*?)`", paths)
    }
    assert listed == {
        path: {each.upper() for each in methods}
        for path, methods in document["paths"].items()
    }


def _json_lines(log: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in log.splitlines() if line.startswith("{")]


def test_the_configuration_for_a_cluster_is_one(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(OTHER)

    access = control_access(load_config(tmp_path / "weir.yaml", TOKEN).config.control)

    assert access.host_names == {"weir.shop.svc.cluster.local"}
    addresses = ("192.0.2.1", "10.66.0.1", "10.0.0.1")
    assert [access.addresses.allows(each) for each in addresses] == [False, False, True]
    assert "deploy-0123456789" not in repr(access)


def test_a_list_of_addresses_are_those_that_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text("control: {addresses: [10.0.0.0/8]}")

    access = control_access(load_config(tmp_path / "weir.yaml", {}).config.control)

    addresses = ("192.0.2.1", "10.0.0.1")
    assert [access.addresses.allows(each) for each in addresses] == [False, True]


WRONG = [
    ("server: {control: '0.0.0.0:4001'}", "configure `control.tokens`"),
    ("server: {control: 'weir:4001'}", "configure `control.tokens`"),
    ("control: {tokens: {a: {token: short}}}", "less than 16"),
    ("control: {tokens: {a: {token: 'with spaces 0123456'}}}", "without spaces"),
    ("control: {tokens: {a: {}}}", "missing required key"),
    (
        "control: {tokens: {a: {token: &t x123456789abcdef}, b: {token: *t}}}",
        "the tokens 'a' and 'b' are the same",
    ),
    ("control: {allowed_hosts: [Localhost]}", "are always allowed"),
    ("control: {allowed_hosts: [10.0.0.1]}", "are always allowed"),
    ("control: {allowed_hosts: ['weir:4001']}", "a host name without a port"),
    ("control: {addresses: [10.0.0.0/33]}", "expected an address or a network"),
    ("control: {addresses: {deny: [10.0.0.0/33]}}", "expected an address or a network"),
    ("control: {addresses: []}", "expected `allow`, `deny` or both"),
    ("facades: {a: {path: '', addresses: {}}}", "expected `allow`, `deny` or both"),
    *(
        (
            f"facades: {{a: {{path: '', addresses: {{{lists}}}}}}}",
            "no address is served",
        )
        for lists in (
            "allow: [10.1.0.0/16, 'fd00::/8'], deny: [10.0.0.0/8, 'fd00::/8']",
            "allow: [10.0.0.0/8], deny: [10.0.0.0/9, 10.128.0.0/9]",
            "deny: [0.0.0.0/0, '::/0']",
        )
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_access_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(text + "\n")

    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:1:" in str(error.value)
    assert message in str(error.value)
    assert "0123456" not in str(error.value)


@pytest.mark.parametrize("token", ["\u00e9" * 20, "0123456789abcdef\n"])
def test_a_token_that_no_header_can_have_is_an_error_of_the_command(token: str) -> None:
    arguments = ["cache", "purge", "books", "--control", "127.0.0.1:1"]

    outcome = CliRunner().invoke(app, [*arguments, "--token", token])

    assert outcome.exit_code == 2
    assert outcome.stderr == "weir: --token: expected printable ASCII characters\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.5.5.5"])
def test_loopback_needs_no_token(tmp_path: Path, host: str) -> None:
    (tmp_path / "weir.yaml").write_text(f"server: {{control: '{host}:4001'}}\n")

    load_config(tmp_path / "weir.yaml", {})
