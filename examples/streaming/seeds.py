"""Invented data about viewers, which is the same in every process.

All data follows from the ids: no clock, no state, no order of calls. So two instances
of a service return the same data.
"""

from random import Random

from examples.streaming.dataset import featured

USERS = 200
STARTED_PER_USER = 12


def seeded(*parts: object) -> Random:
    """Return a random number generator that depends on `parts` alone."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - invents data, no secrets


def user_ids() -> tuple[str, ...]:
    return tuple(f"u{number}" for number in range(1, USERS + 1))


def started_positions(user_id: str) -> dict[str, int]:
    """Return the positions of a user: seconds by title id, the latest title first."""
    rng = seeded("started", user_id)
    return {
        title.id: rng.randrange(60, (title.duration_s or 3600) - 60)
        for title in rng.sample(featured()[:400], STARTED_PER_USER)
    }
