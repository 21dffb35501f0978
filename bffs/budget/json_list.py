"""Runs of `weir budget` in files, to compare later ones with them."""

from pathlib import Path

import msgspec

from weir.bffs.budget.measurement import Measurement
from weir.bffs.config.errors import ConfigError, Problem


def save_run(file: Path, run: list[Measurement]) -> None:
    """Write a run as JSON; raises OSError."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")


def read_run(file: Path) -> list[Measurement]:
    """Read a run; raises ConfigError if the file is not one."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Measurement])
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except msgspec.DecodeError as error:
        message = f"is not a run of `weir budget --save`: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
