"""Texts about titles and people, written from the facts in the data set."""

from datetime import date

from examples.streaming.dataset import Title

MILLION = 1_000_000


def synopsis(title: Title) -> str:
    sentences = (opening(title), making(title), money(title), opinion(title))
    return " ".join(sentence for sentence in sentences if sentence)


def opening(title: Title) -> str:
    by = f" directed by {title.director}" if title.director else ""
    day = date.fromisoformat(title.released)
    shown = f"{day.day} {day:%B} {day.year}"
    return f"{title.name}, {genre_words(title.genre)}{by}, was first shown on {shown}."


def genre_words(genre: str) -> str:
    words = genre.lower().replace("/", " and ")
    article = "an" if words[0] in "aeiou" else "a"
    return f"{article} {words} film"


def making(title: Title) -> str:
    facts = (
        title.minutes and f"runs for {title.minutes // 60} h {title.minutes % 60} min",
        title.certificate and f"is rated {title.certificate}",
        title.style and f"belongs to {title.style.lower()}",
        title.distributor and f"was brought to cinemas by {title.distributor}",
    )
    told = [fact for fact in facts if fact]
    return f"It {listed(told)}." if told else ""


def money(title: Title) -> str:
    if not title.gross_worldwide:
        return ""
    cost = f"Made for {dollars(title.budget)}, it" if title.budget else "It"
    home = (
        f", {dollars(title.gross_us)} of it in the United States"
        if title.gross_us
        else ""
    )
    return f"{cost} took {dollars(title.gross_worldwide)} around the world{home}."


def opinion(title: Title) -> str:
    critics = (
        f" {title.tomato_meter} of 100 critics recommend it."
        if title.tomato_meter
        else ""
    )
    voices = f"{title.imdb_votes:,} viewers give it {title.imdb_rating} of 10 points."
    return voices + critics


def dollars(amount: int) -> str:
    if amount < MILLION:
        return f"{amount:,} dollars"
    return f"{amount / MILLION:.1f} million dollars"


def listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def biography(name: str, works: tuple[Title, ...]) -> str:
    """Return the biography of a director; `works` begins with the most popular."""
    years = sorted(work.year for work in works)
    span = f"in {years[0]}" if len(works) == 1 else f"from {years[0]} to {years[-1]}"
    best = max(works, key=lambda work: work.imdb_rating)
    named = ", ".join(f"{work.name} ({work.year})" for work in works[:5])
    return (
        f"{name} directed {len(works)} of the films in this catalogue, {span}: {named}."
        f" The one that viewers like best is {best.name}, with {best.imdb_rating} of 10"
        f" points."
    )
