"""Clients that ask again as soon as they are answered, each on its own connection.

As many requests are in flight as there are clients: more than a gateway can work on, if
it must be. A client that is told to come later (Retry-After) does.
"""

import asyncio
import time
from dataclasses import dataclass, field

from tests.support.served_process import Connection, Reply, connect

PATIENCE_S = 30.0


@dataclass
class Insistence:
    """Milliseconds of the answers by status, in order of arrival."""

    taken_ms: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, status: int) -> int:
        return len(self.taken_ms.get(status, ()))

    def p_ms(self, status: int, share: float) -> float:
        ordered = sorted(self.taken_ms[status])
        return ordered[int(share * (len(ordered) - 1))]

    def lines(self, title: str) -> list[str]:
        head = f"{title:32} answers     /s   p50 ms   p90 ms   p99 ms   max ms"
        return [head, *(self._line(status) for status in sorted(self.taken_ms))]

    def _line(self, status: int) -> str:
        count = self.count(status)
        shares = (f"{self.p_ms(status, share):8.1f}" for share in (0.5, 0.9, 0.99, 1.0))
        return f"{status:<32} {count:7} {count / self.seconds:6.1f} {' '.join(shares)}"


async def insist(port: int, path: str, clients: int, seconds: float) -> Insistence:
    """Ask for `path` by so many clients for so long; every answer is counted."""
    outcome = Insistence()
    connections = [await connect(port) for _ in range(clients)]
    began_s = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for each in connections:
            tasks.create_task(_ask(each, path, began_s + seconds, outcome))
    outcome.seconds = time.monotonic() - began_s
    return outcome


async def _ask(
    connection: Connection, path: str, until_s: float, outcome: Insistence
) -> None:
    try:
        while (asked_s := time.monotonic()) < until_s:
            reply = await _answer(connection, path)
            took_ms = (time.monotonic() - asked_s) * 1000
            outcome.taken_ms.setdefault(reply.status, []).append(took_ms)
            if "retry-after" in reply.headers:
                await asyncio.sleep(float(reply.headers["retry-after"]))
    finally:
        connection.close()


async def _answer(connection: Connection, path: str) -> Reply:
    await connection.send(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    return await connection.reply(PATIENCE_S)
