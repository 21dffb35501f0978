"""Readers of what clients and services send take time in proportion to its length.

All units, at more sizes, are in tests/verify.
"""

import pytest

from tests.support.growth import LINEAR, QUICK
from tests.support.readers import FEW_UNITS, READERS, reader_exponent


@pytest.mark.parametrize("name", READERS)
def test_a_reader_is_linear(name: str) -> None:
    exponents = {unit: reader_exponent(name, unit, QUICK) for unit in FEW_UNITS}

    assert max(exponents.values()) <= LINEAR, exponents
