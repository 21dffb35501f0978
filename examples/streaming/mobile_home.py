"""home: the view model of the mobile app, a subgraph of the façade `mobile` alone.

The home screen comes as the app draws it: rows of titles, each with at most one badge.
The rows are those of the recommendations service. `Title.badge` requires ratings of the
catalog, which the planner fetches before.
"""

from enum import Enum
from typing import TypeAlias

import strawberry

from examples.streaming.ratings import AUDIENCES_LOVE, CRITICS_LOVE, Ratings, rated
from examples.streaming.viewer import MOST_ROWS, MOST_TITLES_PER_ROW, check
from examples.streaming.viewer_loaders import ROWS, RowsKey
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.pure import pure

Info: TypeAlias = strawberry.Info[ExecutionContext, None]


@strawberry.enum
class BadgeKind(Enum):
    CRITICS = "CRITICS"
    AUDIENCE = "AUDIENCE"


@strawberry.type
class Badge:
    """A short text on the poster of a title."""

    kind: BadgeKind
    text: str


@pure
def badge_of(title: strawberry.Parent["Title"]) -> Badge | None:
    """Return the badge of a title, None if neither critics nor audiences love it."""
    percent, imdb = title.ratings.tomato_meter, title.ratings.imdb
    if percent is not None and percent >= CRITICS_LOVE:
        return Badge(kind=BadgeKind.CRITICS, text=f"{percent} % of critics")
    if imdb >= AUDIENCES_LOVE:
        return Badge(kind=BadgeKind.AUDIENCE, text=f"{imdb:.1f} of 10")
    return None


@strawberry.federation.type(keys=["id"])
class Title:
    """A title, whose other data is in other subgraphs."""

    id: strawberry.ID
    ratings: Ratings = strawberry.federation.field(external=True, default=None)

    badge: Badge | None = strawberry.federation.field(
        resolver=badge_of, requires=["ratings { imdb tomatoMeter }"]
    )

    @classmethod
    def resolve_reference(
        cls,
        id: strawberry.ID,  # noqa: A002 - the key's name
        ratings: JSONObject | None = None,
    ) -> "Title":
        return cls(id=id) if ratings is None else cls(id=id, ratings=rated(ratings))


@strawberry.type
class Row:
    """A row of the home screen."""

    id: strawberry.ID
    name: str
    titles: list[Title]


@strawberry.type
class Home:
    """The home screen of a user."""

    user_id: strawberry.Private[str]

    @strawberry.field
    async def rows(
        self, info: Info, first: int = 10, titles_per_row: int = 40
    ) -> list[Row] | None:
        """None if there is no such user."""
        check("first", first, MOST_ROWS)
        check("titlesPerRow", titles_per_row, MOST_TITLES_PER_ROW)
        key = RowsKey(self.user_id, first, titles_per_row)
        found = await info.context.load(ROWS, key)
        return None if found is None else [row_of(each) for each in found]


@strawberry.type
class Query:
    @strawberry.field
    @pure
    def home(self, user: strawberry.ID) -> Home:
        return Home(user_id=str(user))


def row_of(row: JSONObject) -> Row:
    return Row(
        id=row["id"],
        name=row["name"],
        titles=[Title(id=entry["id"]) for entry in row["titles"]],
    )


schema = strawberry.federation.Schema(query=Query, federation_version="2.5")
