"""The count of healthy instances is right, and its work grows with the changes only."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import LINEAR, Sizes, opcode_growth_exponent
from weir.gateway.upstreams.instances.health import HealthStatus, InstanceHealth
from weir.gateway.upstreams.instances.healthy_count import HealthyCount
from weir.gateway.upstreams.model.policy import HealthPolicy

POLICY = HealthPolicy(passive_failures=1, unhealthy_after=1, ejected_for_s=5.0)
STEPS = ("succeeded", "failed", "unreached", "passed", "check failed", "later")


class Counted:
    """Instances, one of them twice, whose changes are counted."""

    def __init__(self, instances: int) -> None:
        self.now_s = 0.0
        self.healths: list[InstanceHealth] = []
        for number in range(instances):
            self.healths.append(self._new(number))
        self.count = HealthyCount([*self.healths, *self.healths[:1]])

    def _new(self, number: int) -> InstanceHealth:
        return InstanceHealth(
            POLICY,
            lambda *_: None,
            on_record=lambda: self.count.update(self.healths[number]),
        )

    def happens(self, step: str, instance: int) -> None:
        health, now_s = self.healths[instance], self.now_s
        match step:
            case "succeeded":
                health.attempt_succeeded("a", now_s)
            case "failed" | "unreached":
                unreached = step == "unreached"
                health.attempt_failed(None, unreached=unreached, now_s=now_s)
            case "passed":
                health.check_passed(now_s)
            case "check failed":
                health.check_failed(now_s)
            case _:
                self.now_s += 3.0

    def healthy(self) -> int:
        """Return the number by looking at each of them."""
        statuses = [each.status(self.now_s) for each in self.healths]
        return (statuses + statuses[:1]).count(HealthStatus.HEALTHY)


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=40))
def test_the_count_is_that_of_looking_at_each(steps: list[tuple[str, int]]) -> None:
    counted = Counted(4)
    for step, instance in steps:
        counted.happens(step, instance)
        assert counted.count.at(counted.now_s) == counted.healthy()


def test_an_instance_that_was_replaced_does_not_count() -> None:
    counted = Counted(2)
    counted.count.replace(counted.healths[1:])

    counted.happens("check failed", 0)

    assert counted.count.at(0.0) == 1


def test_many_instances_that_fail_at_once_are_not_quadratic() -> None:
    def fail(counted: Counted) -> None:
        for instance in range(len(counted.healths)):
            counted.happens("check failed", instance)
            counted.count.at(0.0)

    exponent = opcode_growth_exponent(fail, Counted, Sizes(16, doublings=5))

    assert exponent <= LINEAR


def test_an_instance_that_changes_for_ever_takes_no_more_memory() -> None:
    counted = Counted(1)
    for _ in range(1000):
        for step in ("failed", "check failed", "passed", "later", "later", "succeeded"):
            counted.happens(step, 0)
            counted.count.at(counted.now_s)

    assert len(counted.count._ends) < 100  # noqa: SLF001 - its memory
