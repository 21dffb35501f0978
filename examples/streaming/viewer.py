"""viewer: the subgraph of view models that runs inside the gateway.

It adds the REST services users and recommendations to the graph. The titles of a row
are stubs with an id: the planner fetches their data from other subgraphs. `User` is an
entity, so that the author of a review has a name, although the reviews service has only
an id. Members see since when others are members, and operators see their countries.
"""

from typing import TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from examples.streaming.viewer_loaders import ROWS, USERS, RowsKey
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.pure import pure

Info: TypeAlias = strawberry.Info[ExecutionContext, None]

MOST_ROWS = 20
MOST_TITLES_PER_ROW = 40


@strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)])
class Title:
    """A title, whose data is in other subgraphs."""

    id: strawberry.ID


@strawberry.federation.type(keys=["id"])
class User:
    """A viewer, without the private data of the users service."""

    id: strawberry.ID
    name: str
    country: str | None = strawberry.federation.field(
        requires_scopes=[["viewers:read"]]
    )
    language: str
    plan: str
    member_since: str | None = strawberry.federation.field(authenticated=True)
    favourite_genres: list[str]
    picture: strawberry.Private[str]

    @strawberry.field
    @pure
    def avatar(self, width: int = 256) -> str:
        """Return the URL of the picture, `width` pixels wide."""
        return f"{self.picture}?width={width}"

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> "User | None":  # noqa: A002 - the key's name
        return await find_user(info, id)


async def find_user(info: Info, user_id: strawberry.ID) -> User | None:
    resource = await info.context.load(USERS, str(user_id))
    return user_of(resource) if resource else None


def user_of(resource: JSONObject) -> User:
    return User(
        id=resource["id"],
        name=resource["name"],
        country=resource["country"],
        language=resource["language"],
        plan=resource["plan"],
        member_since=resource["memberSince"],
        favourite_genres=resource["favouriteGenres"],
        picture=resource["avatar"],
    )


@strawberry.type
class HomeRow:
    """A row of the home screen."""

    id: strawberry.ID
    name: str
    reason: str
    titles: list[Title]


@strawberry.type
class Viewer:
    """The viewer of the screen, and the recommendations for this viewer."""

    id: strawberry.ID

    @strawberry.field
    async def user(self, info: Info) -> User | None:
        """None if there is no such user."""
        return await find_user(info, self.id)

    @strawberry.field
    async def rows(
        self, info: Info, first: int = 10, titles_per_row: int = 40
    ) -> list[HomeRow] | None:
        """None if there is no such user."""
        check("first", first, MOST_ROWS)
        check("titlesPerRow", titles_per_row, MOST_TITLES_PER_ROW)
        key = RowsKey(str(self.id), first, titles_per_row)
        found = await info.context.load(ROWS, key)
        return None if found is None else [home_row(row) for row in found]


@strawberry.type
class Query:
    @strawberry.field
    @pure
    def viewer(self, id: strawberry.ID) -> Viewer:  # noqa: A002 - the argument's name
        return Viewer(id=id)


def check(argument: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        message = f"{argument} must be between 0 and {most}."
        raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def home_row(row: JSONObject) -> HomeRow:
    return HomeRow(
        id=row["id"],
        name=row["name"],
        reason=row["reason"],
        titles=[Title(id=entry["id"]) for entry in row["titles"]],
    )


schema = strawberry.federation.Schema(
    query=Query, types=[User], federation_version="2.5"
)
