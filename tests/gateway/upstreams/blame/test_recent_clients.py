import pytest

from weir.gateway.upstreams.blame.recent_clients import RECENT_S, RecentClients


@pytest.mark.parametrize(
    ("seen", "client", "has_other"),
    [
        ("", "a", False),
        ("a", "a", False),
        ("a", "b", True),
        ("ab", "a", True),
        ("ba", "a", True),
        ("abaaaa", "a", True),
        ("bbbb", "b", False),
    ],
)
def test_another_client_is_known_however_often_one_is_seen(
    seen: str, client: str, *, has_other: bool
) -> None:
    clients = RecentClients()
    for each in seen:
        clients.add(each, 0.0)

    assert clients.has_other(client, 0.0) is has_other


def test_a_client_is_evidence_for_ten_seconds() -> None:
    clients = RecentClients()
    clients.add("b", 0.0)
    clients.add("a", 9.0)

    assert clients.has_other("a", RECENT_S)
    assert not clients.has_other("a", RECENT_S + 0.1)
