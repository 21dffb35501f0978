"""Readers of header fields are linear, shown over 8 doublings."""

from tests.support.growth import FULL, LINEAR, Growth
from tests.support.readers import (
    READERS,
    UNITS,
    reader_exponent,
    reader_opcode_exponent,
)


def test_every_reader_is_linear_in_every_unit() -> None:
    steepest: dict[str, Growth] = {}
    print("the steepest exponents among values that repeat a unit, to 64 KiB\n")
    print(f"{'':34}  CPU time        opcodes")
    for name in READERS:
        times = {unit: reader_exponent(name, unit, FULL) for unit in UNITS}
        opcodes = {unit: reader_opcode_exponent(name, unit) for unit in UNITS}
        by_time = max(times, key=lambda unit: times[unit])
        by_opcodes = max(opcodes, key=lambda unit: opcodes[unit])
        steepest[name] = Growth(times[by_time], opcodes[by_opcodes])
        print(
            f"{name:34} {times[by_time]:5.2f}  {_shown(by_time):8}"
            f"{opcodes[by_opcodes]:5.2f}  {_shown(by_opcodes)}"
        )
    assert {name for name, each in steepest.items() if max(each) > LINEAR} == set()


def _shown(unit: bytes) -> str:
    return repr(unit)[1:]
