"""A graph whose REST façade has every form of parameter, body and response."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum
class Kind(Enum):
    FILM = "FILM"
    SERIES = "SERIES"


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Person(Node):
    name: str = strawberry.field(description="The name as in the credits.")


@strawberry.type
class Title(Node):
    name: str
    kind: Kind
    year: int
    rating: float | None
    is_silent: bool
    director: Person | None
    tags: list[str]


@strawberry.type
class TitleEdge:
    node: Title
    cursor: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class TitleConnection:
    edges: list[TitleEdge]
    page_info: PageInfo
    total_count: int


@strawberry.input
class TitleFilter:
    kind: Kind | None = None
    text: str | None = None
    since: int | None = None


@strawberry.input
class NewTitle:
    name: str
    kind: Kind = Kind.FILM
    year: int
    tags: list[str] | None = None
    rating: float | None = None


LANG = Person(id=strawberry.ID("p1"), name="Fritz Lang")
TITLES = [
    Title(
        id=strawberry.ID(str(number)),
        name=name,
        kind=Kind.SERIES if number % 3 == 0 else Kind.FILM,
        year=1920 + number,
        rating=None if number % 2 else 8.0,
        is_silent=number < 8,
        director=LANG if number % 2 else None,
        tags=["classic"] * (number % 3),
    )
    for number, name in enumerate(("M", "Metropolis", "Fury", "Spies", "Gold"), 1)
]


def _fits(title: Title, filter_: TitleFilter | None) -> bool:
    if filter_ is None:
        return True
    return (
        (filter_.kind is None or title.kind is filter_.kind)
        and (filter_.text or "") in title.name
        and (filter_.since is None or title.year >= filter_.since)
    )


def _title(id_: strawberry.ID) -> Title | None:
    return next((each for each in TITLES if each.id == id_), None)


@strawberry.type
class Query:
    @strawberry.field
    def titles(
        self,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: TitleFilter | None = None,  # noqa: A002 - the argument's name
    ) -> TitleConnection:
        found = [title for title in TITLES if _fits(title, filter)]
        ids = [str(each.id) for each in found]
        start = ids.index(after) + 1 if after in ids else 0
        end = ids.index(before) if before in ids else len(ids)
        if first is not None:
            end = min(end, start + max(first, 0))
        elif last is not None:
            start = max(start, end - max(last, 0))
        shown = found[start:end]
        return TitleConnection(
            edges=[TitleEdge(node=each, cursor=str(each.id)) for each in shown],
            page_info=PageInfo(
                has_next_page=end < len(found),
                has_previous_page=start > 0,
                start_cursor=str(shown[0].id) if shown else None,
                end_cursor=str(shown[-1].id) if shown else None,
            ),
            total_count=len(found),
        )

    @strawberry.field
    def title(self, id: strawberry.ID, language: str = "en") -> Title | None:  # noqa: A002
        del language
        return _title(id)

    @strawberry.field
    def by_id(self, ids: list[strawberry.ID]) -> list[Title | None]:
        return [_title(each) for each in ids]

    @strawberry.field
    def node(self, id: strawberry.ID) -> Node | None:  # noqa: A002
        return LANG if id == LANG.id else _title(id)

    @strawberry.field
    def count(self, kind: Kind | None = None) -> int:
        return sum(kind in {None, each.kind} for each in TITLES)

    @strawberry.field
    def count_of(self, kinds: list[Kind] | None = None) -> int:
        return sum(kinds is None or each.kind in kinds for each in TITLES)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def add(self, title: NewTitle) -> Title:
        return Title(
            id=strawberry.ID("9"),
            name=title.name,
            kind=title.kind,
            year=title.year,
            rating=title.rating,
            is_silent=False,
            director=None,
            tags=title.tags or [],
        )

    @strawberry.mutation
    def rate(self, id: strawberry.ID, rating: float, note: str | None = None) -> Title:  # noqa: A002
        del note
        return Title(
            id=id,
            name="M",
            kind=Kind.FILM,
            year=1931,
            rating=rating,
            is_silent=False,
            director=LANG,
            tags=[],
        )

    @strawberry.mutation
    def remove(self, id: strawberry.ID) -> bool:  # noqa: A002
        return bool(id)


schema = strawberry.federation.Schema(
    query=Query, mutation=Mutation, types=[Person, Title]
)
