"""catalog: titles, people, genres, images and search, as a GraphQL subgraph."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from zlib import crc32

from examples.streaming import dataset
from examples.streaming.dataset import titles_by_id
from examples.streaming.services.subgraph import (
    Definition,
    Info,
    JSONObject,
    Resolver,
    Subgraph,
    head,
    read_sdl,
    refuse,
    shortened,
)
from examples.streaming.services.synopsis import biography, synopsis

IMAGE_HOST = "https://images.streaming.example"
MAX_IMAGE_WIDTH = 3840
TITLE_IMAGES = (
    ("POSTER", 0.667),
    ("BACKDROP", 1.778),
    ("LOGO", 3.2),
    ("STILL", 1.778),
    ("STILL", 1.778),
    ("BACKDROP", 1.778),
    ("STILL", 1.778),
    ("STILL", 1.778),
)
PERSON_IMAGES = (("PORTRAIT", 0.8), ("PORTRAIT", 1.0))


class Library:
    """The data of the catalogue, built once from the data set."""

    def __init__(self) -> None:
        known = sorted(dataset.titles(), key=lambda t: (-t.imdb_votes, t.id))
        self.ranked = tuple(title.id for title in known)
        self.genres = genre_objects(known)
        self.by_genre = grouped((slug(t.genre), t.id) for t in known)
        works = grouped((t.director, t.id) for t in known if t.director)
        person_ids = {name: f"p{number}" for number, name in enumerate(works, 1)}
        self.directed = {person_ids[name]: works[name] for name in works}
        self.people = {
            person_ids[name]: person_object(person_ids[name], name, works[name])
            for name in works
        }
        self.titles = {
            title.id: title_object(title)
            | {
                "genre": self.genres[slug(title.genre)],
                "director": self.people.get(person_ids.get(title.director or "", "")),
            }
            for title in known
        }
        self.names = tuple((t.name.casefold(), t.id) for t in known)

    def similar(self, title_id: str, first: int) -> list[JSONObject]:
        """Return the neighbours of a title in the ranking of its genre."""
        ranking = self.by_genre[self.titles[title_id]["genre"]["id"]]
        place = ranking.index(title_id)
        near = (*ranking[place + 1 :], *ranking[:place])
        return [self.titles[key] for key in head(near, first)]

    def search(self, q: str, first: int) -> Sequence[JSONObject]:
        wanted = q.strip().casefold()
        if not wanted:
            return []
        people = [p for p in self.people.values() if wanted in p["name"].casefold()]
        found = [self.titles[key] for name, key in self.names if wanted in name]
        return head([*people[: first // 4], *found], first)


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}


def slug(name: str) -> str:
    return re.sub(r"[^a-z]+", "-", name.casefold())


def genre_objects(known: list[dataset.Title]) -> dict[str, JSONObject]:
    names = [title.genre for title in known]
    return {
        slug(name): {"id": slug(name), "name": name, "titleCount": names.count(name)}
        for name in sorted(set(names))
    }


def title_object(title: dataset.Title) -> JSONObject:
    images = image_objects(title.id, title.name, TITLE_IMAGES)
    return {
        "__typename": "Title",
        "id": title.id,
        "name": title.name,
        "year": title.year,
        "released": title.released,
        "certificate": title.certificate,
        "durationSeconds": title.duration_s,
        "synopsis": synopsis(title),
        "ratings": {
            "imdb": title.imdb_rating,
            "imdbVotes": title.imdb_votes,
            "tomatoMeter": title.tomato_meter,
        },
        "basedOn": title.based_on,
        "style": title.style,
        "distributor": title.distributor,
        "boxOffice": {
            "budget": title.budget,
            "grossUs": title.gross_us,
            "grossWorldwide": title.gross_worldwide,
        },
        "ambientVideo": f"https://video.streaming.example/{title.id}/ambient.mp4",
        "poster": images[0],
        "images": images,
    }


def person_object(person_id: str, name: str, works: tuple[str, ...]) -> JSONObject:
    known = titles_by_id()
    return {
        "__typename": "Person",
        "id": person_id,
        "name": name,
        "biography": biography(name, tuple(known[key] for key in works)),
        "images": image_objects(person_id, name, PERSON_IMAGES),
    }


def image_objects(
    owner_id: str, owner: str, kinds: tuple[tuple[str, float], ...]
) -> list[JSONObject]:
    return [
        {
            "id": f"{owner_id}-i{number}",
            "kind": kind,
            "alt": f"{kind.capitalize()} of {owner}",
            "aspectRatio": ratio,
            "dominantColor": f"#{crc32(f'{owner_id}{number}'.encode()) & 0xFFFFFF:06x}",
            "path": f"{IMAGE_HOST}/{owner_id}/{kind.lower()}-{number}",
        }
        for number, (kind, ratio) in enumerate(kinds, start=1)
    ]


def image_url(image: JSONObject, _info: Info, width: int, format: str) -> str:  # noqa: A002 - the argument's name in the schema
    if not 1 <= width <= MAX_IMAGE_WIDTH:
        refuse("BAD_USER_INPUT", f"width must be between 1 and {MAX_IMAGE_WIDTH}.")
    return f"{image['path']}.{format.lower()}?width={width}"


def images(
    owner: JSONObject, _info: Info, first: int, kind: str | None = None
) -> Sequence[JSONObject]:
    found = [i for i in owner["images"] if kind is None or i["kind"] == kind]
    return head(found, first)


def text(field: str) -> Resolver:
    def resolve(owner: JSONObject, _info: Info, maxLength: int) -> str:  # noqa: N803 - the argument's name in the schema
        return shortened(owner[field], maxLength)

    return resolve


def query_resolvers(library: Library) -> dict[str, Resolver]:
    titles = library.titles

    def popular(
        _root: None, _info: Info, first: int, genre: str | None = None
    ) -> list[JSONObject]:
        ranking = library.by_genre.get(genre, ()) if genre else library.ranked
        return [titles[key] for key in head(ranking, first)]

    return {
        "Query.title": lambda _root, _info, id: titles.get(id),  # noqa: A006
        "Query.titles": lambda _root, _info, ids: [titles.get(key) for key in ids],
        "Query.popular": popular,
        "Query.genres": lambda _root, _info: list(library.genres.values()),
        "Query.genre": lambda _root, _info, id: library.genres.get(id),  # noqa: A006
        "Query.person": lambda _root, _info, id: library.people.get(id),  # noqa: A006
        "Query.search": lambda _root, _info, q, first: library.search(q, first),
    }


def field_resolvers(library: Library) -> dict[str, Resolver]:
    def listed(index: dict[str, tuple[str, ...]]) -> Resolver:
        def resolve(owner: JSONObject, _info: Info, first: int) -> list[JSONObject]:
            return [library.titles[key] for key in head(index[owner["id"]], first)]

        return resolve

    return {
        "Title.synopsis": text("synopsis"),
        "Title.images": images,
        "Title.similar": lambda title, _info, first: library.similar(
            title["id"], first
        ),
        "Person.biography": text("biography"),
        "Person.images": images,
        "Person.titles": listed(library.directed),
        "Genre.titles": listed(library.by_genre),
        "Image.url": image_url,
    }


def create_app(_state_file: str) -> Subgraph:
    library = Library()
    return Subgraph(
        Definition(
            sdl=read_sdl("catalog.graphql"),
            resolvers=query_resolvers(library) | field_resolvers(library),
            references={
                "Title": lambda reference: library.titles.get(reference["id"]),
                "Person": lambda reference: library.people.get(reference["id"]),
                "Genre": lambda reference: library.genres.get(reference["id"]),
            },
            cache_control="public, max-age=60",
        )
    )
