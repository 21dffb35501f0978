"""What is invented about viewers, the same in every process that asks.

Everything here follows from the ids alone: no clock, no state, no order of calls, so
two instances of a service cannot disagree.
"""

from random import Random

from examples.streaming.dataset import featured

USERS = 200
STARTED_PER_USER = 12


def seeded(*parts: object) -> Random:
    """A source of choices that depends on `parts` alone."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - invents data, no secrets


def user_ids() -> tuple[str, ...]:
    return tuple(f"u{number}" for number in range(1, USERS + 1))


def started_positions(user_id: str) -> dict[str, int]:
    """Where `user_id` stopped: seconds by title id, the last one watched first."""
    rng = seeded("started", user_id)
    return {
        title.id: rng.randrange(60, (title.duration_s or 3600) - 60)
        for title in rng.sample(featured()[:400], STARTED_PER_USER)
    }
