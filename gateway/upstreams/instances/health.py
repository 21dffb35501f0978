"""The health of an instance, by active checks and by the results of attempts.

- Active checks request a path. `unhealthy_after` consecutive failures make the instance
  unhealthy; one failure does if attempts fail as well. A success makes it healthy.
- Attempts are passive checks. `passive_failures` consecutive failures eject the
  instance for a time, which is doubled if it fails again at once. The failures of one
  client do not count while other clients succeed: its requests are the likely cause.
  But a request that another instance then responds to is not the cause of its failure.
  If many instances fail together, a common dependency is the likely cause. The share of
  instances that are ejected for their responses is therefore limited. The limit does
  not apply to instances that cannot be reached.

Passed checks end an ejection only if the instance could not be *reached*: they prove
that the process runs, not that its slow or failing handlers work. An instance that was
ejected for its responses is used if no healthy one is left. One that could not be
reached, or fails its checks, is unhealthy. It is only used if all are.
"""

from collections.abc import Callable
from enum import Enum
from math import inf
from typing import TypeAlias

from weir.gateway.upstreams.blame.recent_clients import RecentClients
from weir.gateway.upstreams.blame.suspect import Suspect
from weir.gateway.upstreams.model.policy import HealthPolicy


class HealthStatus(Enum):
    """The health of an instance, for the selection."""

    HEALTHY = "healthy"
    EJECTED = "ejected"
    UNHEALTHY = "unhealthy"


OnHealthChange: TypeAlias = Callable[[bool, str, float], None]
"""A function of whether the instance is healthy, the reason, and the time."""

OnRecord: TypeAlias = Callable[[], None]
"""Called when `unhealthy_until_s` may have changed, before an OnHealthChange."""

MayEject: TypeAlias = Callable[[float], bool]
"""A function of the time: whether one more instance may be ejected."""


def _always(_: float) -> bool:
    return True


def _ignored() -> None: ...


class InstanceHealth:
    """The health of one instance, by the results that are recorded."""

    __slots__ = (
        "_ejected_until_s",
        "_ejections",
        "_failures",
        "_may_eject",
        "_on_change",
        "_on_record",
        "_policy",
        "_reported_healthy",
        "_succeeded",
        "_suspect",
        "_unreached",
        "check_failures",
        "failing_checks",
        "is_impaired",
        "recovered_s",
    )

    def __init__(
        self,
        policy: HealthPolicy,
        on_change: OnHealthChange,
        may_eject: MayEject = _always,
        on_record: OnRecord = _ignored,
    ) -> None:
        self._policy = policy
        self._on_change = on_change
        self._on_record = on_record
        self._may_eject = may_eject
        self._reported_healthy = True
        self.check_failures = 0
        self._failures = 0
        self._ejections = 0
        self._ejected_until_s = 0.0
        self._unreached = False
        self._suspect = Suspect()
        self._succeeded = RecentClients()
        self.failing_checks = False
        self.recovered_s = -inf
        self.is_impaired = False
        """Whether the instance is not healthy, or recovers from an ejection."""

    def status(self, now_s: float) -> HealthStatus:
        """Return the health of the instance at `now_s`."""
        if self.failing_checks:
            return HealthStatus.UNHEALTHY
        if now_s >= self._ejected_until_s:
            return HealthStatus.HEALTHY
        return HealthStatus.UNHEALTHY if self._unreached else HealthStatus.EJECTED

    @property
    def unhealthy_until_s(self) -> float:
        """The time until which it is not healthy; that of a healthy one is past."""
        return inf if self.failing_checks else self._ejected_until_s

    @property
    def on_probation(self) -> bool:
        """Whether no attempt has succeeded since an ejection.

        The instance then gets one call at a time.
        """
        return self._ejections > 0

    def next_check_s(self, now_s: float) -> float:
        """Return the delay before the next active check, shorter after failures."""
        sure = self.status(now_s) is HealthStatus.HEALTHY and not self.check_failures
        return self._policy.interval_s if sure else self._policy.recheck_s

    def attempt_succeeded(self, client: str, now_s: float) -> None:
        """Record a response without a server error."""
        self._failures = 0
        self._succeeded.add(client, now_s)
        if self._reported_healthy and not self.is_impaired:
            return
        if now_s >= self._ejected_until_s:
            self._ejections = 0
            self._report("an attempt succeeded", now_s)

    def attempt_failed(
        self, client: str | None, *, unreached: bool, now_s: float
    ) -> bool:
        """Record a failed attempt; `unreached` if there was no connection.

        Without a `client`, the request of a client cannot be the cause. Return whether
        the client is blamed, so that the failure does not count.
        """
        if now_s < self._ejected_until_s:
            return False
        if client is not None and self._is_blamed(client, now_s):
            return True
        self._failures += 1
        if self._fails_attempts and (unreached or self._may_eject(now_s)):
            self._eject(unreached=unreached, now_s=now_s)
        return False

    def check_passed(self, now_s: float) -> None:
        """Record a passed active check."""
        self.check_failures = 0
        self.failing_checks = False
        if self._unreached:
            self._ejected_until_s = now_s
            self._failures = 0
        self._report("the check passed", now_s)

    def check_failed(self, now_s: float, failures: int | None = None) -> None:
        """Record a failed active check.

        It is the last of so many consecutive `failures`, by default one more.
        """
        self.check_failures = failures or self.check_failures + 1
        ejected = now_s < self._ejected_until_s
        if (
            ejected
            or self._fails_attempts
            or self.check_failures >= self._policy.unhealthy_after
        ):
            self.failing_checks = True
        self._report("the check failed", now_s)

    @property
    def _fails_attempts(self) -> bool:
        return self._failures >= self._policy.passive_failures

    def _is_blamed(self, client: str, now_s: float) -> bool:
        """Return whether only this client fails, while others succeed."""
        is_alone = self._suspect.failed(client, now_s)
        return is_alone and self._succeeded.has_other(client, now_s)

    def _eject(self, *, unreached: bool, now_s: float) -> None:
        self._ejections += 1
        self._unreached = unreached
        # One failure after the ejection is enough to eject again.
        self._failures = self._policy.passive_failures - 1
        self._ejected_until_s = now_s + self._ejection_s()
        self._report("attempts failed", now_s)

    def _ejection_s(self) -> float:
        """Return the length of this ejection.

        Without checks, only an attempt can find out that the process is running again.
        It costs no more than a refused connection, so it is made as often as a check.
        """
        policy = self._policy
        if self._unreached and not policy.active:
            return policy.recheck_s
        doubled = policy.ejected_for_s * 2.0 ** min(self._ejections - 1, 30)
        return min(doubled, policy.max_ejected_s)

    def _report(self, reason: str, now_s: float) -> None:
        self.is_impaired = self._ejections > 0 or self.failing_checks
        self._on_record()
        healthy = self.status(now_s) is HealthStatus.HEALTHY
        if healthy is not self._reported_healthy:
            self._reported_healthy = healthy
            if healthy:
                self.recovered_s = now_s
            self._on_change(healthy, reason, now_s)
