"""headline: the view model of TVs and consoles, a subgraph of these façades alone.

A screen that is read from a sofa has one line for a title. `Title.headline` requires
fields of the catalog, which the planner fetches before.
"""

import strawberry

from weir.resolvers.pure import pure

MINUTE_S = 60


@pure
def headline_of(title: strawberry.Parent["Title"]) -> str:
    """Return the year, the certificate and the duration, as far as they are known."""
    parts = [str(title.year), title.certificate, duration(title.duration_seconds)]
    return " · ".join(each for each in parts if each)


@strawberry.federation.type(keys=["id"])
class Title:
    """A title, whose other data is in other subgraphs."""

    id: strawberry.ID
    year: int = strawberry.federation.field(external=True, default=0)
    certificate: str | None = strawberry.federation.field(external=True, default=None)
    duration_seconds: int | None = strawberry.federation.field(
        external=True, default=None
    )

    headline: str = strawberry.federation.field(
        resolver=headline_of, requires=["year certificate durationSeconds"]
    )

    @classmethod
    def resolve_reference(
        cls,
        id: strawberry.ID,  # noqa: A002 - the key's name
        year: int = 0,
        certificate: str | None = None,
        durationSeconds: int | None = None,  # noqa: N803 - the name in the graph
    ) -> "Title":
        return cls(
            id=id,
            year=year,
            certificate=certificate,
            duration_seconds=durationSeconds,
        )


def duration(seconds: int | None) -> str:
    if seconds is None:
        return ""
    hours, minutes = divmod(round(seconds / MINUTE_S), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


schema = strawberry.federation.Schema(types=[Title], federation_version="2.5")
