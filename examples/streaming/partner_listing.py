"""listing: the view model of partners, a subgraph of the façade `partner` alone.

A partner lists titles on its own site: it links to them, and shows children only some.
`Title.forFamilies` requires the certificate of the catalog.
"""

import strawberry

from weir.resolvers.pure import pure

SITE = "https://streaming.example"
FOR_FAMILIES = frozenset({"G", "PG"})


@pure
def link_of(title: strawberry.Parent["Title"]) -> str:
    """Return the URL of a title's page."""
    return f"{SITE}/titles/{title.id}"


@pure
def is_for_families(title: strawberry.Parent["Title"]) -> bool:
    """Return whether children may watch a title; one without a certificate is not."""
    return title.certificate in FOR_FAMILIES


@strawberry.federation.type(keys=["id"])
class Title:
    """A title, whose other data is in other subgraphs."""

    id: strawberry.ID
    certificate: str | None = strawberry.federation.field(external=True, default=None)

    link: str = strawberry.federation.field(resolver=link_of)
    for_families: bool = strawberry.federation.field(
        resolver=is_for_families, requires=["certificate"]
    )

    @classmethod
    def resolve_reference(
        cls,
        id: strawberry.ID,  # noqa: A002 - the key's name
        certificate: str | None = None,
    ) -> "Title":
        return cls(id=id, certificate=certificate)


schema = strawberry.federation.Schema(types=[Title], federation_version="2.5")
