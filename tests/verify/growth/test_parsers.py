"""Parsers of messages, documents, variables and replies are linear."""

from time import thread_time

from tests.support.growth import LINEAR, Growing, Growth, growth_of
from tests.support.parsers.table import PARSERS


def test_every_parser_is_linear() -> None:
    steep: dict[tuple[str, str], Growth] = {}
    for group, parsers in PARSERS.items():
        print(f"\n{group:40}  size   CPU ms  exponent  opcodes\n")
        for name, parser in parsers.items():
            growth = growth_of(parser)
            largest = max(parser.sizes)
            print(
                f"{name:40}{largest:6} {_ms(parser, largest):8.2f}"
                f" {growth.time:9.2f} {growth.opcodes:8.2f}"
            )
            if max(growth) > LINEAR:
                steep[group, name] = growth
    assert steep == {}


def _ms(parser: Growing, size: int) -> float:
    value = parser.make(size)
    started_s = thread_time()
    parser.compute(value)
    return (thread_time() - started_s) * 1000
