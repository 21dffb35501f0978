"""What a client's cache is told of an answer."""

from resolvers.provenance import Freshness


def cache_control(freshness: Freshness) -> str:
    """Return the value of Cache-Control; "no-store" where nothing is known."""
    if freshness.no_store or freshness.max_age_s is None:
        return "no-store"
    scope = "private" if freshness.private else "public"
    return f"{scope}, max-age={int(freshness.max_age_s)}"
