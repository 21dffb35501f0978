"""`weir keys`: creates, lists, rotates and revokes API keys in the configured file."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Final, TypeAlias

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.references.names import unknown
from weir.bffs.config.stores.file_replacement import FileChanged, replace_text
from weir.gateway.identity.api_keys.file_store import (
    KeyFile,
    KeyFileInvalid,
    read_keys,
)
from weir.gateway.identity.api_keys.key import key_digest, new_key
from weir.gateway.identity.api_keys.store import ApiKey

_MAX_VALID: Final = 2
"""Keys of one owner that are valid at a time: the old one and the new one."""

Keys: TypeAlias = tuple[ApiKey, ...]


class KeyRejected(Exception):
    """A key that cannot be changed or created; the message has the reason."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """The rights of a new key; `days` is its lifetime."""

    owner: str
    plan: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    days: int | None


def create_key(config: Path, new: NewKey) -> int:
    """Create a key and print its text; return the exit code."""
    text, now = new_key(), datetime.now(UTC)
    key = ApiKey(
        id=f"k_{token_hex(6)}",
        sha256=key_digest(text).hex(),
        owner=new.owner,
        plan=new.plan,
        scopes=new.scopes,
        roles=new.roles,
        created=now,
        expires=now + timedelta(days=new.days) if new.days else None,
    )
    code = _change(config, lambda keys: (*keys, _planned(config, _checked(keys, key))))
    if code == OK:
        _print_new(key, text)
    return code


@prints_config_errors
def list_keys(config: Path) -> int:
    """Print all keys; return the exit code."""
    try:
        keys = read_keys(_file(config))
    except KeyFileInvalid as error:
        print_error(str(error))
        return FAILED
    now_s = datetime.now(UTC).timestamp()
    for key in keys:
        expires = key.expires.date().isoformat() if key.expires else "never"
        rights = " ".join((*key.scopes, *(f"role:{role}" for role in key.roles)))
        line = f"{key.id}  {key.owner}  {key.state(now_s)}  expires {expires}  {rights}"
        sys.stdout.write(line.rstrip() + "\n")
    return OK


def rotate_key(config: Path, key_id: str, grace_hours: int) -> int:
    """Create a key like another, which expires after a time; return the exit code."""
    text, now = new_key(), datetime.now(UTC)
    made: list[ApiKey] = []

    def rotated(keys: Keys) -> Keys:
        old = _with_id(keys, key_id)
        changes = {
            "id": f"k_{token_hex(6)}",
            "sha256": key_digest(text).hex(),
            "created": now,
        }
        made.append(_checked(keys, old.model_copy(update=changes)))
        end = now + timedelta(hours=grace_hours)
        ends = min(end, old.expires) if old.expires else end
        return (*_replaced(keys, old, {"expires": ends}), made[0])

    code = _change(config, rotated)
    if code == OK:
        _print_new(made[0], text)
    return code


def revoke_key(config: Path, key_id: str) -> int:
    """Disable a key; return the exit code."""
    return _change(
        config,
        lambda keys: _replaced(keys, _with_id(keys, key_id), {"enabled": False}),
    )


@prints_config_errors
def _change(config: Path, change: Callable[[Keys], Keys]) -> int:
    try:
        file = _file(config)
        if not file.exists():
            # Readable by the owner alone; it has only hashes.
            file.touch(mode=0o600)
            file.write_text(KeyFile().model_dump_json(), encoding="utf-8")
        before = file.read_bytes()
        changed = KeyFile(keys=change(read_keys(file)))
        text = changed.model_dump_json(indent=2) + "\n"
        replace_text(file, text, lambda content: content == before)
    except FileChanged:
        print_error("the file of the keys was changed at the same time; try again")
        return FAILED
    except (KeyRejected, KeyFileInvalid) as error:
        print_error(str(error))
        return FAILED
    except OSError as error:
        print_error(f"{error.filename}: {error.strerror}")
        return FAILED
    return OK


def _file(config: Path) -> Path:
    loaded = load_config(config, environment(config.parent))
    identity = loaded.config.identity
    if identity is None or identity.api_keys is None:
        raise loaded.error(("identity",), "identity.api_keys: not configured")
    return loaded.folder / identity.api_keys.file


def _checked(keys: Keys, key: ApiKey) -> ApiKey:
    """Return the new key; raises KeyRejected if its owner has two valid ones."""
    now_s = datetime.now(UTC).timestamp()
    valid = [
        each.id
        for each in keys
        if each.owner == key.owner and each.state(now_s) == "valid"
    ]
    if len(valid) >= _MAX_VALID:
        message = (
            f"{key.owner} has two valid keys, {' and '.join(valid)}; revoke one first"
        )
        raise KeyRejected(message)
    return key


def _planned(config: Path, key: ApiKey) -> ApiKey:
    """Return the new key; raises KeyRejected if its plan does not exist."""
    loaded = load_config(config, environment(config.parent)).config
    if loaded.plans and key.plan and key.plan not in loaded.plans:
        raise KeyRejected(unknown("plan", key.plan, loaded.plans))
    return key


def _with_id(keys: Keys, key_id: str) -> ApiKey:
    for key in keys:
        if key.id == key_id:
            return key
    message = f"no key has the id {key_id!r}; see `weir keys list`"
    raise KeyRejected(message)


def _replaced(keys: Keys, old: ApiKey, changes: dict[str, object]) -> Keys:
    new = old.model_copy(update=changes)
    return tuple(new if key is old else key for key in keys)


def _print_new(key: ApiKey, text: str) -> None:
    sys.stderr.write(f"{key.id}: this is the only time that the key is shown\n")
    sys.stdout.write(f"{text}\n")
