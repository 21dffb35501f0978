"""Discovery by a file, which is read every second.

Reading it costs less than an event of the system, and also works on network file
systems and for files that a link replaces, as in a ConfigMap of Kubernetes.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import msgspec

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.discovery.errors import DiscoveryError, InvalidResponse
from weir.gateway.discovery.instances import WrittenInstance, merged, written_instance
from weir.gateway.discovery.policy import FilePolicy, InstanceSpec

_INTERVAL_S: Final = 1.0
_MOST_BYTES: Final = 1024 * 1024


class FileDiscovery:
    """The discovery of the instances in a file: a list in JSON, as in weir.yaml."""

    def __init__(self, policy: FilePolicy) -> None:
        self._path = Path(policy.path)

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        while True:
            content = await asyncio.to_thread(self._read)
            yield self._instances(content)
            await asyncio.sleep(_INTERVAL_S)

    def _read(self) -> bytes:
        try:
            return read_file(self._path, _MOST_BYTES)
        except UnreadableFile as error:
            raise DiscoveryError(str(error)) from error

    def _instances(self, content: bytes) -> tuple[InstanceSpec, ...]:
        try:
            written = msgspec.json.decode(content, type=list[str | WrittenInstance])
            return merged(map(written_instance, written))
        except (msgspec.MsgspecError, RecursionError, InvalidResponse) as error:
            message = f"{self._path} cannot be used: {error}"
            raise InvalidResponse(message) from error
