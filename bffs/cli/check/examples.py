"""The examples in a configuration, which `weir check` verifies."""

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.transformation import failed_examples


class ExamplesFailed(ConfigError):
    """One or more examples in a configuration do not hold."""


def check_examples(loaded: LoadedConfig) -> None:
    """Verify the examples of all routes; raises ExamplesFailed."""
    problems = [
        loaded.document.problem(place, f"{'.'.join(map(str, place))}: {message}")
        for name, route in loaded.config.routes.items()
        for place, message in failed_examples(name, route)
    ]
    if problems:
        raise ExamplesFailed(*problems)
