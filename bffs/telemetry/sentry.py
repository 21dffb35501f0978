"""The reports of exceptions, from the configuration."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from weir.bffs.config.decode import LoadedConfig

if TYPE_CHECKING:
    from weir.gateway.telemetry.sentry import SentryReports

_REQUIREMENT: Final = "sentry-sdk>=2.75"
"""The extra `sentry` of pyproject.toml, whose name no package index has yet."""


def start_sentry(loaded: LoadedConfig) -> "SentryReports | None":
    """Return the reports of this process, or None; raises ConfigError.

    The SDK is imported only here and below.
    """
    section = loaded.config.telemetry.sentry
    if section is None:
        return None
    check_sentry(loaded)
    from weir.gateway.telemetry.sentry import SentryReports  # noqa: PLC0415

    return SentryReports(section.dsn)


def check_sentry(loaded: LoadedConfig) -> None:
    """Raise ConfigError if exceptions are to be reported without the SDK."""
    section = loaded.config.telemetry.sentry
    if section is not None and find_spec("sentry_sdk") is None:
        message = (
            "telemetry.sentry: the SDK of Sentry is not installed;"
            f" run: pip install {_REQUIREMENT!r}"
        )
        raise loaded.error(("telemetry", "sentry"), message)
