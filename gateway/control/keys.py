"""The API keys of clients: their creation, rotation and revocation."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Protocol, TypeAlias

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from weir.gateway.control.views import View
from weir.gateway.identity.api_keys.changes import NewKey
from weir.gateway.identity.api_keys.store import ApiKey, Name

_HOURS_OF_YEAR = 8760
_CREATED = 201


class KeyRequest(BaseModel):
    """The rights of a new key, valid from `not_before`, for `days` or without end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: Name
    plan: Annotated[str, Field(max_length=256)] = ""
    scopes: tuple[Name, ...] = ()
    roles: tuple[Name, ...] = ()
    not_before: AwareDatetime | None = None
    days: Annotated[int | None, Field(ge=1, le=36_500)] = None


class Rotation(BaseModel):
    """The time for which the old key remains valid."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grace_hours: Annotated[int, Field(ge=0, le=_HOURS_OF_YEAR)] = 24


@dataclass(frozen=True, slots=True)
class KeySnapshot:
    """A stored key, its state such as "valid", and the time of its last use."""

    key: ApiKey
    state: str
    last_used: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class NewKeySnapshot:
    """A new key with its text, which is not stored."""

    key: KeySnapshot
    text: str


class KeysTarget(Protocol):
    """A gateway with API keys.

    Raise KeysNotConfigured, KeyNotFound, KeyNotChanged or ConfigConflicts.
    """

    async def api_keys(self) -> tuple[KeySnapshot, ...]:
        """Return all keys."""
        ...

    async def create_api_key(self, new: NewKey) -> NewKeySnapshot:
        """Create a key."""
        ...

    async def rotate_api_key(self, key_id: str, grace: timedelta) -> NewKeySnapshot:
        """Create a key like another, which expires after `grace`."""
        ...

    async def revoke_api_key(self, key_id: str) -> KeySnapshot:
        """Disable a key."""
        ...


class KeyView(View):
    """A key, without its text and the hash of it."""

    id: str
    owner: str
    plan: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    created: AwareDatetime
    not_before: AwareDatetime | None
    expires: AwareDatetime | None
    enabled: bool
    state: str
    last_used: AwareDatetime | None


class KeysView(View):
    """All keys, in the order of their creation."""

    keys: tuple[KeyView, ...]


class NewKeyView(KeyView):
    """A new key; this response is the only one with its text."""

    text: str


_Rotation: TypeAlias = Rotation | None


def key_routes(target: KeysTarget) -> APIRouter:
    """Return the routes of API keys."""
    router = APIRouter()

    @router.get("/keys")
    async def keys() -> KeysView:
        return KeysView(keys=tuple(map(_view, await target.api_keys())))

    @router.post("/keys", status_code=_CREATED)
    async def create(new: KeyRequest, response: Response) -> NewKeyView:
        made = await target.create_api_key(NewKey(**new.model_dump()))
        return _new_view(made, response)

    @router.post("/keys/{key_id}/rotate", status_code=_CREATED)
    async def rotate(
        key_id: str, response: Response, rotation: _Rotation = None
    ) -> NewKeyView:
        grace = timedelta(hours=(rotation or Rotation()).grace_hours)
        return _new_view(await target.rotate_api_key(key_id, grace), response)

    @router.post("/keys/{key_id}/revoke")
    async def revoke(key_id: str) -> KeyView:
        return _view(await target.revoke_api_key(key_id))

    return router


def _view(each: KeySnapshot) -> KeyView:
    values = each.key.model_dump(exclude={"sha256"})
    return KeyView(**values, state=each.state, last_used=each.last_used)


def _new_view(made: NewKeySnapshot, response: Response) -> NewKeyView:
    response.headers["cache-control"] = "no-store"
    return NewKeyView(**_view(made.key).model_dump(), text=made.text)
