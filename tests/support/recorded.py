"""Where the recorded cases are: beside the checkout, or where WEIR_SHARED says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(
    os.environ.get("WEIR_SHARED", Path(__file__).resolve().parents[3] / "shared")
)


def recorded_cases(file: str, *, ok: bool = False) -> list[Any]:
    """The cases of a file, as parameters; one visible skip where there are none.

    `ok` leaves out those that end in an error.
    """
    path = SHARED / "cases" / file
    if not path.exists():
        reason = f"no recorded cases at {path}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [
        pytest.param(case, id=case["id"])
        for case in cases
        if case["expect"]["ok"] or not ok
    ]


def conformance_suites() -> list[Any]:
    """The folders of the conformance suites, as parameters."""
    folder = SHARED / "conformance" / "suites"
    if not folder.exists():
        reason = f"no conformance suites at {folder}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(each, id=each.name) for each in sorted(folder.iterdir())]
