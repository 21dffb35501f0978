"""The examples in a configuration, which `weir check` verifies."""

from collections.abc import Iterator

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.transformation import failed_examples


def _failed(config: Config) -> Iterator[tuple[DataPath, str]]:
    for name, route in config.routes.items():
        for variant, section in route.variants.items():
            for place, message in failed_examples(section):
                yield ("routes", name, *variant, *place), message


class ExamplesFailed(ConfigError):
    """One or more examples in a configuration do not hold."""


def check_examples(loaded: LoadedConfig) -> None:
    """Verify the examples of all routes; raises ExamplesFailed."""
    problems = [
        loaded.document.problem(place, f"{'.'.join(map(str, place))}: {message}")
        for place, message in _failed(loaded.config)
    ]
    if problems:
        raise ExamplesFailed(*problems)
