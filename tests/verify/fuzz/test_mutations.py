"""20,000 mutated inputs of each parser: `make fuzz` finds them guided by coverage.

Each is accepted or refused with a code of the error table, in less than 50 ms of CPU
time. An input that breaks this counts if it does so three times more, alone.
"""

import pytest

from tests.support.fuzzing.findings import (
    MOST_S,
    Findings,
    confirmed_error,
    confirmed_s,
)
from tests.support.fuzzing.mutations import mutated
from tests.support.fuzzing.target import FuzzTarget
from tests.support.fuzzing.targets import TARGETS
from weir.gateway.errors import BadRequest

INPUTS = 20_000


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_inputs_are_accepted_or_refused_in_time(name: str) -> None:
    target = TARGETS[name]
    findings = Findings(target)

    for data in mutated(target, INPUTS, seed=1):
        findings.add(data)

    errors = {data: confirmed_error(target, data) for data in findings.broken}
    times_s = {data: confirmed_s(target, data) for _, data in findings.slow}
    print(f"\n{name}: {dict(findings.outcomes.most_common())}")
    print(f"slowest: {max(times_s.values()) * 1000:.1f} ms")
    assert {data: error for data, error in errors.items() if error} == {}
    assert {data: time_s for data, time_s in times_s.items() if time_s > MOST_S} == {}
    assert findings.outcomes["accepted"] > INPUTS / 200


def accepts_all_but(data: bytes) -> None:
    if data == b"bug":
        raise KeyError(data)
    if data == b"bad":
        raise BadRequest
    if data == b"slow":
        sum(range(5_000_000))


def test_a_bug_and_a_slow_input_are_found() -> None:
    target = FuzzTarget(accepts_all_but, (), ())
    findings = Findings(target)

    for data in (b"", b"bug", b"bad", b"slow"):
        findings.add(data)

    assert findings.outcomes == {
        "accepted": 2,
        "! KeyError: b'bug'": 1,
        "BAD_REQUEST": 1,
    }
    assert findings.broken == [b"bug"]
    assert confirmed_error(target, b"bug") == "! KeyError: b'bug'"
    assert findings.slow[0][1] == b"slow"
    assert confirmed_s(target, b"slow") > MOST_S
    assert confirmed_s(target, b"") < MOST_S
