"""The fields that a reply may have, and those that it must have."""

import copy
from typing import Any

import pytest

from tests.support.executing import entities, executable, fetch, path, represent
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.run.expected_fields import entity_fields, root_fields
from weir.resolvers.execute.run.overlaps import overlaps
from weir.resolvers.plan.model.nodes import Fetch, Rename

SDL = """
  type Query { users: [User] user: User media: [[Media]] shelf: Shelf }
  type User { id: ID! name: String team: Team friends: [User] }
  type Team { id: ID! name: String lead: User }
  type Shelf { media: Media }
  union Media = Book | Film
  type Book { id: ID! title: String }
  type Film { id: ID! title: String minutes: Int }
"""


def prepared(*fetches: Fetch) -> tuple[Fetch, ...]:
    """Return the fetches with the types that the schema gives their fields."""
    return executable(SDL, "{ __typename }", *fetches).plan.fetches


def trimmed(data: JSONObject, *fetches: Fetch) -> tuple[JSONObject, bool]:
    """Return what is left of a reply to the first of `fetches`."""
    typed = prepared(*fetches)
    left = copy.deepcopy(data)
    is_complete = root_fields(typed[0], overlaps(typed)).trim(left)
    return left, is_complete


TEAM_OF_USER = fetch(1, "a", "{ user { id team { id } } }")


def joining(at: str, selection: str, *types: str) -> Fetch:
    document = f"{{ _entities {{ {selection} }} }}"
    return fetch(2, "b", document, entities(at, represent(" ".join(types), "{ id }")))


TRIMMED: list[tuple[str, Fetch, Fetch, JSONObject, JSONObject]] = [
    (
        "a field that another fetch writes",
        TEAM_OF_USER,
        joining("user", "... on User { name }", "User"),
        {"user": {"id": "1", "name": "Eve", "team": {"id": "t"}}},
        {"user": {"id": "1", "team": {"id": "t"}}},
    ),
    (
        "below objects that only this fetch writes to",
        TEAM_OF_USER,
        joining("user.team", "... on Team { name }", "Team"),
        {"user": {"id": "1", "team": {"id": "t", "name": "Eve", "x": {}}}},
        {"user": {"id": "1", "team": {"id": "t"}}},
    ),
    (
        "in lists of lists, by type",
        fetch(
            1,
            "a",
            "{ media { __typename ... on Book { id } ... on Film { id title } } }",
        ),
        joining("media.@.|Book", "... on Book { title }", "Book"),
        {
            "media": [
                [{"__typename": "Book", "id": "b", "title": "Eve"}, None],
                None,
                [{"__typename": "Film", "id": "f", "title": "Up", "minutes": 1}],
                [{"__typename": ["?"], "id": "x", "title": "Eve"}],
            ]
        },
        {
            "media": [
                [{"__typename": "Book", "id": "b"}, None],
                None,
                [{"__typename": "Film", "id": "f", "title": "Up"}],
                [{"__typename": ["?"]}],
            ]
        },
    ),
    (
        "at the root, which two fetches write to",
        fetch(1, "a", "{ user { id } }"),
        fetch(2, "b", "{ users { id } }"),
        {"user": {"id": "1"}, "users": [{"id": "Eve"}]},
        {"user": {"id": "1"}},
    ),
    (
        "values of the wrong type are left for the projection",
        TEAM_OF_USER,
        joining("user.team", "... on Team { name }", "Team"),
        {"user": [{"id": "1", "team": "text"}]},
        {"user": [{"id": "1", "team": "text"}]},
    ),
]


@pytest.mark.parametrize(
    ("own", "other", "data", "left"),
    [case[1:] for case in TRIMMED],
    ids=[case[0] for case in TRIMMED],
)
def test_a_reply_loses_what_its_fetch_did_not_select(
    own: Fetch, other: Fetch, data: JSONObject, left: JSONObject
) -> None:
    assert trimmed(data, own, other) == (left, True)


def test_where_no_other_fetch_writes_nothing_is_looked_at() -> None:
    data = {"user": {"id": "1", "other": 1, "team": {"other": 1}}}

    assert trimmed(data, TEAM_OF_USER) == (data, True)


def test_renamed_fields_are_compared_by_their_canonical_keys() -> None:
    renamed = Rename(path=path("user"), types=(), sent="team__on_User", key="team")
    own = fetch(
        1, "a", "{ user { id team__on_User: team { id } } }", renames=(renamed,)
    )
    other = joining("user.team", "... on Team { name }", "Team")
    data = {"user": {"id": "1", "team__on_User": {"id": "t", "name": "Eve"}}}

    left, _ = trimmed(data, own, other)

    assert left == {"user": {"id": "1", "team__on_User": {"id": "t"}}}


REQUIRED = """
  query ($if: Boolean!) {
    a: users { id }
    user { id }
    __typename
    sometimes: user @include(if: $if) { id }
    ... @skip(if: $if) { hardly: user { id } }
  }
"""
COMPLETE: list[tuple[JSONObject, bool]] = [
    ({"a": None, "user": None, "__typename": "Query", "sometimes": None}, True),
    ({"a": None, "user": None}, True),
    ({"a": None, "user": {}}, True),
    ({"a": None, "hardly": None}, False),
    ({"user": None, "users": []}, False),
]


@pytest.mark.parametrize(("data", "complete"), COMPLETE)
def test_unconditional_fields_of_the_first_level_are_required(
    data: JSONObject, *, complete: bool
) -> None:
    assert trimmed(data, fetch(1, "a", REQUIRED))[1] is complete


BY_TYPE = "... on Book { title } ... on Film { title minutes }"
BOOK, FILM = {"__typename": "Book", "id": "1"}, {"__typename": "Film", "id": "2"}
MEDIA = {"__typename": "Media", "id": "3"}
ENTITIES: list[tuple[str, JSONObject, JSONObject, JSONObject, bool]] = [
    (BY_TYPE, BOOK, {"title": "T", "id": "Eve"}, {"title": "T"}, True),
    (BY_TYPE, BOOK, {"title": "T", "minutes": 1}, {"title": "T"}, True),
    (BY_TYPE, FILM, {"title": "T"}, {"title": "T"}, False),
    (
        "... on Media { __typename ... on Film { minutes } }",
        MEDIA,
        {"__typename": "Film", "minutes": 1, "id": "Eve"},
        {"__typename": "Film", "minutes": 1},
        True,
    ),
    ("... on Book { title }", BOOK, {"title": "T", "id": "Eve"}, {"title": "T"}, True),
    ("... on Book { title }", BOOK, {"__typename": "Film"}, {}, False),
]


@pytest.mark.parametrize(("selection", "sent", "entity", "left", "complete"), ENTITIES)
def test_an_entity_has_the_fields_of_its_own_type(
    *,
    selection: str,
    sent: JSONObject,
    entity: JSONObject,
    left: JSONObject,
    complete: bool,
) -> None:
    typed = prepared(joining("shelf.media", selection, sent["__typename"]))
    (selected,) = entity_fields(typed[0], overlaps(typed))
    found: list[Any] = [None, copy.deepcopy(entity), "text"]

    assert selected.trim_entities(found, [sent] * 3) is complete
    assert found == [None, left, "text"]
