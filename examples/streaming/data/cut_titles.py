"""The generator of `titles.json`, from movies.json of the package vega-datasets.

    npm pack vega-datasets@3.2.1 && tar xzf vega-datasets-3.2.1.tgz
    python examples/streaming/data/cut_titles.py package/data/movies.json

It selects films that have a name, a release date, a genre and enough ratings, and
repairs two known defects of the source: dates from two-digit years (a film of 1946 in
2046), and names that were decoded with the wrong character set.
"""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("titles.json")

LATEST_YEAR = 2011
"""The year in which the source was collected; later years have the wrong century."""

FEWEST_VOTES = 2000

COLUMNS = {
    "certificate": "MPAA Rating",
    "minutes": "Running Time min",
    "director": "Director",
    "distributor": "Distributor",
    "basedOn": "Source",
    "style": "Creative Type",
    "imdbRating": "IMDB Rating",
    "imdbVotes": "IMDB Votes",
    "tomatoMeter": "Rotten Tomatoes Rating",
    "budget": "Production Budget",
    "grossUs": "US Gross",
    "grossWorldwide": "Worldwide Gross",
}

Film = dict[str, Any]


def main() -> None:
    films = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    titles = sorted(
        {(t[0], t[1]): t for t in map(title_row, films) if t}.values(),
        key=lambda row: (row[1], row[0]),
    )
    TARGET.write_text(titles_document(titles), encoding="utf-8")
    print(f"{len(titles)} titles, {TARGET.stat().st_size} bytes")


def title_row(film: Film) -> list[Any] | None:
    name = film["Title"]
    votes = film["IMDB Votes"] or 0
    if name is None or not film["Major Genre"] or votes < FEWEST_VOTES:
        return None
    facts = [film[column] or None for column in COLUMNS.values()]
    released = release_date(film["Release Date"])
    return [repaired(str(name)), released.isoformat(), film["Major Genre"], *facts]


def release_date(text: str) -> date:
    day = datetime.strptime(text, "%b %d %Y").date()  # noqa: DTZ007 - a day, no instant
    return day.replace(year=day.year - 100) if day.year > LATEST_YEAR else day


def repaired(name: str) -> str:
    """Decode again a text of Windows-1252 that was decoded as Mac Roman."""
    try:
        return name.encode("mac_roman").decode("cp1252")
    except UnicodeError:
        return name


def titles_document(titles: list[list[Any]]) -> str:
    """Return one title per line, so that changes of the data are readable as a diff."""
    head = {"columns": ["name", "released", "genre", *COLUMNS]}
    lines = ",\n".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in titles
    )
    return json.dumps(head)[:-1] + ', "titles": [\n' + lines + "\n]}\n"


if __name__ == "__main__":
    main()
