"""Run the demo's services: python -m examples.streaming [--base-port 5100].

Prints a line for each instance and then `ready`. Restarts instances that die. Stops all
instances on SIGINT and SIGTERM.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from examples.streaming.parent import call_when_parent_ends
from examples.streaming.ports import DEFAULT_BASE_PORT
from examples.streaming.supervisor import StartFailed, Supervisor


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-demo-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        supervisor = Supervisor(options.base_port, folder, report)
        try:
            asyncio.run(supervise(supervisor, stop_with_stdin=options.stop_with_stdin))
        except* StartFailed as failed:
            sys.exit("\n".join(str(error) for error in failed.exceptions))


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m examples.streaming")
    arguments.add_argument("--base-port", type=int, default=DEFAULT_BASE_PORT)
    arguments.add_argument(
        "--folder", type=Path, help="folder for logs and state; temporary by default"
    )
    arguments.add_argument(
        "--stop-with-stdin",
        action="store_true",
        help="stop when standard input ends, which it does when the parent dies",
    )
    return arguments


async def supervise(supervisor: Supervisor, *, stop_with_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if stop_with_stdin:
        call_when_parent_ends(lambda: loop.call_soon_threadsafe(stop.set))
    running = asyncio.create_task(supervisor.run(lambda: report("ready")))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


def report(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
