"""The titles' file, and how it is cut."""

import json

import pytest

from examples.streaming.data.cut_titles import release_date, repaired, title_row
from examples.streaming.dataset import FILE, featured, titles

FILM = {
    "Title": "Modern Times",
    "Release Date": "Feb 05 1936",
    "Major Genre": "Comedy",
    "IMDB Rating": 8.5,
    "IMDB Votes": 35773,
    "MPAA Rating": None,
    "Running Time min": 0,
    "Director": None,
    "Distributor": "Kino International",
    "Source": None,
    "Creative Type": None,
    "Rotten Tomatoes Rating": 100,
    "Production Budget": 1500000,
    "US Gross": 163245,
    "Worldwide Gross": 163245,
}


def test_there_are_2000_titles_in_a_small_file() -> None:
    assert len(titles()) >= 2000
    assert FILE.stat().st_size < 400_000
    assert len({(t.name, t.released) for t in titles()}) == len(titles())


def test_featured_titles_lack_nothing() -> None:
    assert len(featured()) >= 400
    assert all(t.duration_s and t.director for t in featured())


def test_the_file_is_what_the_script_writes() -> None:
    document = json.loads(FILE.read_text(encoding="utf-8"))

    row = dict(zip(document["columns"], title_row(FILM) or (), strict=True))

    assert row["name"] == "Modern Times"
    assert row["released"] == "1936-02-05"
    assert row["minutes"] is None, "a running time of 0 is an unknown one"


@pytest.mark.parametrize(
    "change",
    [{"Title": None}, {"Major Genre": None}, {"IMDB Votes": None}, {"IMDB Votes": 12}],
)
def test_a_film_without_its_essentials_is_left_out(change: dict[str, object]) -> None:
    assert title_row(FILM | change) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Jun 12 1998", "1998-06-12"), ("Dec 31 2046", "1946-12-31")],
)
def test_a_date_in_the_future_lacks_its_century(text: str, expected: str) -> None:
    assert release_date(text).isoformat() == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("LÈon", "Léon"), ("DÈj‡ Vu", "Déjà Vu"), ("Alien³", "Alien³"), ("Jaws", "Jaws")],
)
def test_names_are_repaired(name: str, expected: str) -> None:
    assert repaired(name) == expected
