from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from weir.resolvers.operation.conditions import (
    ALWAYS,
    Condition,
    Conjunction,
    both,
    either,
    either_of,
)
from weir.resolvers.operation.conditions import given as given_that

VARIABLES = ("a", "b", "c")
literals = st.tuples(st.sampled_from(VARIABLES), st.booleans())
conjunctions = st.dictionaries(
    st.sampled_from(VARIABLES), st.booleans(), min_size=1
).map(lambda chosen: tuple(sorted(chosen.items())))
conditions = st.lists(conjunctions, min_size=1, max_size=4).map(either_of)


def holds(condition: Condition, values: dict[str, bool]) -> bool:
    return not condition or any(
        all(values[name] == wanted for name, wanted in each) for each in condition
    )


def assignments() -> list[dict[str, bool]]:
    return [
        dict(zip(VARIABLES, values, strict=True))
        for values in product((True, False), repeat=3)
    ]


@given(conditions, conditions)
def test_either_holds_where_one_of_two_does(one: Condition, other: Condition) -> None:
    for values in assignments():
        expected = holds(one, values) or holds(other, values)
        assert holds(either(one, other), values) == expected


@given(conditions, conjunctions)
def test_both_holds_where_the_condition_and_all_literals_do(
    one: Condition, more: Conjunction
) -> None:
    narrowed = both(one, more)
    for values in assignments():
        expected = holds(one, values) and holds((more,), values)
        assert (narrowed is not None and holds(narrowed, values)) == expected


@given(conditions, conjunctions)
def test_conditions_that_are_known_to_hold_are_left_out(
    one: Condition, known: Conjunction
) -> None:
    simpler = given_that(one, known)
    for values in assignments():
        if holds((known,), values) and both(one, known) is not None:
            assert holds(simpler, values) == holds(one, values)


def test_opposites_cancel() -> None:
    assert either_of([(("a", True),), (("a", False),)]) == ALWAYS


def test_too_many_alternatives_become_always() -> None:
    many = [((f"v{number}", True),) for number in range(40)]

    assert either_of(many) == ALWAYS
