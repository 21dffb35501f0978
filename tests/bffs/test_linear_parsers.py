"""Parsers of messages, documents, variables and replies take linear time.

CPU time, which also has what C code does, is measured in tests/verify/growth, and
documents in tests/resolvers/operation/test_growth.py.
"""

import pytest

from tests.support.growth import LINEAR, Sizes, opcode_growth_exponent
from tests.support.parsers.table import PARSERS


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (group, name)
        for group, parsers in PARSERS.items()
        for name in parsers
        if group != "documents"
    ],
)
def test_a_parser_executes_a_linear_number_of_opcodes(group: str, name: str) -> None:
    parser = PARSERS[group][name]

    exponent = opcode_growth_exponent(
        parser.compute, parser.make, Sizes(parser.traced.smallest, doublings=5)
    )

    assert exponent <= LINEAR
