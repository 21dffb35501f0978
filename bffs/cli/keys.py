"""`weir keys`: creates, lists, rotates and revokes API keys in the configured file."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.stores.api_keys import change_configured_keys, key_file
from weir.gateway.file_replacement import FileChanged
from weir.gateway.identity.api_keys.changes import (
    ChangedKeys,
    KeyRejected,
    Keys,
    NewKey,
    UnknownKey,
    with_new_key,
    with_revoked_key,
    with_rotated_key,
)
from weir.gateway.identity.api_keys.file_store import KeyFileInvalid, read_keys
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.api_keys.uses import read_uses, uses_file


def create_key(config: Path, new: NewKey) -> int:
    """Create a key and print its text; return the exit code."""
    return _change(config, lambda keys: with_new_key(keys, new, datetime.now(UTC)))


@prints_config_errors
def list_keys(config: Path) -> int:
    """Print all keys; return the exit code."""
    _, file = _configured(config)
    try:
        keys = read_keys(file)
    except KeyFileInvalid as error:
        print_error(str(error))
        return FAILED
    uses, now_s = read_uses(uses_file(file)), datetime.now(UTC).timestamp()
    for key in keys:
        sys.stdout.write(_line(key, uses.get(key.id), now_s) + "\n")
    return OK


def _line(key: ApiKey, used_s: int | None, now_s: float) -> str:
    expires = key.expires.date().isoformat() if key.expires else "never"
    used = f"{datetime.fromtimestamp(used_s, UTC):%Y-%m-%dT%H:%MZ}" if used_s else "-"
    rights = " ".join((*key.scopes, *(f"role:{role}" for role in key.roles)))
    state = key.state(now_s)
    if state == "early" and key.not_before is not None:
        state = f"early until {key.not_before.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    line = f"{key.id}  {key.owner}  {state}  expires {expires}  used {used}"
    return f"{line}  {rights}".rstrip()


def rotate_key(config: Path, key_id: str, grace_hours: int) -> int:
    """Create a key like another, which expires after a time; return the exit code."""
    grace = timedelta(hours=grace_hours)
    return _change(
        config, lambda keys: with_rotated_key(keys, key_id, grace, datetime.now(UTC))
    )


def revoke_key(config: Path, key_id: str) -> int:
    """Disable a key; return the exit code."""
    return _change(config, lambda keys: with_revoked_key(keys, key_id))


@prints_config_errors
def _change(config: Path, change: Callable[[Keys], ChangedKeys]) -> int:
    """Change the keys, and print the text of a new one."""
    try:
        changed = change_configured_keys(*_configured(config), change)
    except FileChanged:
        print_error("the file of the keys was changed at the same time; try again")
        return FAILED
    except UnknownKey as error:
        print_error(f"{error}; see `weir keys list`")
        return FAILED
    except (KeyRejected, KeyFileInvalid) as error:
        print_error(str(error))
        return FAILED
    except OSError as error:
        print_error(f"{error.filename}: {error.strerror}")
        return FAILED
    if changed.text:
        message = "this is the only time that the key is shown"
        sys.stderr.write(f"{changed.key.id}: {message}\n")
        sys.stdout.write(f"{changed.text}\n")
    return OK


def _configured(config: Path) -> tuple[LoadedConfig, Path]:
    """Return a configuration and the file of its keys; raises ConfigError."""
    loaded = load_config(config, environment(config.parent))
    file = key_file(loaded)
    if file is None:
        raise loaded.error(("identity",), "identity.api_keys: not configured")
    return loaded, file
