"""The demo's configuration without the limits of partners, and with a key of theirs."""

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from tests.support.gateway import DEMO_CONFIG, patient_demo_config
from weir.bffs.cli.main import app


@dataclass(frozen=True, slots=True)
class PartnerDemo:
    """A configuration, and the API key of a partner that may run any operation."""

    config: Path
    key: str


def partner_demo(folder: Path) -> PartnerDemo:
    """Write the files of the configuration to a folder."""
    config = folder / "weir.yaml"
    config.write_text(_unlimited())
    rights = ("--plan", "internal", "--scope", "titles:read")
    command = ["keys", "create", "acme", *rights, "--config", str(config)]
    outcome = CliRunner().invoke(app, command)
    assert outcome.exit_code == 0, outcome.output
    return PartnerDemo(config, outcome.stdout.strip())


def _unlimited() -> str:
    text = patient_demo_config()
    for written, unlimited in (
        (f"file: {DEMO_CONFIG.parent}/api-keys.json", "file: api-keys.json"),
        ("plans:\n", "plans:\n  internal: {}\n"),
        ("operation_access: stored_only", "operation_access: open"),
    ):
        assert text.count(written) == 1, written
        text = text.replace(written, unlimited)
    return text
