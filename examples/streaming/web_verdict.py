"""verdict: the view model of the web page, a subgraph of the façade `web` alone.

The page has a line on the reception of a title. `Title.verdict` requires ratings of the
catalog, which the planner fetches before.
"""

import strawberry

from examples.streaming.ratings import AUDIENCES_LOVE, CRITICS_LOVE, Ratings, rated
from weir.gateway.json_types import JSONObject
from weir.resolvers.pure import pure


@pure
def verdict_of(title: strawberry.Parent["Title"]) -> str | None:
    """Return the verdict on a title, None if neither critics nor audiences love it."""
    percent = title.ratings.tomato_meter or 0
    match percent >= CRITICS_LOVE, title.ratings.imdb >= AUDIENCES_LOVE:
        case True, True:
            return "Loved by critics and audiences"
        case True, False:
            return "Loved by critics"
        case False, True:
            return "Loved by audiences"
        case _:
            return None


@strawberry.federation.type(keys=["id"])
class Title:
    """A title, whose other data is in other subgraphs."""

    id: strawberry.ID
    ratings: Ratings = strawberry.federation.field(external=True, default=None)

    verdict: str | None = strawberry.federation.field(
        resolver=verdict_of, requires=["ratings { imdb tomatoMeter }"]
    )

    @classmethod
    def resolve_reference(
        cls,
        id: strawberry.ID,  # noqa: A002 - the key's name
        ratings: JSONObject | None = None,
    ) -> "Title":
        return cls(id=id) if ratings is None else cls(id=id, ratings=rated(ratings))


schema = strawberry.federation.Schema(types=[Title], federation_version="2.5")
