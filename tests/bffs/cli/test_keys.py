"""`weir keys`, from the first key of an owner to its revocation, at a gateway."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.identified_gateway import CONFIG, identified_gateway
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.policies.identity import stored_keys

KEYS = CONFIG.replace("identity:\n", "identity:\n  api_keys: {file: api-keys.json}\n")


def weir(*arguments: str, config: Path) -> str:
    outcome = CliRunner().invoke(app, ["keys", *arguments, "--config", str(config)])
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout.strip()


def ids(config: Path) -> list[str]:
    stored = stored_keys(load_config(config, {}))
    assert stored is not None
    return [key.id for key in stored[1]]


async def test_a_key_lives_from_its_creation_to_its_revocation(
    tmp_path: Path,
) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(KEYS)
    first = weir("create", "acme", "--scope", "admin", "--days", "30", config=config)
    async with identified_gateway(tmp_path, KEYS) as gateway:
        sent = {b"x-api-key": first.encode()}
        assert (await gateway.send("readers", sent)).status == 200
        both = {**sent, b"authorization": b"Bearer a.b.c"}
        assert (await gateway.send("readers", both)).code == "SEVERAL_CREDENTIALS"

    (old,) = ids(config)
    second = weir("rotate", old, config=config)
    weir("revoke", old, config=config)

    listed = weir("list", config=config)
    assert f"{old}  acme  disabled" in listed
    assert "acme  valid" in listed
    text = (tmp_path / "api-keys.json").read_text()
    assert first not in text
    assert second not in text
    async with identified_gateway(tmp_path, KEYS) as gateway:
        for key, code in ((first, "API_KEY_DISABLED"), (second, "")):
            reply = await gateway.send("readers", {b"x-api-key": key.encode()})
            assert reply.code == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "acme"], "acme has two valid keys"),
        (["revoke", "k_none"], "no key has the id"),
    ],
)
def test_a_command_that_cannot_be_done_gives_the_reason(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(KEYS)
    for _ in range(2):
        weir("create", "acme", config=config)

    outcome = CliRunner().invoke(app, ["keys", *arguments, "--config", str(config)])

    assert outcome.exit_code == 1
    assert message in outcome.stderr


@pytest.mark.parametrize(
    "arguments", [["create", "acme"], ["list"], ["rotate", "k"], ["revoke", "k"]]
)
def test_a_configuration_without_keys_is_a_usage_error(
    tmp_path: Path, arguments: list[str]
) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text("facades: {web: {path: /web}}")

    outcome = CliRunner().invoke(app, ["keys", *arguments, "--config", str(config)])

    assert outcome.exit_code == 2
    assert "identity.api_keys: not configured" in outcome.stderr


def test_a_key_begins_at_a_time_or_at_midnight(tmp_path: Path) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(KEYS)
    for begin in ("2999-01-01", "2999-01-01T08:00+02:00"):
        weir("create", "acme", "--not-before", begin, config=config)

    listed = weir("list", config=config)
    assert "acme  early until 2999-01-01T00:00Z" in listed
    assert "acme  early until 2999-01-01T06:00Z" in listed


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        ("2001-01-01", "2001-01-01T00:00:00+00:00 is not in the future"),
        ("9999-12-31", "expires after the year 9999"),
    ],
)
def test_a_key_needs_a_possible_time(tmp_path: Path, begin: str, reason: str) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(KEYS)
    arguments = ["keys", "create", "acme", "--not-before", begin, "--days", "30"]

    outcome = CliRunner().invoke(app, [*arguments, "--config", str(config)])

    assert outcome.exit_code == 1
    assert reason in outcome.output
    assert ids(config) == []
