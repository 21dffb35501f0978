"""Programs of other projects, run to their end."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path


async def run(
    *command: str | Path,
    cwd: Path,
    limit_s: float,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Return the exit code and the output of a program."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=PIPE,
        stderr=STDOUT,
    )
    try:
        async with asyncio.timeout(limit_s):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")
