"""Apollo Gateway from npm, pinned, as one more gateway for the conformance kit."""

from pathlib import Path

from tests.support.demo import ROOT
from tests.support.npm_packages import install

_SOURCES = ROOT / "tests" / "verify" / "conformance" / "apollo"


def install_apollo_gateway(npm_: str, folder: Path) -> tuple[str, ...]:
    """Install it into `folder`, once; returns the gateway's command."""
    command = install(npm_, _SOURCES, "gateway.mjs", folder)
    return (*command, "{supergraph}", "{port}")
