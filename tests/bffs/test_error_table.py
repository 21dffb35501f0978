"""Each error class has its row, each code one meaning, and the page tells them all."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from weir.bffs.error_table import TABLE, page
from weir.bffs.facades.rest.service_errors import ERROR_BY_CODE
from weir.gateway.errors import WeirError
from weir.resolvers.sources.exposure import DEFAULT_CODES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "errors.md"


def every_error_class() -> list[type[WeirError]]:
    for package in ("gateway", "resolvers", "bffs"):
        for module in walk_packages([str(ROOT / package)], f"weir.{package}."):
            if "__main__" not in module.name:
                import_module(module.name)
    found: list[type[WeirError]] = []
    queue = [WeirError]
    while queue:
        subclasses = queue.pop().__subclasses__()
        found += subclasses
        queue += subclasses
    return sorted(found, key=lambda each: each.__qualname__)


def test_every_error_class_is_in_the_table() -> None:
    missing = [
        each.__qualname__
        for each in every_error_class()
        if each.__module__.startswith("weir.")
        and hasattr(each, "row")
        and each.row not in TABLE
    ]

    assert missing == []


def test_every_error_that_is_raised_has_a_row() -> None:
    abstract = [
        each.__qualname__
        for each in every_error_class()
        if not hasattr(each, "row") and not each.__subclasses__()
    ]

    assert abstract == []


def test_a_code_means_one_thing() -> None:
    counted = Counter(row.code for row in TABLE)

    assert [code for code, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_a_row_can_be_shown_to_anybody(row: object) -> None:
    text = str(row)

    assert "Traceback" not in text
    assert "None" not in text


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == page(), (
        "write it anew: python -m weir.bffs.error_table > docs/reference/errors.md"
    )


def test_the_errors_that_clients_read_by_default_are_those_with_a_status() -> None:
    assert {*DEFAULT_CODES} == {*ERROR_BY_CODE}
