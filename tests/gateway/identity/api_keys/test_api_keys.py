"""API keys: their text, their states, and a file that changes."""

import asyncio
import fcntl
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.conditions import until
from tests.support.credentials import credential_of
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.errors import WeirError
from weir.gateway.identity.api_keys.authenticator import ApiKeyAuthenticator
from weir.gateway.identity.api_keys.file_store import (
    FileKeyStore,
    KeyFileInvalid,
    read_keys,
)
from weir.gateway.identity.api_keys.key import is_key, key_digest, new_key
from weir.gateway.identity.api_keys.uses import minute_of, read_uses, uses_file
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.completion import Grants

CLOCK = FakeClock()
NOW = datetime.fromtimestamp(CLOCK.epoch_s(), UTC)
TEXT = new_key()


def record(text: str = TEXT, **changes: Any) -> dict[str, Any]:
    return {
        "id": "k_1",
        "sha256": key_digest(text).hex(),
        "owner": "acme",
        "plan": "gold",
        "scopes": ["read"],
        "created": NOW.isoformat(),
        **changes,
    }


def write(file: Path, *records: dict[str, Any]) -> None:
    file.write_text(json.dumps({"keys": records}))


def outcome(text: str, store: FileKeyStore) -> Identity | str:
    attempts = Attempts(AttemptLimits(), CLOCK)
    keys = ApiKeyAuthenticator(store, Grants(), attempts, CLOCK)
    credential = credential_of(text, "192.0.2.1")
    try:
        return keys.known(credential.digest) or keys.verify_now(credential)
    except WeirError as error:
        return error.code


@given(st.integers(0, 53), st.characters())
def test_a_changed_character_breaks_the_checksum(place: int, other: str) -> None:
    changed = TEXT[:place] + other + TEXT[place + 1 :]

    assert is_key(TEXT)
    assert is_key(changed) == (changed == TEXT)


def test_keys_have_a_prefix_and_never_repeat() -> None:
    keys = {new_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(key.startswith("weir_") and len(key) == 54 for key in keys)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enabled": False}, "API_KEY_DISABLED"),
        ({"expires": NOW.isoformat()}, "API_KEY_EXPIRED"),
        ({"not_before": (NOW + HOUR).isoformat()}, "API_KEY_NOT_YET_VALID"),
        ({"sha256": "0" * 64}, "API_KEY_UNKNOWN"),
    ],
)
def test_a_key_that_is_not_valid_has_a_code(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    file = tmp_path / "keys.json"
    write(file, record(**changes))

    assert outcome(TEXT, FileKeyStore(file, read_keys(file))) == code
    assert outcome("weir_x", FileKeyStore(file, ())) == "API_KEY_MALFORMED"


def test_a_valid_key_is_its_owner_with_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write(file, record(expires=(NOW + HOUR).isoformat()))

    identity = outcome(TEXT, FileKeyStore(file, read_keys(file)))

    assert isinstance(identity, Identity)
    assert (identity.method, identity.subject) == ("api_key", "acme")
    assert identity.scopes == {"read"}
    assert dict(identity.claims) == {"plan": "gold"}


async def test_a_file_that_changes_before_it_is_watched_is_read_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keys.json"
    write(file)
    keys = read_keys(file)
    write(file, record())
    store = FileKeyStore(file, keys)

    await store.refresh()

    assert isinstance(outcome(TEXT, store), Identity)


def used_store(file: Path, *ids: str) -> FileKeyStore:
    """Return a store of keys that were used now."""
    write(file, *(record(id=each, text=each) for each in ids))
    store = FileKeyStore(file, read_keys(file))
    for key in read_keys(file):
        store.used(key, CLOCK.epoch_s())
    return store


async def test_uses_are_written_once_a_minute_at_most(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    store = used_store(file, "k_1")
    await store.write_due_uses(1000)
    written = read_uses(uses_file(file))
    for second in range(1, 60):
        store.used(read_keys(file)[0], CLOCK.epoch_s() + 60 * second)
        await store.write_due_uses(1000 + second)
    within = read_uses(uses_file(file))
    await store.write_due_uses(1060)

    assert written == within == {"k_1": minute_of(CLOCK.epoch_s())}
    assert read_uses(uses_file(file)) == {"k_1": minute_of(CLOCK.epoch_s()) + 59 * 60}


async def test_uses_that_are_written_are_not_retained(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    store = used_store(file, "k_1", "k_2")
    write(file, record(id="k_2"))
    await store.refresh()
    await store.write_due_uses(1000)
    uses_file(file).unlink()
    await store.write_due_uses(2000)

    assert not uses_file(file).exists()


async def test_uses_are_written_after_a_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys.json"
    store = used_store(file, "k_1")
    uses_file(file).mkdir()
    await store.write_due_uses(1000)
    await store.write_due_uses(1060)
    uses_file(file).rmdir()
    await store.write_due_uses(1119)
    assert not uses_file(file).exists()
    await store.write_due_uses(1120)

    assert list(read_uses(uses_file(file))) == ["k_1"]
    assert caplog.text.count("the last uses of API keys are not written") == 1


async def test_the_last_uses_wait_for_another_process(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    store = used_store(file, "k_1")
    store.share()
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    release = asyncio.create_task(store.release())
    await until(uses_file(file).exists)
    assert read_uses(uses_file(file)) == {}
    os.close(folder)
    await release

    assert list(read_uses(uses_file(file))) == ["k_1"]


async def test_a_changed_file_is_read_again_and_a_broken_one_is_not(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keys.json"
    write(file)
    store = FileKeyStore(file, read_keys(file))
    assert outcome(TEXT, store) == "API_KEY_UNKNOWN"

    write(file, record())
    await store.refresh()
    assert isinstance(outcome(TEXT, store), Identity)

    file.write_text("{")
    await store.refresh()
    assert isinstance(outcome(TEXT, store), Identity)

    write(file, record(enabled=False))
    await store.refresh()
    assert outcome(TEXT, store) == "API_KEY_DISABLED"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ('{"keys": [{}]}', "keys.0.id: Field required"),
        (json.dumps({"keys": [record(), record(id="k_2")]}), "the same `sha256`"),
        (json.dumps({"keys": [record(), record(new_key())]}), "the same `id`"),
        (json.dumps({"keys": [record(extra=1)]}), "keys.0.extra"),
    ],
)
def test_a_broken_file_has_a_reason(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)

    with pytest.raises(KeyFileInvalid, match=r"keys\.json") as raised:
        read_keys(file)

    assert message in str(raised.value)
