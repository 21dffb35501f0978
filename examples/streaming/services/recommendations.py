"""recommendations: rows of title ids for a user, as a REST resource."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, HTTPException, Query, Response

from examples.streaming.dataset import Title, featured
from examples.streaming.seeds import seeded, started_positions, user_ids

ROW_LENGTH = 40
GENRE_ROWS = ("Drama", "Comedy", "Action", "Adventure", "Thriller/Suspense")
DECADE_ROWS = (1980, 1990, 2000)
CRITICS_LIKE = 85

app = FastAPI(title="recommendations", docs_url=None, redoc_url=None)


@app.get("/users/{user_id}/rows")
async def get_rows(
    user_id: str,
    rows: Annotated[int, Query(ge=0, le=20)] = 10,
    titles: Annotated[int, Query(ge=0, le=ROW_LENGTH)] = ROW_LENGTH,
) -> Response:
    """Return the first `rows` rows with the first `titles` titles of each."""
    if user_id not in user_ids():
        raise HTTPException(404, f"there is no user {user_id!r}")
    chosen = [row | {"titles": row["titles"][:titles]} for row in rows_of(user_id)]
    return Response(
        orjson.dumps({"user": user_id, "rows": chosen[:rows]}),
        media_type="application/json",
        headers={"cache-control": "private, max-age=10"},
    )


@lru_cache(maxsize=256)
def rows_of(user_id: str) -> tuple[dict[str, Any], ...]:
    liked = [t.id for t in featured() if (t.tomato_meter or 0) >= CRITICS_LIKE]
    genres = [genre_row(user_id, genre) for genre in genre_order(user_id)]
    decades = [decade_row(user_id, decade) for decade in DECADE_ROWS]
    critics = row(user_id, "critics", "Loved by critics", liked)
    return (
        begun_row(user_id),
        *genres[:2],
        critics,
        *genres[2:],
        *decades,
    )


def begun_row(user_id: str) -> dict[str, Any]:
    return {
        "id": "continue",
        "name": "Continue watching",
        "reason": "You began",
        "algorithm": "history/2",
        "titles": entries("continue", list(started_positions(user_id))),
    }


def genre_order(user_id: str) -> list[str]:
    return seeded("genres", user_id).sample(GENRE_ROWS, len(GENRE_ROWS))


def genre_row(user_id: str, genre: str) -> dict[str, Any]:
    found = [t.id for t in featured() if t.genre == genre]
    return row(user_id, genre.lower().replace("/", "-"), f"Best of {genre}", found)


def decade_row(user_id: str, decade: int) -> dict[str, Any]:
    found = [t.id for t in featured() if in_decade(t, decade)]
    return row(user_id, f"{decade}s", f"From the {decade}s", found)


def in_decade(title: Title, decade: int) -> bool:
    return decade <= title.year < decade + 10


def row(user_id: str, key: str, name: str, found: Sequence[str]) -> dict[str, Any]:
    rng = seeded("row", key, user_id)
    chosen = rng.sample(found, min(ROW_LENGTH, len(found)))
    return {
        "id": key,
        "name": name,
        "reason": "Because of what you watched",
        "algorithm": "neighbours/7",
        "titles": entries(key, chosen),
    }


def entries(row_id: str, chosen: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"id": title_id, "score": round(0.99 - place / 100, 2), "row": row_id}
        for place, title_id in enumerate(chosen)
    ]


def create_app(_state_file: str) -> FastAPI:
    return app
