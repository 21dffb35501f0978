"""The GraphQL services, asked in this process."""

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError

from examples.streaming.services import catalog, playback, reviews
from examples.streaming.services.subgraph import Asked, Subgraph, decode_request

ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) %s }"


@pytest.fixture(scope="module")
def catalog_app() -> Subgraph:
    return catalog.create_app(":memory:")


@pytest.fixture
def playback_app(tmp_path: Path) -> Subgraph:
    return playback.create_app(str(tmp_path / "positions.sqlite"))


@pytest.fixture(scope="module")
def reviews_app() -> Subgraph:
    return reviews.create_app(":memory:")


def ask(app: Subgraph, query: str, **variables: Any) -> Any:
    result = app.execute(Asked(query, variables, None))
    assert not result.errors, result.errors
    return result.data


def errors(app: Subgraph, query: str, **variables: Any) -> list[GraphQLError]:
    return app.execute(Asked(query, variables, None)).errors or []


def entities(app: Subgraph, selection: str, *representations: dict[str, Any]) -> Any:
    return ask(app, ENTITIES % selection, of=list(representations))["_entities"]


def test_a_service_returns_its_sdl(catalog_app: Subgraph) -> None:
    sdl = ask(catalog_app, "{ _service { sdl } }")["_service"]["sdl"]

    assert '@key(fields: "id")' in sdl
    assert "_Entity" not in sdl


def test_a_title_has_its_facts(catalog_app: Subgraph) -> None:
    found = ask(
        catalog_app,
        """{ search(q: "amélie") { ... on Title {
             name year durationSeconds director { name } genre { id }
             ratings { imdb } } } }""",
    )

    assert found["search"] == [
        {
            "name": "Le Fabuleux destin d'Amélie Poulain",
            "year": 2001,
            "durationSeconds": 122 * 60,
            "director": {"name": "Jean-Pierre Jeunet"},
            "genre": {"id": "comedy"},
            "ratings": {"imdb": 8.5},
        }
    ]


def test_images_come_by_width_and_format(catalog_app: Subgraph) -> None:
    found = ask(
        catalog_app,
        """{ title(id: "t1") { images(first: 2, kind: STILL) {
             kind url(width: 320, format: AVIF) } } }""",
    )

    assert found["title"]["images"] == [
        {
            "kind": "STILL",
            "url": f"https://images.streaming.example/t1/still-{n}.avif?width=320",
        }
        for n in (4, 5)
    ]
    assert errors(catalog_app, '{ title(id: "t1") { poster { url(width: 0) } } }')


def test_search_finds_titles_and_people_and_nothing_for_nothing(
    catalog_app: Subgraph,
) -> None:
    query = "query ($q: String!) { search(q: $q, first: 8) { __typename } }"

    found = ask(catalog_app, query, q="King")["search"]

    assert {item["__typename"] for item in found} == {"Title", "Person"}
    assert len(found) == 8
    assert ask(catalog_app, query, q="  ")["search"] == []


def test_synopses_end_at_a_word_within_the_length(catalog_app: Subgraph) -> None:
    titles = ask(
        catalog_app,
        """{ popular(first: 50) { synopsis(maxLength: 100)
             whole: synopsis similar { id } } }""",
    )["popular"]

    for title in titles:
        assert len(title["synopsis"]) <= 100
        assert title["whole"].startswith(title["synopsis"].removesuffix("…"))
        assert len(title["similar"]) == 6


def test_unknown_entities_are_null_and_the_others_stay(catalog_app: Subgraph) -> None:
    found = entities(
        catalog_app,
        "{ ... on Title { id } ... on Person { id titles(first: 1) { id } } }",
        {"__typename": "Title", "id": "t7"},
        {"__typename": "Title", "id": "nobody"},
        {"__typename": "Person", "id": "p1"},
    )

    assert found[:2] == [{"id": "t7"}, None]
    assert len(found[2]["titles"]) == 1


def test_the_time_left_needs_the_duration(playback_app: Subgraph) -> None:
    started = ask(playback_app, '{ startedTitles(user: "u1", first: 1) { id } }')
    title = started["startedTitles"][0]["id"]
    selection = """{ ... on Title {
        progress(user: "u1") { positionSeconds remainingSeconds }
        streams(device: MOBILE, first: 1) { height sizeBytes } } }"""

    known, unknown = entities(
        playback_app,
        selection,
        {"__typename": "Title", "id": title, "durationSeconds": 9000},
        {"__typename": "Title", "id": title, "durationSeconds": None},
    )

    position = known["progress"]["positionSeconds"]
    assert known["progress"]["remainingSeconds"] == 9000 - position
    assert unknown["progress"] == {
        "positionSeconds": position,
        "remainingSeconds": None,
    }
    assert known["streams"] == [{"height": 720, "sizeBytes": 9000 * 1600 * 125}]
    assert unknown["streams"] == [{"height": 720, "sizeBytes": None}]


SET_PROGRESS = """mutation ($user: ID! = "u1", $title: ID! = "t5", $at: Int! = 60) {
  setProgress(user: $user, title: $title, positionSeconds: $at) {
    positionSeconds title { id progress(user: $user) { positionSeconds } } } }"""


def test_set_progress_is_seen_by_both_instances(
    playback_app: Subgraph, tmp_path: Path
) -> None:
    other = playback.create_app(str(tmp_path / "positions.sqlite"))

    answered = ask(playback_app, SET_PROGRESS, at=77)

    expected = {"id": "t5", "progress": {"positionSeconds": 77}}
    assert answered["setProgress"] == {"positionSeconds": 77, "title": expected}
    query = """{ playableTitles(ids: ["t5"]) {
        id progress(user: "u1") { positionSeconds } } }"""
    assert ask(other, query) == {"playableTitles": [expected]}


@pytest.mark.parametrize("wrong", [{"user": "zz"}, {"title": "zz"}, {"at": -1}])
def test_set_progress_refuses_what_makes_no_sense(
    playback_app: Subgraph, wrong: dict[str, Any]
) -> None:
    assert errors(playback_app, SET_PROGRESS, **wrong)


NEGATIVE = (
    "popular(first: -1) { id }",
    'search(q: "a", first: -1) { __typename }',
    'genre(id: "drama") { titles(first: -1) { id } }',
    'person(id: "p1") { titles(first: -1) { id } }',
    'title(id: "t1") { images(first: -1) { id } }',
    'title(id: "t1") { similar(first: -1) { id } }',
    'title(id: "t1") { synopsis(maxLength: -1) }',
    'title(id: "t1") { poster { url(width: -1) } }',
)


@pytest.mark.parametrize("field", NEGATIVE)
def test_a_negative_number_is_an_error_of_the_client(
    catalog_app: Subgraph, field: str
) -> None:
    (error,) = errors(catalog_app, f"{{ {field} }}")

    assert error.extensions == {"code": "BAD_USER_INPUT"}


def test_a_negative_number_of_streams_is_an_error_of_the_client(
    playback_app: Subgraph,
) -> None:
    query = '{ playableTitles(ids: ["t5"]) { streams(first: -1) { id } } }'
    started = '{ startedTitles(user: "u1", first: -1) { id } }'

    for each in (query, started):
        (error,) = errors(playback_app, each)
        assert error.extensions == {"code": "BAD_USER_INPUT"}


def test_a_negative_number_of_reviews_is_an_error_of_the_client(
    reviews_app: Subgraph,
) -> None:
    query = '{ reviewedTitles(ids: ["t1"]) { reviews(first: -1) { id } } }'

    (error,) = errors(reviews_app, query)

    assert error.extensions == {"code": "BAD_USER_INPUT"}


def test_reviews_count_what_they_list(reviews_app: Subgraph) -> None:
    query = """{ reviewedTitles(ids: ["t1", "zz"]) {
        reviewSummary { average count histogram }
        reviews(first: 99) { stars body(maxLength: 80) author { reviewCount } } } }"""

    (title,) = ask(reviews_app, query)["reviewedTitles"]

    stars = [review["stars"] for review in title["reviews"]]
    assert title["reviewSummary"] == {
        "average": round(sum(stars) / len(stars), 2),
        "count": len(stars),
        "histogram": [stars.count(n) for n in range(1, 6)],
    }
    assert all(len(review["body"]) <= 80 for review in title["reviews"])
    assert all(review["author"]["reviewCount"] for review in title["reviews"])


def test_two_instances_return_the_same() -> None:
    query = """{ reviewedTitles(ids: ["t1", "t2000"]) { reviews {
        id stars headline body written helpfulVotes author { id } } } }"""

    one = ask(reviews.create_app(""), query)
    reviews.reviews_of.cache_clear()

    assert ask(reviews.create_app(""), query) == one


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b'{"query": 1}', b'{"query":"{a}","variables":1}']
)
def test_a_body_that_is_not_a_request_is_rejected(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_request(body)
