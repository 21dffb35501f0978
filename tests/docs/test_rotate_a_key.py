"""The commands of docs/guides/rotate-a-key.md, with a gateway that runs meanwhile."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.identified_gateway import identified_gateway
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.policies.identity import stored_keys

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "rotate-a-key.md").read_text()
COMMANDS = re.findall(r"^weir (keys .+)$", PAGE, re.MULTILINE)
CALLS = re.findall(r"^(curl .+)$", PAGE, re.MULTILINE)
(CONFIG,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
GRAPH = """\
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
audit: {file: audit.log}
"""


def weir(command: str) -> str:
    outcome = CliRunner().invoke(app, command.split())
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout.strip()


async def test_a_key_is_rotated_without_a_failed_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = CONFIG + GRAPH
    (tmp_path / "weir.yaml").write_text(config)
    create, list_, rotate, revoke = COMMANDS
    old = weir(create)
    key_id = re.findall(r"k_\w+", weir(list_))[0]

    async with identified_gateway(tmp_path, config) as gateway:
        new = weir(rotate.replace("k_0123456789ab", key_id))
        keys = stored_keys(load_config(tmp_path / "weir.yaml", {}))
        assert keys is not None
        assert len(keys[1]) == 2
        statuses = {old: 0, new: 0}
        async with asyncio.timeout(60):
            while set(statuses.values()) != {200}:
                # An unknown key is rejected for ten seconds without another look.
                await asyncio.sleep(2)
                for key in statuses:
                    sent = {b"x-api-key": key.encode()}
                    statuses[key] = (await gateway.send("partners", sent)).status
                assert statuses[old] == 200

    weir(revoke.replace("k_0123456789ab", key_id))
    async with identified_gateway(tmp_path, config) as gateway:
        codes = [
            (await gateway.send("partners", {b"x-api-key": key.encode()})).code
            for key in (old, new)
        ]
    assert codes == ["API_KEY_DISABLED", ""]
    audit = (tmp_path / "audit.log").read_text()
    assert key_id in audit
    assert old not in audit


async def test_the_control_port_does_the_same(tmp_path: Path) -> None:
    create, rotate, revoke, list_ = CALLS
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    async with identified_gateway(tmp_path, CONFIG + GRAPH) as gateway:

        async def call(command: str, key_id: str = "") -> dict[str, Any]:
            path, body = re.findall(r":4001(\S+)(?: --json '(.*)')?", command)[0]
            response = await gateway.served.control.request(
                "GET" if command == list_ else "POST",
                path.replace("k_0123456789ab", key_id),
                content=body,
                headers={"content-type": "application/json"},
            )
            assert response.is_success, response.text
            answer: dict[str, Any] = response.json()
            return answer

        old = await call(create)
        new = await call(rotate, old["id"])
        await call(revoke, old["id"])
        states = {each["id"]: each["state"] for each in (await call(list_))["keys"]}

    assert states == {old["id"]: "disabled", new["id"]: "valid"}
    audit = (tmp_path / "audit.log").read_text()
    assert f'"/keys/{old["id"]}/revoke"' in audit
    assert old["text"] not in audit
