"""The linked specifications that a reader of a supergraph must understand."""

from collections.abc import Iterator

from weir.schema.link.links import JOIN_IDENTITY, SPECS, Links
from weir.schema.link.url import FeatureUrl, Version

_JOIN_VERSIONS = frozenset({Version(0, 3), Version(0, 4), Version(0, 5)})
_KNOWN = frozenset(
    f"{SPECS}/{name}"
    for name in (
        "link",
        "tag",
        "inaccessible",
        "authenticated",
        "requiresScopes",
        "policy",
        "cost",
        "context",
        "cacheTag",
    )
)


def not_understood(links: Links) -> Iterator[str]:
    """Yield the URLs of links with a purpose whose specification is not supported."""
    for link in links:
        if link.purpose is not None and not _is_understood(link.url):
            yield str(link.url)


def _is_understood(url: FeatureUrl) -> bool:
    if url.identity == JOIN_IDENTITY:
        return url.version in _JOIN_VERSIONS
    return url.identity in _KNOWN
