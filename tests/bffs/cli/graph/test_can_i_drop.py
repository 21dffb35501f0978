"""Arguments of `weir can-i-drop` that its source of uses does not have."""

import pytest
from typer.testing import CliRunner

from weir.bffs.cli.main import app


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "other.yaml"], "--config: needs --state-dir"),
        (
            ["--state-dir", "state", "--control", "127.0.0.1:4001"],
            "--control: not used with --state-dir",
        ),
        (
            ["--state-dir", "state", "--token", "t"],
            "--token: not used with --state-dir",
        ),
    ],
)
def test_an_argument_without_effect_is_an_error(
    arguments: list[str], message: str
) -> None:
    result = CliRunner().invoke(
        app, ["can-i-drop", "Title.rating", *arguments], env={"COLUMNS": "200"}
    )

    assert result.exit_code == 2
    assert message in result.stderr
