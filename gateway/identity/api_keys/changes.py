"""Changes of stored API keys: creation, rotation and revocation, without I/O."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    """The rights of a new key, which is valid from `not_before`, or at once.

    It is valid for `days` from then, or without an end.
    """

    owner: str
    plan: str = ""
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    not_before: datetime | None = None
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
    if new.not_before is not None and new.not_before <= now:
        message = f"not_before: {new.not_before.isoformat()} is not in the future"
        raise KeyRejected(message)
    try:
        begin = (new.not_before or now).astimezone(UTC)
        expires = begin + timedelta(days=new.days) if new.days else None
    except OverflowError as error:
        message = "the key begins or expires after the year 9999"
        raise KeyRejected(message) from error
    key = ApiKey(
        id=_new_id(),
        sha256="0" * 64,
        owner=new.owner,
        plan=new.plan,
        scopes=new.scopes,
        roles=new.roles,
        created=now,
        not_before=new.not_before,
        expires=expires,
    )
    return _added(keys, key, begin)


def with_rotated_key(
    keys: Keys, key_id: str, grace: timedelta, now: datetime
) -> ChangedKeys:
    """Return the keys with one like another, which expires `grace` after it begins.

    Raise UnknownKey and KeyRejected.
    """
    old = _with_id(keys, key_id)
    begin = max(now, old.not_before) if old.not_before else now
    end = begin + grace
    ends = min(end, old.expires) if old.expires else end
    made = _added(keys, old.model_copy(update={"id": _new_id(), "created": now}), begin)
    keys = _replaced(made.keys, old.model_copy(update={"expires": ends}))
    return ChangedKeys(keys, made.key, made.text)


def with_revoked_key(keys: Keys, key_id: str) -> ChangedKeys:
    """Return the keys with one that is disabled; raise UnknownKey."""
    revoked = _with_id(keys, key_id).model_copy(update={"enabled": False})
    return ChangedKeys(_replaced(keys, revoked), revoked)


def _added(keys: Keys, key: ApiKey, begin: datetime) -> ChangedKeys:
    """Return the keys with a new one, valid from `begin`, which gets its own text."""
    owned = [each for each in keys if each.owner == key.owner]
    for moment in (begin, *(each.not_before for each in owned)):
        if moment is None or moment < begin or (key.expires and moment >= key.expires):
            continue
        valid = [each.id for each in owned if each.state(moment.timestamp()) == "valid"]
        if len(valid) >= _MAX_VALID:
            message = (
                f"{key.owner} has two valid keys, {' and '.join(valid[:2])}; revoke one"
                " first"
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
