"""The titles, which stand for the database of each service; see data/README.md."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "titles.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """Facts about one film; None if the source has no value. Money in USD."""

    id: str
    name: str
    released: str
    genre: str
    certificate: str | None
    minutes: int | None
    director: str | None
    distributor: str | None
    based_on: str | None
    style: str | None
    imdb_rating: float
    imdb_votes: int
    tomato_meter: int | None
    budget: int | None
    gross_us: int | None
    gross_worldwide: int | None

    @property
    def year(self) -> int:
        return int(self.released[:4])

    @property
    def duration_s(self) -> int | None:
        return None if self.minutes is None else self.minutes * 60


FIELDS = {
    "basedOn": "based_on",
    "imdbRating": "imdb_rating",
    "imdbVotes": "imdb_votes",
    "tomatoMeter": "tomato_meter",
    "grossUs": "gross_us",
    "grossWorldwide": "gross_worldwide",
}
"""Columns of the file whose fields have different names."""


@cache
def titles() -> tuple[Title, ...]:
    """Return all titles, in the order of the file: by release date, then by name."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    names = [FIELDS.get(column, column) for column in document["columns"]]
    return tuple(
        Title(id=f"t{number}", **dict(zip(names, row, strict=True)))
        for number, row in enumerate(document["titles"], start=1)
    )


@cache
def titles_by_id() -> dict[str, Title]:
    return {title.id: title for title in titles()}


@cache
def featured() -> tuple[Title, ...]:
    """Return the titles with complete data, the most popular first."""
    known = (t for t in titles() if t.minutes and t.director)
    return tuple(sorted(known, key=lambda t: (-t.imdb_votes, t.id)))
