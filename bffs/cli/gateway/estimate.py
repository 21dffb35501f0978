"""`weir metrics estimate`: the series that the metrics of a configuration can have."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.generations.series import unnamed
from weir.gateway.telemetry.metrics.label_values import (
    LabelValues,
    estimated_series,
)

_NO_LIMIT: Final = 10**12


@prints_config_errors
def estimate_series(file: Path) -> int:
    """Print the most series of each metric; return 1 if they are above the limit."""
    loaded = load_config(file, environment(file.parent))
    section = loaded.config.metrics
    values = asyncio.run(_values(loaded))
    series = estimated_series(values, set(section.drop_labels))
    console = Console(highlight=False, soft_wrap=True)
    for name, labels, count in sorted(series, key=lambda each: -each[2]):
        console.print(f"{count:>9,}  {name}  {escape(', '.join(labels))}".rstrip())
    total = sum(count for _, _, count in series)
    console.print(f"{total:>9,}  in all, of {section.max_series:,} at most")
    for sentence in unnamed(values):
        console.print(escape(sentence))
    return OK if total <= section.max_series else FAILED


async def _values(loaded: LoadedConfig) -> LabelValues:
    """Return the values of labels, without the limit on series."""
    metrics = loaded.config.metrics
    unlimited = metrics.model_copy(update={"max_series": _NO_LIMIT})
    config = loaded.config.model_copy(update={"metrics": unlimited})
    async with generation_of(replace(loaded, config=config)) as generation:
        return generation.label_values
