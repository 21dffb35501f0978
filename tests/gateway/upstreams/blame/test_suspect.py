import pytest

from weir.gateway.upstreams.blame.recent_clients import RECENT_S
from weir.gateway.upstreams.blame.suspect import Suspect


@pytest.mark.parametrize(
    ("failures", "blamed"),
    [
        ("a", "+"),
        ("aaaa", "++++"),
        ("ab", "+-"),
        ("aabaaa", "++-+++"),
        ("abababab", "+-+-+-+-"),
        ("abcdefgh", "+-------"),
        # A client that fails by chance does not shield the one that always fails.
        ("abbbbb", "+--+++"),
        ("aaaabbbbb", "++++---++"),
    ],
)
def test_the_failures_of_the_suspect_are_blamed_on_it(
    failures: str, blamed: str
) -> None:
    suspect = Suspect()

    found = "".join("+" if suspect.failed(each, 0.0) else "-" for each in failures)

    assert found == blamed


def test_old_failures_are_not_evidence() -> None:
    suspect = Suspect()
    suspect.failed("a", 0.0)

    assert suspect.failed("b", RECENT_S + 0.1)
    assert suspect.client == "b"
