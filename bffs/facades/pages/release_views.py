"""The releases of a REST API as the portal shows them, with their changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.diff import openapi_diff
from weir.bffs.facades.openapi.document import openapi_document
from weir.schema.diff import Change


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release with what it has changed; the first one has no changes."""

    title: str
    changes: tuple[Change, ...]


def release_views(api: RestApi) -> tuple[ReleaseView, ...]:
    """Return the releases of an API, the last one first."""
    return tuple(_views(api))[::-1]


def _views(api: RestApi) -> Iterator[ReleaseView]:
    for release in api.releases[:1]:
        yield ReleaseView(release.day.isoformat(), ())
    for before, release in pairwise(api.releases):
        changes = openapi_diff(before.document, release.document)
        yield ReleaseView(release.day.isoformat(), changes)
    for release in api.releases[-1:]:
        if changes := openapi_diff(release.document, openapi_document(api)):
            yield ReleaseView("Since then", changes)
