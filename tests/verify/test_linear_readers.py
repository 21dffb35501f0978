"""Readers of what clients and services send are linear, shown over 8 doublings."""

import pytest

from tests.support.growth import FULL, LINEAR
from tests.support.readers import READERS, UNITS, reader_exponent


def test_every_reader_is_linear_in_every_unit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exponents = {
        name: {unit: reader_exponent(name, unit, FULL) for unit in UNITS}
        for name in READERS
    }

    with capsys.disabled():
        print(
            f"\nexponent of the thread's CPU time, 256 to {256 << FULL.doublings} bytes"
        )
        for name, of_units in exponents.items():
            unit, exponent = max(of_units.items(), key=lambda each: each[1])
            print(f"  {name:32} {exponent:5.2f}  with {unit!r}")
    steepest = {name: max(of_units.values()) for name, of_units in exponents.items()}
    assert {name for name, each in steepest.items() if each > LINEAR} == set()
