"""The ratings of titles, which view models require of the catalog."""

import strawberry

from weir.gateway.json_types import JSONObject

CRITICS_LOVE = 90
AUDIENCES_LOVE = 8.0


@strawberry.federation.type
class Ratings:
    """The ratings of a title, whose data is in the catalog."""

    imdb: float = strawberry.federation.field(external=True)
    tomato_meter: int | None = strawberry.federation.field(external=True)


def rated(ratings: JSONObject) -> Ratings:
    return Ratings(imdb=ratings["imdb"], tomato_meter=ratings["tomatoMeter"])
