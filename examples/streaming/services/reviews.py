"""reviews: invented reviews of titles, as a GraphQL subgraph."""

from collections import Counter
from datetime import date, timedelta
from functools import cache, lru_cache
from random import Random

from examples.streaming.dataset import titles_by_id
from examples.streaming.seeds import USERS, seeded, user_ids
from examples.streaming.services.subgraph import (
    Definition,
    Info,
    JSONObject,
    Subgraph,
    head,
    read_sdl,
    shortened,
)

FIRST_DAY = date(2020, 1, 1)
DAYS = 1800
FEWEST, MOST = 3, 24

HEADLINES = {
    1: ("Not for me", "I left early", "A long evening"),
    2: ("Falls short", "Half a good film", "Expected more"),
    3: ("Decent enough", "Good in parts", "Fine for a rainy day"),
    4: ("Well worth it", "Stays with you", "Better than I remembered"),
    5: ("A favourite", "Could watch it again tonight", "Everything works"),
}
SENTENCES = (
    "The first half hour takes its time, and it needs every minute of it.",
    "I had forgotten how much of the story is told without a word.",
    "The music does half of the work, and does it well.",
    "Somebody should have cut twenty minutes.",
    "We paused it twice to argue about what had just happened.",
    "The ending is not the one that I would have chosen.",
    "It looks better on a large screen than it has any right to.",
    "My children asked to see it again the next day, which says enough.",
    "There is one scene on a staircase that I shall not forget soon.",
    "The dialogue is sharp, and nobody explains what you can see.",
    "It is of its time, and it knows it.",
    "The supporting cast is where the film really lives.",
    "I would not call it subtle, but it never cheats.",
    "What it says about people holds up better than what it says about machines.",
    "If you liked the director's other work, you will know what to expect.",
)
DEVICES = ("WEB", "MOBILE", "TV")
LANGUAGES = ("en", "en", "en", "de", "fr", "es")


@lru_cache(maxsize=4096)
def reviews_of(title_id: str) -> tuple[JSONObject, ...]:
    rng = seeded("reviews", title_id)
    written = [
        review_object(rng, f"{title_id}-r{number}", title_id, author)
        for number, author in enumerate(authors_of(title_id), start=1)
    ]
    return tuple(sorted(written, key=lambda r: (-r["helpfulVotes"], r["id"])))


def authors_of(title_id: str) -> list[str]:
    rng = seeded("authors", title_id)
    return rng.sample(user_ids(), rng.randint(FEWEST, MOST))


def review_object(rng: Random, key: str, title_id: str, author: str) -> JSONObject:
    stars = rng.choices((1, 2, 3, 4, 5), weights=(1, 2, 5, 8, 6))[0]
    return {
        "id": key,
        "title": {"id": title_id},
        "author": {"id": author},
        "stars": stars,
        "headline": rng.choice(HEADLINES[stars]),
        "body": " ".join(rng.sample(SENTENCES, rng.randint(3, 8))),
        "written": str(FIRST_DAY + timedelta(days=rng.randrange(DAYS))),
        "helpfulVotes": rng.randrange(200),
        "containsSpoilers": rng.random() < 0.1,  # noqa: PLR2004 - one in ten
        "language": rng.choice(LANGUAGES),
        "watchedOn": rng.choice(DEVICES),
    }


def title_object(title_id: str) -> JSONObject | None:
    return {"id": title_id} if title_id in titles_by_id() else None


def summary(title: JSONObject, _info: Info) -> JSONObject:
    stars = [review["stars"] for review in reviews_of(title["id"])]
    return {
        "average": round(sum(stars) / len(stars), 2),
        "count": len(stars),
        "histogram": [stars.count(value) for value in range(1, 6)],
    }


def body(review: JSONObject, _info: Info, maxLength: int) -> str:  # noqa: N803 - the argument's name in the schema
    return shortened(review["body"], maxLength)


def find_review(_root: None, _info: Info, id: str) -> JSONObject | None:  # noqa: A002 - the argument's name in the schema
    return review_by_id(id)


def review_by_id(review_id: str) -> JSONObject | None:
    title_id = review_id.partition("-")[0]
    if title_id not in titles_by_id():
        return None
    return next((r for r in reviews_of(title_id) if r["id"] == review_id), None)


@cache
def review_counts() -> Counter[str]:
    """Return the number of reviews of each user."""
    return Counter(author for title in titles_by_id() for author in authors_of(title))


def user_object(user_id: str) -> JSONObject | None:
    return {"id": user_id} if user_id in user_ids() else None


def create_app(_state_file: str) -> Subgraph:
    assert USERS >= MOST, "a user reviews a title once"
    return Subgraph(
        Definition(
            sdl=read_sdl("reviews.graphql"),
            resolvers={
                "Query.review": find_review,
                "Query.reviewedTitles": lambda _root, _info, ids: [
                    {"id": key} for key in ids if key in titles_by_id()
                ],
                "Title.reviewSummary": summary,
                "Title.reviews": lambda title, _info, first: head(
                    reviews_of(title["id"]), first
                ),
                "User.reviewCount": lambda user, _info: review_counts()[user["id"]],
                "Review.body": body,
            },
            references={
                "Title": lambda reference: title_object(reference["id"]),
                "User": lambda reference: user_object(reference["id"]),
                "Review": lambda reference: review_by_id(reference["id"]),
            },
            cache_control="public, max-age=30",
        )
    )
