"""How long an answer may be reused that was made of several replies.

The answer is as old as its oldest part, and stale as soon as one part is. A part of
which nobody said how long it may be reused makes the whole one of that kind.
"""

from collections.abc import Iterable

from resolvers.sources.source import Freshness, Reply


def merged_age_s(replies: Iterable[Reply]) -> float:
    """Return the age of the oldest reply, in seconds."""
    return max((reply.age_s for reply in replies), default=0.0)


def merged_freshness(replies: Iterable[Reply]) -> Freshness:
    """Return how long the answer may be reused, counted from its merged age.

    RFC 9111 section 4.2: a response is fresh while its age is below its lifetime.
    What a part has left is therefore its lifetime less its age.
    """
    replies = tuple(replies)
    age_s = merged_age_s(replies)
    lifetimes = [
        None
        if reply.freshness.max_age_s is None
        else max(0.0, reply.freshness.max_age_s - reply.age_s)
        for reply in replies
    ]
    known = [left for left in lifetimes if left is not None]
    unknown = len(known) < len(lifetimes) or not known
    return Freshness(
        max_age_s=None if unknown else min(known) + age_s,
        private=any(reply.freshness.private for reply in replies),
        no_store=any(reply.freshness.no_store for reply in replies),
    )


def merged_vary(replies: Iterable[Reply]) -> tuple[str, ...]:
    """Return the (sorted, lower-case) names of all header fields that matter."""
    return tuple(sorted({name.lower() for reply in replies for name in reply.vary}))


def cache_control(freshness: Freshness) -> str:
    """Return the value of Cache-Control; "no-store" where nothing is known."""
    if freshness.no_store or freshness.max_age_s is None:
        return "no-store"
    scope = "private" if freshness.private else "public"
    return f"{scope}, max-age={int(freshness.max_age_s)}"
