from pathlib import Path

from weir.bffs.config.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


def test_the_configuration_reference_is_the_models() -> None:
    assert PAGE.read_text() == reference(), (
        "write it again: python -m weir.bffs.config.reference"
        " > docs/reference/configuration.md"
    )
