from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.server.connection.admission import Admission, Verdict
from weir.gateway.server.limits import ConnectionLimits

LIMITS = ConnectionLimits(connections=3, connections_per_address=2)


def test_the_limit_of_an_address_leaves_room_for_others() -> None:
    admission = Admission(LIMITS)

    verdicts = [admission.enter(address) for address in ("a", "a", "a", "b", "b")]

    assert verdicts == [
        Verdict.ADMITTED,
        Verdict.ADMITTED,
        Verdict.REJECTED,
        Verdict.ADMITTED,
        Verdict.REJECTED,
    ]


def test_answers_to_those_rejected_are_bounded_too() -> None:
    admission = Admission(LIMITS)
    verdicts = [admission.enter(str(number)) for number in range(8)]

    assert verdicts[3:] == [Verdict.REJECTED] * 3 + [Verdict.DROPPED] * 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_whoever_leaves_makes_room(steps: list[tuple[str, bool]]) -> None:
    admission = Admission(LIMITS)
    inside: list[tuple[str, Verdict]] = []
    for address, enters in steps:
        if enters:
            inside.append((address, admission.enter(address)))
        elif inside:
            admission.leave(*inside.pop(0))
        admitted = [a for a, verdict in inside if verdict is Verdict.ADMITTED]
        assert len(admitted) <= LIMITS.connections
        assert all(
            admitted.count(a) <= LIMITS.connections_per_address for a in admitted
        )
    for each in inside:
        admission.leave(*each)

    assert [admission.enter(a) for a in "aab"] == [Verdict.ADMITTED] * 3
