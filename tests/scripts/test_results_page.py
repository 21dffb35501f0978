"""The tables of a page of results are replaced by what tests print."""

import pytest

from tests.support.demo import ROOT
from tests.support.results_page import UnknownTable, with_results

PAGE = """\
# Results

<!-- test_none -->
```text
earlier
```

Text.

<!-- test_one -->
```text
old

table
```
"""


def test_a_table_is_the_output_of_its_test() -> None:
    written = with_results(PAGE, {"test_one": "\n\nnew  \n\ntable\n\n"})

    assert "```text\nnew\n\ntable\n```" in written
    assert "old" not in written
    assert "earlier" in written


def test_an_output_without_a_table_is_an_error() -> None:
    with pytest.raises(UnknownTable, match="test_other"):
        with_results(PAGE, {"test_other": "output"})


def test_the_page_on_faults_has_a_table_for_each_proof() -> None:
    page = (ROOT / "docs" / "results" / "chaos.md").read_text()
    proofs = {each.stem for each in (ROOT / "tests/verify/chaos").glob("test_*.py")}

    # The cases of one upstream are asserted alone: their numbers differ with the load.
    written = with_results(page, dict.fromkeys(proofs - {"test_one_upstream"}, "new"))

    assert written.count("\nnew\n") == len(proofs) - 1
