"""100,000 probes for the hidden elements of 2,000 random contracts.

A test is a seed. What fails is shrunk, and its seed is in the name of the test.
"""

from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.bffs.facades.test_hidden_elements import check
from tests.support.hidden_elements import HiddenElements, hidden_elements
from tests.support.seeded_property import check_seeded

SEEDS = range(1, 21)
CONTRACTS_PER_SEED = 100
PROBES = 50


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_no_probe_finds_a_hidden_element(number: int, tmp_path: Path) -> None:
    def run(graph: HiddenElements, data: st.DataObject) -> None:
        check(tmp_path, graph, data, count=PROBES)

    check_seeded(number, hidden_elements(), run, count=CONTRACTS_PER_SEED)
