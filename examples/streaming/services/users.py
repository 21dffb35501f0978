"""users: invented viewers, as a REST resource."""

from functools import lru_cache
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, HTTPException, Query, Response

from examples.streaming.seeds import seeded, user_ids

MOST_IDS = 100

FIRST_NAMES = (
    *("Ada", "Bela", "Chidi", "Dana", "Emre", "Fatima", "Goran", "Hana", "Ines"),
    *("Jonas", "Kenji", "Lucia", "Mira", "Noor", "Oskar", "Priya", "Quentin", "Rosa"),
    *("Sven", "Tala", "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zofia"),
)
LAST_NAMES = (
    *("Abel", "Brandt", "Castro", "Dubois", "Eriksen", "Fischer", "Greco", "Hashimoto"),
    *("Ibrahim", "Jansen", "Kowalska", "Lindqvist", "Moreau", "Novak", "Okafor"),
    *("Petrov", "Quispe", "Rossi", "Silva", "Tanaka", "Ueda", "Varga", "Weber"),
)
COUNTRIES = ("DE", "FR", "ES", "PL", "SE", "IT", "JP", "BR", "NG", "GB")
LANGUAGES = ("de", "fr", "es", "pl", "sv", "it", "ja", "pt", "en", "en")
PLANS = ("BASIC", "STANDARD", "PREMIUM")
GENRES = ("drama", "comedy", "action", "adventure", "horror", "western", "musical")
DEVICES = ("Living room TV", "Phone", "Tablet", "Laptop", "Bedroom TV")

Ids = Annotated[str, Query(description="comma-separated")]

app = FastAPI(title="users", docs_url=None, redoc_url=None)


@app.get("/users/{user_id}")
async def get_user(user_id: str) -> Response:
    if user_id not in user_ids():
        raise HTTPException(404, f"there is no user {user_id!r}")
    return resource(user_resource(user_id))


@app.get("/users")
async def get_users(ids: Ids) -> Response:
    """Return the existing users among `ids`, in their order."""
    wanted = ids.split(",")
    if len(wanted) > MOST_IDS:
        raise HTTPException(400, f"at most {MOST_IDS} ids")
    known = set(user_ids())
    return resource({"users": [user_resource(i) for i in wanted if i in known]})


def resource(value: object) -> Response:
    return Response(
        orjson.dumps(value),
        media_type="application/json",
        headers={"cache-control": "private, max-age=10"},
    )


@lru_cache(maxsize=256)
def user_resource(user_id: str) -> dict[str, Any]:
    rng = seeded("user", user_id)
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    country = rng.randrange(len(COUNTRIES))
    return {
        "id": user_id,
        "name": f"{first} {last}",
        "email": f"{first}.{last}.{user_id}@mail.example".lower(),
        "country": COUNTRIES[country],
        "language": LANGUAGES[country],
        "plan": rng.choice(PLANS),
        "memberSince": f"{rng.randint(2012, 2024)}-{rng.randint(1, 12):02d}-01",
        "avatar": f"https://images.streaming.example/avatars/{user_id}",
        "birthYear": rng.randint(1950, 2008),
        "favouriteGenres": rng.sample(GENRES, 3),
        "devices": [
            {"id": f"{user_id}-d{n}", "name": name, "lastSeen": "2024-11-02"}
            for n, name in enumerate(rng.sample(DEVICES, 3), start=1)
        ],
        "playback": {
            "autoplayNext": rng.random() < 0.7,  # noqa: PLR2004 - most do
            "subtitles": rng.choice(("off", "en", "de", "fr")),
            "audio": LANGUAGES[country],
            "quality": rng.choice(("auto", "high", "data-saver")),
        },
        "parentalControls": {"maxCertificate": "R", "pinSet": rng.random() < 0.5},  # noqa: PLR2004 - half of them
        "notifications": {"newSeasons": True, "recommendations": False, "news": False},
        "billing": {
            "method": rng.choice(("card", "sepa", "paypal")),
            "street": f"{rng.randint(1, 200)} Station Road",
            "postcode": f"{rng.randint(10000, 99999)}",
            "renewsOn": rng.randint(1, 28),
        },
    }


def create_app(_state_file: str) -> FastAPI:
    return app
