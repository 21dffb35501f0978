"""Discovery by etcd: the keys below a prefix, over the JSON gateway of version 3.

The value of a key is an instance: its URL, or an object with `url` and `weight`.
https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
"""

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from msgspec import Struct

from weir.gateway.discovery.errors import DiscoveryError, InvalidResponse
from weir.gateway.discovery.instances import WrittenInstance, merged, written_instance
from weir.gateway.discovery.json_api import JsonApi, json_api
from weir.gateway.discovery.policy import EtcdPolicy, InstanceSpec

_MOST_KEYS: Final = 5_000


class _Header(Struct, frozen=True):
    revision: str = "0"


class _KeyValue(Struct, frozen=True):
    key: bytes
    value: bytes = b""


class _Range(Struct, frozen=True):
    header: _Header
    kvs: list[_KeyValue] = []
    more: bool = False


class _Event(Struct, frozen=True):
    kv: _KeyValue
    type: str = "PUT"


class _Watched(Struct, frozen=True):
    events: list[_Event] = []
    canceled: bool = False
    compact_revision: str = "0"
    cancel_reason: str = ""


class _Failure(Struct, frozen=True):
    message: str = ""


class _Line(Struct, frozen=True):
    result: _Watched | None = None
    error: _Failure | None = None


_LINES: Final = msgspec.json.Decoder(_Line)


class _Token(Struct, frozen=True):
    token: str


class EtcdDiscovery:
    """The discovery of the instances below one prefix."""

    def __init__(self, policy: EtcdPolicy) -> None:
        self._policy = policy
        prefix = policy.prefix.encode()
        self._keys = {"key": _text(prefix), "range_end": _text(_end(prefix))}

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        policy, token = self._policy, await self._token()
        headers = {"authorization": token} if token else {}
        async with json_api(policy.url, headers, policy.ca_file) as api:
            query = {**self._keys, "limit": _MOST_KEYS}
            found = await api.post("/v3/kv/range", query, _Range)
            known = {each.key: each.value for each in found.kvs}
            yield _instances(known, more=found.more)
            async with aclosing(self._events(api, found.header.revision)) as stream:
                async for events in stream:
                    for event in events:
                        if event.type == "DELETE":
                            known.pop(event.kv.key, None)
                        else:
                            known[event.kv.key] = event.kv.value
                    yield _instances(known)

    async def _token(self) -> str:
        """Return a token of the user, which is empty without one."""
        policy = self._policy
        if not policy.username:
            return ""
        user = {"name": policy.username, "password": policy.password}
        async with json_api(policy.url, {}, policy.ca_file) as api:
            return (await api.post("/v3/auth/authenticate", user, _Token)).token

    async def _events(
        self, api: JsonApi, revision: str
    ) -> AsyncGenerator[list[_Event], None]:
        """Yield the events after a revision, until it is compacted."""
        watch = {**self._keys, "start_revision": _following(revision)}
        request = api.request("POST", "/v3/watch", content={"create_request": watch})
        async with aclosing(api.stream(request, _LINES)) as stream:
            async for lines in stream:
                results = [_result(line) for line in lines]
                if any(each.canceled for each in results):
                    return
                if events := [event for each in results for event in each.events]:
                    yield events


def _result(line: _Line) -> _Watched:
    """Return the result in a line; raise a DiscoveryError for the end of a watch."""
    result = line.result or _Watched()
    reason = line.error.message if line.error else result.cancel_reason
    if line.error or (result.canceled and result.compact_revision == "0"):
        message = f"etcd ended the watch: {reason[:200]!r}"
        raise DiscoveryError(message)
    return result


def _instances(
    known: dict[bytes, bytes], *, more: bool = False
) -> tuple[InstanceSpec, ...]:
    if more or len(known) > _MOST_KEYS:
        message = f"there are more than {_MOST_KEYS} keys below the prefix"
        raise InvalidResponse(message)
    return merged(_instance(key, value) for key, value in known.items())


def _instance(key: bytes, value: bytes) -> InstanceSpec:
    try:
        if value.lstrip().startswith(b"{"):
            written = msgspec.json.decode(value, type=WrittenInstance)
            return written_instance(written)
        return written_instance(value.decode().strip())
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidResponse) as error:
        message = f"the value of the key {key[:200]!r} cannot be used: {error}"
        raise InvalidResponse(message) from error


def _following(revision: str) -> str:
    try:
        return str(int(revision) + 1)
    except ValueError as error:
        message = f"the revision {revision[:50]!r} is not a number"
        raise InvalidResponse(message) from error


def _end(prefix: bytes) -> bytes:
    """Return the first key after all keys that begin with `prefix`."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


def _text(key: bytes) -> str:
    return b64encode(key).decode()
