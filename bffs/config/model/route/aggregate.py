"""The section of a route whose response is made of those of several services."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.route.json_rules import (
    JsonKey,
    JsonPathText,
    JsonRulesSection,
)
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration, Size
from weir.bffs.config.model.values.texts import Name

_MAX_PARTS = 32
WARNINGS = "_weir"
"""The key of a response that has its warnings."""


PartPath = Annotated[
    str, Field(json_schema_extra={"kind": "path template", "secret": "query"})
]


class JoinSection(Section):
    """The items of another part that get the items of this part."""

    to: str
    """Path of those items, with the name of their part: `products.*`."""
    by: JsonPathText
    """Path of the key in an item that gets one: `id`."""
    key: JsonPathText
    """Path of the key in an item of this part: `product_id`."""
    name: JsonKey
    """Key that the item gets: `price`."""
    many: bool = False
    """Give each item the list of all items with its key, not the first of them."""


class PartSection(JsonRulesSection):
    """One part of a response."""

    upstream: Name
    """Name of the upstream."""
    path: PartPath
    """Path and query at the service, with values: `{id}` of the route's path,
    `{query.<name>}`, `{headers.<name>}`, `{cookies.<name>}`, `{claims.<path>}`, and
    `{<part>.<path>}` of the response of an earlier part. A parameter without a value
    is left out."""
    required: bool = True
    """Let its failure be that of the response; otherwise it is null, with a
    warning."""
    timeout: Duration | None = None
    """Longest time of this part; by default that of the route."""
    target: JsonPathText | None = None
    """Path of the part's value in the response of the service."""
    group: JsonKey | None = None
    """Key of the part in the response; by default its name."""
    merge: bool = False
    """Put the keys of the part beside those of the other parts; `allow` names them."""
    fallback: Any = None
    """Value in place of a part that failed and is not `required`."""
    batch: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most values of one request, for a reference with `*` in the query."""
    max_calls: Annotated[int, Field(ge=1, le=100)] = 20
    """Most requests for a reference with `*`; the part fails if it needs more."""
    join: JoinSection | None = None
    """Put the items of this part into the items of an earlier one. The rules then apply
    to each item."""

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        places = {
            "group": self.group is not None,
            "merge": self.merge,
            "join": self.join is not None,
        }
        given = [f"`{name}`" for name, is_given in places.items() if is_given]
        if len(given) > 1:
            message = f"expected only one of {' and '.join(given)}"
            raise ValueError(message)
        if self.group == WARNINGS:
            message = f"group: {WARNINGS} is the key of the warnings"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_fallback(self) -> Self:
        if self.required and "fallback" in self.model_fields_set:
            message = "`fallback` is only used with `required: false`"
            raise ValueError(message)
        return self


class AggregateSection(Section):
    """A response of several parts, which are requested from services in parallel."""

    parts: Annotated[
        dict[Name, PartSection], Field(min_length=1, max_length=_MAX_PARTS)
    ]
    """The parts by name, 32 at most. A part refers only to those before it."""
    max_size: Size = 8 * 1024 * 1024
    """Most bytes of all responses of services together."""
