import pytest

from weir.gateway.upstreams.instances.health import HealthStatus, InstanceHealth
from weir.gateway.upstreams.model.policy import HealthPolicy

POLICY = HealthPolicy(
    passive_failures=3,
    ejected_for_s=10.0,
    max_ejected_s=35.0,
    unhealthy_after=2,
    interval_s=30.0,
    recheck_s=1.0,
)
HEALTHY, EJECTED, UNHEALTHY = HealthStatus


class Story:
    """An instance's health, with what it told."""

    def __init__(self, policy: HealthPolicy = POLICY) -> None:
        self.told: list[tuple[bool, str]] = []
        self.may_eject = True
        self.health = InstanceHealth(
            policy,
            lambda ok, why, _: self.told.append((ok, why)),
            lambda _: self.may_eject,
        )

    def fails(
        self,
        times: int,
        now_s: float,
        *,
        unreached: bool = False,
        client: str | None = "a",
    ) -> None:
        for _ in range(times):
            self.health.attempt_failed(client, unreached=unreached, now_s=now_s)


def test_failures_in_a_row_eject_for_a_time() -> None:
    story = Story()

    story.fails(2, 0.0)
    story.health.attempt_succeeded("a", 0.0)
    story.fails(2, 0.0)
    assert story.health.status(0.0) is HEALTHY
    story.fails(1, 0.0)
    assert story.health.status(9.9) is EJECTED
    assert story.health.status(10.0) is HEALTHY
    assert story.told == [(False, "attempts failed")]


def test_failing_at_once_again_ejects_for_twice_as_long_up_to_the_most() -> None:
    story = Story()
    story.fails(3, 0.0)

    now_s = 10.0
    for seconds in (20.0, 35.0, 35.0):
        story.fails(1, now_s)
        assert story.health.status(now_s + seconds - 0.1) is EJECTED
        now_s += seconds
        assert story.health.status(now_s) is HEALTHY


def test_a_success_after_the_ejection_forgives_all() -> None:
    story = Story()
    story.fails(3, 0.0)

    story.health.attempt_succeeded("a", 10.0)
    story.fails(2, 10.0)
    assert story.health.status(10.0) is HEALTHY
    story.fails(1, 10.0)
    assert story.health.status(20.0) is HEALTHY
    assert story.told[1] == (True, "an attempt succeeded")


def test_attempts_that_began_before_the_ejection_do_not_lengthen_it() -> None:
    story = Story()
    story.fails(3, 0.0)

    story.fails(50, 1.0)

    assert story.health.status(10.0) is HEALTHY


def test_an_instance_that_cannot_be_reached_is_down_until_a_check_finds_it() -> None:
    story = Story()
    story.fails(3, 0.0, unreached=True)
    assert story.health.status(1.0) is UNHEALTHY

    story.health.check_passed(1.0)

    assert story.health.status(1.0) is HEALTHY
    assert story.told[1] == (True, "the check passed")


def test_a_passed_check_does_not_excuse_bad_answers() -> None:
    story = Story()
    story.fails(3, 0.0)

    story.health.check_passed(1.0)

    assert story.health.status(1.0) is EJECTED


def test_checks_alone_take_an_instance_out_and_back_in() -> None:
    story = Story()

    story.health.check_failed(0.0)
    assert story.health.status(0.0) is HEALTHY
    story.health.check_failed(1.0)
    assert story.health.status(1.0) is UNHEALTHY
    story.health.check_passed(2.0)
    assert story.health.status(2.0) is HEALTHY
    assert story.told == [(False, "the check failed"), (True, "the check passed")]


def test_bad_answers_do_not_eject_while_too_many_are_out() -> None:
    story = Story()
    story.may_eject = False

    story.fails(9, 0.0)
    assert story.health.status(0.0) is HEALTHY
    story.may_eject = True
    story.fails(1, 1.0)
    assert story.health.status(1.0) is EJECTED


def test_one_that_cannot_be_reached_is_out_however_many_are() -> None:
    story = Story()
    story.may_eject = False

    story.fails(3, 0.0, unreached=True)

    assert story.health.status(0.0) is UNHEALTHY


def test_one_that_is_not_ejected_for_others_sake_is_down_by_one_failed_check() -> None:
    story = Story()
    story.may_eject = False
    story.fails(3, 0.0)

    story.health.check_failed(1.0)

    assert story.health.status(1.0) is UNHEALTHY


def test_one_failed_check_is_enough_where_attempts_fail_as_well() -> None:
    story = Story()
    story.fails(3, 0.0)

    story.health.check_failed(1.0)

    assert story.health.status(1.0) is UNHEALTHY


def test_without_checks_attempts_find_out_soon_whether_an_instance_is_back() -> None:
    story = Story(HealthPolicy(active=False, recheck_s=1.0))
    story.fails(3, 0.0, unreached=True)

    assert story.health.status(0.9) is UNHEALTHY
    assert story.health.status(1.0) is HEALTHY
    story.fails(1, 1.0, unreached=True)
    assert story.health.status(1.9) is UNHEALTHY
    assert story.health.status(2.0) is HEALTHY


def test_the_failures_of_one_client_do_not_eject_while_others_succeed() -> None:
    story = Story()
    story.health.attempt_succeeded("b", 0.0)

    story.fails(50, 1.0)
    story.fails(50, 1.0, unreached=True)

    assert story.health.status(1.0) is HEALTHY
    story.health.check_failed(1.0)
    assert story.health.status(1.0) is HEALTHY, "its failures make no check decisive"


def test_the_failures_of_two_clients_eject() -> None:
    story = Story()
    story.health.attempt_succeeded("c", 0.0)

    story.fails(50, 1.0)
    story.fails(3, 1.0, client="b")

    assert story.health.status(1.0) is EJECTED


def test_the_failures_of_one_client_eject_once_the_last_success_is_old() -> None:
    story = Story()
    story.health.attempt_succeeded("b", 0.0)

    story.fails(3, 10.1)

    assert story.health.status(10.1) is EJECTED


def test_a_refused_connection_is_not_blamed_on_a_client() -> None:
    story = Story()
    story.health.attempt_succeeded("b", 0.0)

    story.fails(3, 1.0, unreached=True, client=None)

    assert story.health.status(1.0) is UNHEALTHY


@pytest.mark.parametrize(
    ("history", "expected_s"),
    [("", 30.0), ("c", 1.0), ("cc", 1.0), ("aaa", 1.0), ("cp", 30.0), ("a", 30.0)],
)
def test_where_there_is_doubt_the_next_check_is_soon(
    history: str, expected_s: float
) -> None:
    health = Story().health
    for event in history:
        match event:
            case "c":
                health.check_failed(0.0)
            case "p":
                health.check_passed(0.0)
            case _:
                health.attempt_failed("a", unreached=False, now_s=0.0)

    assert health.next_check_s(0.0) == expected_s
