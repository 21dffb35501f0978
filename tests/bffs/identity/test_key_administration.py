"""API keys on the control port, from their creation to their revocation."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.identified_gateway import CONFIG, IdentifiedGateway
from tests.support.identified_gateway import identified_gateway as gateway_of
from weir.gateway.identity.api_keys.uses import minute_of, read_uses, write_uses

KEYS = CONFIG.replace(
    "identity:\n",
    "plans: {free: {rate: 10 per 1s}}\nidentity:\n  api_keys: {file: api-keys.json}\n",
).replace("{path: /open}", "{path: /open, plan: {default: free}}")


async def code(gateway: IdentifiedGateway, key: str) -> str:
    return (await gateway.send("readers", {b"x-api-key": key.encode()})).code


async def until_accepted(gateway: IdentifiedGateway, key: str, expected: str) -> None:
    """Wait until the gateway has read its file again."""
    async with asyncio.timeout(20):
        while True:
            if await code(gateway, key) == expected:
                return
            await asyncio.sleep(0.05)


async def test_a_key_lives_from_its_creation_to_its_revocation(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    async with gateway_of(tmp_path, KEYS) as gateway:
        control = gateway.served.control
        new = {"owner": "acme", "scopes": ["admin"], "days": 30, "plan": "free"}
        created = await control.post("/keys", json=new)
        first = created.json()
        assert created.status_code == 201
        assert created.headers["cache-control"] == "no-store"
        assert (first["state"], first["last_used"]) == ("valid", None)
        await until_accepted(gateway, first["text"], "")
        await until_used(control)

        rotated = await control.post(
            f"/keys/{first['id']}/rotate", json={"grace_hours": 0}
        )
        second = rotated.json()
        assert (second["owner"], second["scopes"]) == ("acme", ["admin"])
        await until_accepted(gateway, second["text"], "")
        await until_accepted(gateway, first["text"], "API_KEY_EXPIRED")

        revoked = await control.post(f"/keys/{second['id']}/revoke")
        assert revoked.json()["state"] == "disabled"
        await until_accepted(gateway, second["text"], "API_KEY_DISABLED")
        listed = (await control.get("/keys")).json()["keys"]

    assert [each["id"] for each in listed] == [first["id"], second["id"]]
    # The last uses are written once a minute, and at the end.
    assert set(read_uses(tmp_path / "api-keys.used")) == {first["id"], second["id"]}
    stored = (tmp_path / "api-keys.json").read_text()
    stored += (tmp_path / "api-keys.used").read_text()
    assert first["text"] not in stored
    assert "sha256" not in listed[0]
    assert "text" not in listed[0]


async def test_a_key_that_begins_later_is_not_accepted_yet(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    async with gateway_of(tmp_path, KEYS) as gateway:
        control = gateway.served.control
        new = {"owner": "acme", "not_before": "2999-01-01T00:00:00Z", "days": 30}
        created = (await control.post("/keys", json=new)).json()
        await until_accepted(gateway, created["text"], "API_KEY_NOT_YET_VALID")

    assert (created["state"], created["not_before"]) == ("early", new["not_before"])
    assert created["expires"] == "2999-01-31T00:00:00Z"


async def until_used(control: httpx.AsyncClient) -> None:
    """Wait until the last use of each key is written."""
    async with asyncio.timeout(20):
        while True:
            keys: list[dict[str, Any]] = (await control.get("/keys")).json()["keys"]
            if all(each["last_used"] for each in keys):
                return
            await asyncio.sleep(0.05)


NOT_A_REQUEST = (400, "BAD_REQUEST")
NOT_CHANGED = (422, "API_KEY_NOT_CHANGED")
WRONG = [
    ("/keys", {"owner": ""}, NOT_A_REQUEST),
    ("/keys", {"owner": "a", "sha256": "0"}, NOT_A_REQUEST),
    ("/keys", {"owner": "a", "not_before": "2999-01-01T00:00:00"}, NOT_A_REQUEST),
    ("/keys", {"owner": "a", "not_before": "2001-01-01T00:00:00Z"}, NOT_CHANGED),
    ("/keys", {"owner": "a", "plan": "fre"}, NOT_CHANGED),
    ("/keys/k_none/rotate", None, (404, "API_KEY_NOT_FOUND")),
    ("/keys/k_none/revoke", None, (404, "API_KEY_NOT_FOUND")),
]


@pytest.mark.parametrize(("path", "body", "expected"), WRONG)
async def test_a_wrong_request_changes_nothing(
    tmp_path: Path, path: str, body: object, expected: tuple[int, str]
) -> None:
    file = tmp_path / "api-keys.json"
    file.write_text('{"keys": []}')
    async with gateway_of(tmp_path, KEYS) as gateway:
        response = await gateway.served.control.post(path, json=body)

    assert (response.status_code, response.json()["code"]) == expected
    assert file.read_text() == '{"keys": []}'


async def test_an_owner_has_two_valid_keys_at_most(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    async with gateway_of(tmp_path, KEYS) as gateway:
        control = gateway.served.control
        made = [await control.post("/keys", json={"owner": "acme"}) for _ in range(3)]

    assert [each.status_code for each in made] == [201, 201, 422]
    assert "acme has two valid keys" in made[2].json()["detail"]


async def test_without_a_file_there_are_no_keys(tmp_path: Path) -> None:
    async with gateway_of(tmp_path, CONFIG) as gateway:
        response = await gateway.served.control.get("/keys")

    assert response.json()["code"] == "API_KEYS_NOT_CONFIGURED"


def test_processes_merge_the_last_uses(tmp_path: Path) -> None:
    file = tmp_path / "keys.used"
    write_uses(file, {"a": 120, "b": 60}, ["a", "b"])
    write_uses(file, {"a": 60, "b": 180}, ["a", "b"])
    write_uses(file, {"c": 60}, ["a", "c"])

    assert read_uses(file) == {"a": 120, "c": 60}
    assert minute_of(179.9) == 120


def test_a_damaged_file_of_uses_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "keys.used"
    file.write_text('{"a": "never"')

    assert read_uses(file) == {}
    write_uses(file, {"a": 60}, ["a"])
    assert read_uses(file) == {"a": 60}
