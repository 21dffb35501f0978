"""The same screens without a gateway: an app that calls the services itself.

It does what app teams do without a gateway, and is written to be a fair comparison:

- It batches: no request per title if the service takes a list of ids. It requests only
  the rows, titles and reviews that the screen shows.
- Calls that do not depend on each other run in parallel.
- REST resources are whole, because the services offer them to all clients.
- Queries of the GraphQL services use fragments that web, mobile and TV share, so that a
  fragment has the fields of all three. Fragments by device, on every screen and in
  every app, are the work that a façade saves.
- It joins the data of a title by id, and calculates values that need two services (the
  remaining time needs the duration and the position).

`python -m examples.streaming.baseline_client` prints the cost of each screen.
"""

import argparse
import asyncio
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx

from examples.streaming.ports import DEFAULT_BASE_PORT, addresses

JSONObject: TypeAlias = dict[str, Any]

CARD = """
fragment Card on Title {
  id name year released certificate durationSeconds synopsis basedOn style distributor
  genre { id name }
  director { id name }
  ratings { imdb imdbVotes tomatoMeter }
  boxOffice { budget grossUs grossWorldwide }
  poster { ...Picture }
  images { ...Picture }
}
fragment Picture on Image { id kind alt aspectRatio dominantColor url }
"""
HOME = f"""
query Home($ids: [ID!]!, $popular: Int!) {{
  titles(ids: $ids) {{ ...Card }}
  popular(first: $popular) {{ ...Card }}
}}
{CARD}"""
TITLE = f"""
query Title($id: ID!, $similar: Int!) {{
  title(id: $id) {{
    ...Card
    ambientVideo
    director {{ biography images {{ ...Picture }} titles {{ ...Card }} }}
    similar(first: $similar) {{ ...Card }}
  }}
}}
{CARD}"""
SEARCH = f"""
query Search($q: String!, $first: Int!) {{
  search(q: $q, first: $first) {{
    __typename
    ...Card
    ... on Person {{ id name biography images {{ ...Picture }} }}
  }}
}}
{CARD}"""
POSITIONS = """
query Positions($ids: [ID!]!, $user: ID!) {
  playableTitles(ids: $ids) { id progress(user: $user) { positionSeconds } }
}"""
PLAY = """
query Play($ids: [ID!]!, $user: ID!, $device: Device!) {
  playableTitles(ids: $ids) {
    id
    progress(user: $user) { positionSeconds }
    streams(device: $device) { id url height codec bitrateKbps audio dolbyVision }
    downloads { id url height bitrateKbps }
  }
}"""
RATINGS = """
query Ratings($ids: [ID!]!) {
  reviewedTitles(ids: $ids) { id reviewSummary { average count histogram } }
}"""
REVIEWS = """
query Reviews($ids: [ID!]!, $reviews: Int!) {
  reviewedTitles(ids: $ids) {
    id
    reviewSummary { average count histogram }
    reviews(first: $reviews) {
      id stars headline body written helpfulVotes containsSpoilers language watchedOn
      author { id reviewCount }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Screen:
    """The data of one screen, and the cost of fetching it.

    `gzip_bytes` are those of all responses, if each is compressed. `fields` are the
    values without fields of their own in all responses.
    """

    data: JSONObject
    requests: int
    downloaded_bytes: int
    gzip_bytes: int
    fields: int


class BaselineClient:
    """Builder of screens from the services at `urls` (service name -> origin)."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._http = httpx.AsyncClient(timeout=10.0)
        self._bodies: list[bytes] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def home(self, user: str, *, rows: int, titles: int, popular: int) -> Screen:
        """Return `rows` rows of `titles` titles, and `popular` popular titles."""
        self._begin()
        profile, offered = await asyncio.gather(
            self._get("users", f"/users/{user}"),
            self._get(
                "recommendations", f"/users/{user}/rows?rows={rows}&titles={titles}"
            ),
        )
        ids = unique(entry["id"] for row in offered["rows"] for entry in row["titles"])
        cards = await self._ask("catalog", HOME, {"ids": ids, "popular": popular})
        known = by_id([*cards["titles"], *cards["popular"]])
        await self._add_ratings_and_positions(known, user)
        shown = [
            row | {"titles": [known[entry["id"]] for entry in row["titles"]]}
            for row in offered["rows"]
        ]
        return self._screen(
            {
                "viewer": {"user": profile, "rows": shown},
                "popular": [known[title["id"]] for title in cards["popular"]],
            }
        )

    async def title(
        self, title_id: str, user: str, *, device: str, similar: int, reviews: int
    ) -> Screen:
        """Return a title, `similar` similar ones and its `reviews` best reviews."""
        self._begin()
        ids = [title_id]
        card, play, opinions = await asyncio.gather(
            self._ask("catalog", TITLE, {"id": title_id, "similar": similar}),
            self._ask("playback", PLAY, {"ids": ids, "user": user, "device": device}),
            self._ask("reviews", REVIEWS, {"ids": ids, "reviews": reviews}),
        )
        written = opinions["reviewedTitles"][0]
        await self._add_authors(written["reviews"])
        title = card["title"] | play["playableTitles"][0] | written
        add_time_left(title)
        add_sizes(title)
        return self._screen({"title": title})

    async def search(self, q: str, user: str, *, first: int) -> Screen:
        """Return the `first` titles and people whose name contains `q`."""
        self._begin()
        found = await self._ask("catalog", SEARCH, {"q": q, "first": first})
        titles = [item for item in found["search"] if item["__typename"] == "Title"]
        known = by_id(titles)
        await self._add_ratings_and_positions(known, user)
        shown = [known.get(item["id"], item) for item in found["search"]]
        return self._screen({"search": shown})

    async def _add_ratings_and_positions(
        self, known: dict[str, JSONObject], user: str
    ) -> None:
        ids = list(known)
        positions, ratings = await asyncio.gather(
            self._ask("playback", POSITIONS, {"ids": ids, "user": user}),
            self._ask("reviews", RATINGS, {"ids": ids}),
        )
        for part in (*positions["playableTitles"], *ratings["reviewedTitles"]):
            known[part["id"]].update(part)
        for title in known.values():
            add_time_left(title)

    async def _add_authors(self, reviews: list[JSONObject]) -> None:
        ids = unique(review["author"]["id"] for review in reviews)
        if not ids:
            return
        answer = await self._get("users", f"/users?ids={','.join(ids)}")
        users = by_id(answer["users"])
        for review in reviews:
            review["author"].update(users[review["author"]["id"]])

    async def _get(self, service: str, path: str) -> JSONObject:
        response = await self._http.get(self._urls[service] + path)
        return self._counted(response)

    async def _ask(self, service: str, query: str, variables: JSONObject) -> JSONObject:
        response = await self._http.post(
            f"{self._urls[service]}/graphql",
            json={"query": query, "variables": variables},
        )
        answer = self._counted(response)
        assert "errors" not in answer, answer["errors"]
        data: JSONObject = answer["data"]
        return data

    def _counted(self, response: httpx.Response) -> JSONObject:
        response.raise_for_status()
        self._bodies.append(response.content)
        answer: JSONObject = response.json()
        return answer

    def _begin(self) -> None:
        self._bodies = []

    def _screen(self, data: JSONObject) -> Screen:
        bodies = self._bodies
        return Screen(
            data,
            len(bodies),
            sum(map(len, bodies)),
            sum(map(gzip_size, bodies)),
            sum(leaf_count(json.loads(body)) for body in bodies),
        )


def gzip_size(body: bytes) -> int:
    """Return the size of a body that is compressed, by the default level of nginx."""
    return len(gzip.compress(body, compresslevel=1))


def leaf_count(value: object) -> int:
    """Return the number of values in JSON that are neither objects nor lists."""
    if isinstance(value, dict):
        return sum(map(leaf_count, value.values()))
    if isinstance(value, list):
        return sum(map(leaf_count, value))
    return 1


def service_urls(base_port: int = DEFAULT_BASE_PORT) -> dict[str, str]:
    """Return the URL of the first instance of each service."""
    return {a.service: a.url for a in addresses(base_port) if a.number == 1}


def unique(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def by_id(items: Iterable[JSONObject]) -> dict[str, JSONObject]:
    return {item["id"]: item for item in items}


def add_time_left(title: JSONObject) -> None:
    progress, duration_s = title["progress"], title["durationSeconds"]
    if progress and duration_s is not None:
        progress["remainingSeconds"] = max(duration_s - progress["positionSeconds"], 0)


def add_sizes(title: JSONObject) -> None:
    """Return the size of a stream by its bit rate and duration."""
    if title["durationSeconds"] is None:
        return
    for file in (*title["streams"], *title["downloads"]):
        file["sizeBytes"] = title["durationSeconds"] * file["bitrateKbps"] * 125


async def screens(client: BaselineClient) -> list[tuple[str, Screen]]:
    return [
        ("home", await client.home("u1", rows=4, titles=8, popular=6)),
        (
            "title",
            await client.title("t1337", "u1", device="MOBILE", similar=4, reviews=3),
        ),
        ("search", await client.search("king", "u1", first=10)),
    ]


def costs(found: Iterable[tuple[str, Screen]]) -> Iterator[str]:
    yield f"{'screen':8} {'requests':>8} {'bytes':>9}"
    for name, screen in found:
        yield f"{name:8} {screen.requests:8} {screen.downloaded_bytes:9,}"


async def main() -> None:
    arguments = argparse.ArgumentParser(description="Print the cost of each screen.")
    arguments.add_argument("--base-port", type=int, default=DEFAULT_BASE_PORT)
    options = arguments.parse_args()
    async with BaselineClient(service_urls(options.base_port)) as client:
        print("\n".join(costs(await screens(client))))


if __name__ == "__main__":
    asyncio.run(main())
