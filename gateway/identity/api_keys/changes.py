"""Changes of stored API keys: creation, rotation and revocation, without I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final, TypeAlias

from weir.gateway.identity.api_keys.key import key_digest, new_key
from weir.gateway.identity.api_keys.store import ApiKey

_MAX_VALID: Final = 2
"""Keys of one owner that are valid at a time: the old one and the new one."""

Keys: TypeAlias = tuple[ApiKey, ...]


class KeyRejected(Exception):
    """A key that cannot be changed or created; the message has the reason."""


class UnknownKey(KeyRejected):
    """An id that no key has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """The rights of a new key; it is valid for `days`, or without an end."""

    owner: str
    plan: str = ""
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class ChangedKeys:
    """The keys after a change, with the changed or new one.

    `text` is that of a new key, which is not stored, and otherwise "".
    """

    keys: Keys
    key: ApiKey
    text: str = ""


def with_new_key(keys: Keys, new: NewKey, now: datetime) -> ChangedKeys:
    """Return the keys with one more; raise KeyRejected."""
    key = ApiKey(
        id=_new_id(),
        sha256="0" * 64,
        owner=new.owner,
        plan=new.plan,
        scopes=new.scopes,
        roles=new.roles,
        created=now,
        expires=now + timedelta(days=new.days) if new.days else None,
    )
    return _added(keys, key, now)


def with_rotated_key(
    keys: Keys, key_id: str, grace: timedelta, now: datetime
) -> ChangedKeys:
    """Return the keys with one like another, which expires after `grace`.

    Raise UnknownKey and KeyRejected.
    """
    old, end = _with_id(keys, key_id), now + grace
    ends = min(end, old.expires) if old.expires else end
    made = _added(keys, old.model_copy(update={"id": _new_id(), "created": now}), now)
    keys = _replaced(made.keys, old.model_copy(update={"expires": ends}))
    return ChangedKeys(keys, made.key, made.text)


def with_revoked_key(keys: Keys, key_id: str) -> ChangedKeys:
    """Return the keys with one that is disabled; raise UnknownKey."""
    revoked = _with_id(keys, key_id).model_copy(update={"enabled": False})
    return ChangedKeys(_replaced(keys, revoked), revoked)


def _added(keys: Keys, key: ApiKey, now: datetime) -> ChangedKeys:
    """Return the keys with a new one, which gets a text of its own."""
    valid = [
        each.id
        for each in keys
        if each.owner == key.owner and each.state(now.timestamp()) == "valid"
    ]
    if len(valid) >= _MAX_VALID:
        message = (
            f"{key.owner} has two valid keys, {' and '.join(valid)}; revoke one first"
        )
        raise KeyRejected(message)
    text = new_key()
    key = key.model_copy(update={"sha256": key_digest(text).hex()})
    return ChangedKeys((*keys, key), key, text)


def _new_id() -> str:
    return f"k_{token_hex(6)}"


def _with_id(keys: Keys, key_id: str) -> ApiKey:
    for key in keys:
        if key.id == key_id:
            return key
    message = f"no key has the id {key_id[:200]!r}"
    raise UnknownKey(message)


def _replaced(keys: Keys, new: ApiKey) -> Keys:
    return tuple(new if key.id == new.id else key for key in keys)
