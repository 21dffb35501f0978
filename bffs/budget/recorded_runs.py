"""Measurements whose services are recorded, or replayed from a recording."""

from collections.abc import Sequence
from pathlib import Path

from weir.bffs.budget.measurement import (
    MeasuredRequests,
    Measurement,
    Unmeasurable,
    measure,
)
from weir.bffs.budget.recording import Recorder, Replay
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError


async def recorded(
    file: Path,
    loaded: LoadedConfig,
    facades: Sequence[str],
    requests: MeasuredRequests,
) -> list[Measurement]:
    """Measure façades, and write the responses of services to a file.

    Raises ConfigError, Unmeasurable, and OSError.
    """
    recorder = Recorder(loaded)
    run = await measure(loaded, facades, requests, recorder.transport)
    recorder.save(file)
    return run


async def replayed(
    file: Path,
    loaded: LoadedConfig,
    facades: Sequence[str],
    requests: MeasuredRequests,
) -> list[Measurement]:
    """Measure façades with the recorded responses of services.

    Raises ConfigError, and Unmeasurable if one is missing.
    """
    replay = Replay(file, loaded)
    try:
        run = await measure(replay.loaded, facades, requests, replay.transport)
    except (ConfigError, Unmeasurable) as error:
        # The error is a consequence of a missing response.
        if replay.missing:
            raise _not_recorded(file, replay) from error
        raise
    if replay.missing:
        raise _not_recorded(file, replay)
    return run


def _not_recorded(file: Path, replay: Replay) -> Unmeasurable:
    requests = ", ".join(dict.fromkeys(replay.missing))
    message = (
        f"{file} has no response for: {requests}; remove it, so that the services are"
        " called again"
    )
    return Unmeasurable(message)
