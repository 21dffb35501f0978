"""Discovery by a file, which is read every second.

Reading it costs less than an event of the system, and also works on network file
systems and for files that a link replaces, as in a ConfigMap of Kubernetes.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import msgspec

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
            yield self._instances(await asyncio.to_thread(self._read))
            await asyncio.sleep(_INTERVAL_S)

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except OSError as error:
            message = f"{self._path} cannot be read: {error.strerror}"
            raise DiscoveryError(message) from error
        if len(content) > _MOST_BYTES:
            message = f"{self._path} has more than {_MOST_BYTES} bytes"
            raise InvalidResponse(message)
        return content

    def _instances(self, content: bytes) -> tuple[InstanceSpec, ...]:
        try:
            written = msgspec.json.decode(content, type=list[str | WrittenInstance])
            return merged(map(written_instance, written))
        except (msgspec.MsgspecError, RecursionError, InvalidResponse) as error:
            message = f"{self._path} cannot be used: {error}"
            raise InvalidResponse(message) from error
